"""Persons, as far as the texts of touchpoints speak of them."""
