"""Live updates: who is signed in hears of every change within their sight as it happens."""
