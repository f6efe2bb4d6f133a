"""Facts about how leads are described, and what they add to the sums."""
