"""Receivables: what customers owe as of any day, and how well they pay."""
