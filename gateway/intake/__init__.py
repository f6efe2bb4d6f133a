"""Leads that other systems of a tenant leave by an intake key."""
