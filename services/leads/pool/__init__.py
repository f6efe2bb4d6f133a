"""The public pool: open leads that nobody works, how they come there, and who may take them."""
