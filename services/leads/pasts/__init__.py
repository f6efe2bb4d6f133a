"""The past of leads: what became of them before they were recorded here."""
