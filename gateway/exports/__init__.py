"""Exports: how many rows may leave as CSV in a day, and the record of each export."""
