"""Sessions: signing in, going on, signing out."""
