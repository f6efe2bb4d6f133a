"""Touchpoints: what people do with a customer, with everything that was ever said of it."""
