"""Phone calls: whom a session is to reach, what came of it, and how well it was done."""
