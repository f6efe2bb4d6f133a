"""Touchpoint kinds: the catalogue of what passes between us and a customer."""
