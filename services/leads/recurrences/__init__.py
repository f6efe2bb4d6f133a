"""Recurrences: when something that recurs falls due on the working calendar."""
