"""How deals begin: one that is opened now, or many with what they have gone through."""
