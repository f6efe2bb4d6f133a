"""Entries: everything that happened with a customer, in the order in which it happened."""
