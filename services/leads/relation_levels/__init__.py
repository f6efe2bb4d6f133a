"""Relation levels: what we are to a customer, with evidence and target."""
