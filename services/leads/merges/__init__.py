"""Merges (合并): one account made of two records of the same company, and its undoing."""
