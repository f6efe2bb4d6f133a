"""Accounts and contacts: the one master of whom we sell to."""
