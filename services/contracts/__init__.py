"""The contracts service: what was sold, what is owed for it, and what was paid."""
