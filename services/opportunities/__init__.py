"""Deals on their way to a decision."""
