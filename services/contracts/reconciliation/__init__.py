"""Reconciliation: every balance that is kept, compared with what the journal says of it."""
