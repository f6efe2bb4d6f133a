"""Forms: campaign pages on which people leave a way to be reached."""
