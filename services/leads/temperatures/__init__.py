"""Temperatures: how near to buying somebody takes a lead to be, and each time that this changed."""
