"""Receipts: money that came in, and the instalments that it pays."""
