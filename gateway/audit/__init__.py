"""Audit: the parts of the log that services keep, read as one."""
