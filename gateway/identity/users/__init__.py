"""Users: the people who work for a tenant."""
