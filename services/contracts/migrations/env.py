"""Alembic asks here how to migrate; kit knows."""

from services.kit import migrations

migrations.run()
