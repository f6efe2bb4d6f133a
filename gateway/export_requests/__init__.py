"""Export requests: what leaves with many rows leaves once, after somebody else has agreed to it."""
