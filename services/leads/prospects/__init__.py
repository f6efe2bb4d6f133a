"""Prospects: companies of our market where we know nobody yet, and what makes leads of them."""
