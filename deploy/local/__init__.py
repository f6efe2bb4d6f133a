"""Dealtrail on this machine: `make up`, and the servers that tests use."""
