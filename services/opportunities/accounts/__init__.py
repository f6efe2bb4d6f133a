"""Accounts and leads, as the service that owns them shows them to the caller."""
