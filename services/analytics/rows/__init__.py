"""The rows behind a number: which deals, instalments or leads it counts."""
