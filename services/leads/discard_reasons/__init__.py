"""Discard reasons: the tenant's own list of why a lead may be given up."""
