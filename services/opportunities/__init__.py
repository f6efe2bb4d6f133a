"""The opportunities service: processes, deals and their history, and why deals are lost."""
