"""Faults under load: the whole matrix by `make chaos`, a mix of them in `make test`."""
