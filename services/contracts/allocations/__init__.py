"""Allocations: which receipt pays how much of which instalment."""
