"""The working calendar: when a company works, so that time can be counted in working hours and days."""
