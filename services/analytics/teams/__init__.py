"""Where owners work: when somebody moves to another team, what they own counts there."""
