"""Retention of leads: for how long persons of discarded leads and notices are kept, and leads that stay for the law."""
