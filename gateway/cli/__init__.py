"""The command `dealtrail`: Dealtrail from a terminal, over the public API. Operators' commands alone go elsewhere."""
