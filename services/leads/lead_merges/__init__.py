"""Merges of leads: one lead made of two records of the same company, and its undoing."""
