"""Tasks: what somebody has to do by a day."""
