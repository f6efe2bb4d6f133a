"""Consents: what people have agreed to, and what they have withdrawn."""
