"""Tenants: the companies that work here."""
