"""Products: the catalogue of what the company sells."""
