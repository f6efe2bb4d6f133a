"""Where leads come from, and what becomes of them."""
