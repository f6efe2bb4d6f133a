"""The analytics service: facts and sums from events, and the numbers that they answer."""
