"""Collisions (撞单): cases of two sales people at one customer, and to whom it is awarded."""
