"""Run the migrations of a database, or list those that have not run."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"


def alembic_config(owner_url: str = "") -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option(
        "file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(rev)s_%%(slug)s"
    )
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config


def migrate(owner_url: str) -> None:
    """Run every migration that has not run, as the owner."""
    command.upgrade(alembic_config(owner_url), "head")


def pending(connection: Connection) -> list[str]:
    """The revisions that have not run on this database, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    done = MigrationContext.configure(connection).get_current_revision()
    return [revision.revision for revision in reversed(list(script.iterate_revisions("head", done or "base")))]
