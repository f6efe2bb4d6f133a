"""Retention: for how long texts of touchpoints are kept, and accounts whose texts stay for the law."""
