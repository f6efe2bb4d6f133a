"""Company names: whether two of them, however written, may be the same company."""
