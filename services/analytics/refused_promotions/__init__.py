"""Facts about refused promotions: which lead was to become a deal when, and why it was refused."""
