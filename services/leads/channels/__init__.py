"""Channels: the tenant's own list of the ways by which leads come, and what they cost."""
