"""Merges: contracts and receipts follow accounts that were merged."""
