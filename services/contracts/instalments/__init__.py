"""Instalments: the parts of a contract's amount, and when each falls due."""
