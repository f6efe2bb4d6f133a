"""An office for these tests."""

from tests.integration.gateway.office import house, office, other_office

__all__ = ["house", "office", "other_office"]
