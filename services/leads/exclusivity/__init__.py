"""Exclusive leads: how many there are, and how a manager ends that one is."""
