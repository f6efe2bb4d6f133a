"""Numbers that say where the constraint is."""
