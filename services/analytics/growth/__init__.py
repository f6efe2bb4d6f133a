"""The growth formula: how much is sold a day, and by which of its factors that changes."""
