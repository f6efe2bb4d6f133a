"""Erasures: a person who wants to be forgotten is, in every service, and it can be shown."""
