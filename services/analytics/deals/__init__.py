"""Facts about deals: what each is now, which stages it stood in, and what it adds to the sums."""
