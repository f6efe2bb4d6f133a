"""Nurturing: leads that follow a plan, which steps fall due, and what came of each."""
