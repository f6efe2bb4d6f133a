"""Lead reports: what recipients were told of the leads they saw, counted once and kept."""
