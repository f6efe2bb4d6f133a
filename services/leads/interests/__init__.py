"""Interests: who, in which role, is interested in what of ours; what makes a deal of a lead."""
