"""Contract lines: what was sold, item by item."""
