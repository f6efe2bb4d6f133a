"""Collision rules: the tenant's own ordered list of what decides a collision."""
