"""Everything that happened with a customer, in order."""
