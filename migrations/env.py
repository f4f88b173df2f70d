"""Runs the migrations: as the owner, one process at a time, with a short lock timeout."""

from alembic import context
from sqlalchemy import create_engine, text

from gmp_booking.tables import Base

MIGRATION_LOCK = 7_204_411


def run(url: str) -> None:
    """Migrate the database to the requested revision, under one advisory lock."""
    engine = create_engine(
        url, connect_args={"options": "-c lock_timeout=5s -c statement_timeout=600s -c timezone=UTC"}
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
    engine.dispose()


run(context.config.get_main_option("sqlalchemy.url") or "")
