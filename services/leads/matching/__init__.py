"""Matching: which leads and accounts of the tenant may be one company."""
