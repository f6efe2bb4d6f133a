"""Facts about prospects: whose each is, since when, and whether it became a lead."""
