"""Search over leads, accounts and contacts."""
