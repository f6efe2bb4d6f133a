"""Leads: companies that might buy."""
