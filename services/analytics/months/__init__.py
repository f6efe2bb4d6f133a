"""Months: sums by month beside those by day, and making those that a version before did not keep."""
