"""P22: search over very many leads."""
