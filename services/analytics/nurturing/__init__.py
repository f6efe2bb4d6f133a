"""How much of what nurturing plans ask for is done, and how many leads warm up."""
