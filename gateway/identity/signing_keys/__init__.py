"""Signing keys: what access tokens are signed with, one set for the whole installation."""
