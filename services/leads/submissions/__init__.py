"""Submissions: what the public leaves on forms."""
