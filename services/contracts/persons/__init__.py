"""Persons, as far as contracts name them."""
