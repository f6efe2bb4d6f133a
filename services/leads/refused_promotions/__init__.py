"""Refused promotions: leads of which a deal was to be made though nobody there had a recorded interest."""
