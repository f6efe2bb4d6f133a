"""Persons, as far as deals name them."""
