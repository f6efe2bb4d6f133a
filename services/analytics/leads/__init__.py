"""Facts about leads: where each came from, what has become of it, and what it adds to the sums."""
