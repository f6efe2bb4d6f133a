"""Plan actions (计划行动): what the two sides of an account plan do for its goals."""
