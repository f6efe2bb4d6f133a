"""Rehearsals: who has gone through which version of a script before calling by it."""
