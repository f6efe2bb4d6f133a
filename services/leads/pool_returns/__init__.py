"""What returns to the pool by itself, for how long whoever has it has left it alone."""
