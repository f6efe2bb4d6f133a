"""Visit plans: how often a customer of each class is met, and what was done of it."""
