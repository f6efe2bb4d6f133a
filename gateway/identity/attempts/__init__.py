"""Attempts: how often a password was guessed wrongly, and how long to wait before the next guess."""
