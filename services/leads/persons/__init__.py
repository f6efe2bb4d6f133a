"""Persons: the people whom leads and contacts speak of, found, exported and erased."""
