"""Review boards: batches of leads that are looked at after the fact, lead by lead, by somebody else than the owner."""
