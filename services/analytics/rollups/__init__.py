"""Rollups: sums kept beside the facts, changed by what changed, so that answers need no scan."""
