"""Intake keys: by which other systems of a tenant leave leads."""
