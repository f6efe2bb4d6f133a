"""The feed of deals: what partner systems may know of them, and hear."""
