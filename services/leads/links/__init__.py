"""Links: how reps share forms, and what comes of it."""
