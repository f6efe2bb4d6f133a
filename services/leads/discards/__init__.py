"""Discards: each time that a lead was given up, looked at a second time, and taken up again."""
