"""Deals: what we hope to sell, from the first stage to won or lost."""
