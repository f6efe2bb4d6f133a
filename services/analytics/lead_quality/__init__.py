"""How many leads were discovered, and how good they are."""
