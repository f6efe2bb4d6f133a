"""Report schedules: when who gets the report on leads."""
