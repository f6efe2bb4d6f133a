"""Cycles: customers in five classes of equal size, frozen once in a while."""
