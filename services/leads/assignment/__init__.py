"""Assignment: who gets a lead, by rules of the tenant that explain themselves, and how loaded everybody is."""
