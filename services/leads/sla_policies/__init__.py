"""SLA policies: how soon leads are to be answered and decided."""
