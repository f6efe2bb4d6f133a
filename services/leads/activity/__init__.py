"""Activity: when customers were last met and what they signed for, heard from other services."""
