"""Facts about what customers owe and pay: instalments of signed contracts, and their payments."""
