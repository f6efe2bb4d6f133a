"""Contracts and their instalments: what was sold, for how much, and when the money falls due."""
