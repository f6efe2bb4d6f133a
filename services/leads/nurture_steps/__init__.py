"""Nurturing steps: which touches fall due for whom, and what came of each."""
