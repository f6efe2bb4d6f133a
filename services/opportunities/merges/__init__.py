"""Merges: deals follow accounts that were merged."""
