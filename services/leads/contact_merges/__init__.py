"""Merges of contacts: one contact made of two records of the same person at an account, and its undoing."""
