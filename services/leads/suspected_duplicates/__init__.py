"""Suspected duplicates (疑似重复): pairs of accounts that may be one company, and those that somebody dismissed."""
