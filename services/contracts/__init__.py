"""Contracts and their money until it is in."""
