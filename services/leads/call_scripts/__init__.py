"""Call scripts: what to say on the phone, for which order sizes and classes of customers."""
