"""Merges: accounts that were merged, so that rows name the one that there is."""
