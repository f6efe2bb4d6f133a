"""The journal: every signing, receipt, allocation and void as balanced entries that are never changed."""
