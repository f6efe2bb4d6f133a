"""Checklists: the company's standard of what makes a lead worth pursuing, and how leads were judged by it."""
