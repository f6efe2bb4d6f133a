"""Persona attributes: by what a tenant describes its customers, and what is told of leads for that."""
