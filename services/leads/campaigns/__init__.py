"""Campaigns: what brings leads by one channel for some time and some money."""
