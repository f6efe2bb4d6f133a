"""Nurturing plans: for each temperature, which touches follow one another, and when."""
