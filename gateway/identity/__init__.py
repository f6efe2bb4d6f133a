"""Identity: tenants, who works for them and in which teams, signing in, and who may call."""
