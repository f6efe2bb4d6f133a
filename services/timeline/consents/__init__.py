"""Consents as the timeline knows them: who no longer wants to hear from us."""
