"""Before anything is served, the database is looked at: one that could lose, leak or double-book is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine

from gmp_booking import registry
from gmp_booking.infra.database.migrate import alembic_config
from gmp_booking.infra.database.self_check import UnfitDatabase, check
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from tests.clients import make_app
from tests.conftest import Place


def findings(url: str, *, allow_clock_offset: bool = False, allow_data_loss: bool = True, **connect: str) -> list[str]:
    """What the check has to say of this database; the test cluster itself is a forgetful one."""
    engine = create_engine(url, connect_args=connect)
    try:
        with engine.connect() as connection:
            check(connection, allow_clock_offset=allow_clock_offset, allow_data_loss=allow_data_loss)
    except UnfitDatabase as unfit:
        return str(unfit).splitlines()
    finally:
        engine.dispose()
    return []


def as_superuser(place: Place, *statements: str) -> None:
    with psycopg.connect(place.superuser_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def another_role(cluster: EmbeddedPostgres, place: Place, rights: str) -> Iterator[str]:
    """The address of the database for a role that was made with these rights."""
    name = f"unfit_{place.name}"
    as_superuser(place, f"CREATE ROLE {name} LOGIN {rights} PASSWORD 'unfit'")
    as_superuser(place, f"GRANT CONNECT ON DATABASE {place.name} TO {name}")
    as_superuser(place, f"GRANT USAGE ON SCHEMA public TO {name}", f"GRANT SELECT ON alembic_version TO {name}")
    host = place.superuser_url.partition("?host=")[2]
    yield f"postgresql+psycopg://{name}:unfit@/{place.name}?host={host}"
    as_superuser(place, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_database_as_migrated_is_fit(place: Place) -> None:
    assert findings(place.app_url) == []


def test_durability_turned_off_is_refused_outside_tests(place: Place) -> None:
    assert findings(place.app_url, allow_data_loss=False) == [
        f"{setting} is off, so acknowledged bookings could be lost: set {setting} = on and restart."
        for setting in ("fsync", "synchronous_commit", "full_page_writes")
    ]


def test_one_role_with_its_commits_turned_off_is_refused_as_well(place: Place) -> None:
    said = findings(place.app_url, allow_data_loss=False, options="-c synchronous_commit=on")
    assert not [sentence for sentence in said if sentence.startswith("synchronous_commit")]
    said = findings(place.app_url, allow_data_loss=False, options="-c synchronous_commit=off")
    assert [sentence for sentence in said if sentence.startswith("synchronous_commit")]


def test_a_superuser_is_refused(cluster: EmbeddedPostgres, place: Place) -> None:
    with another_role(cluster, place, "SUPERUSER") as url:
        said = findings(url)
    assert said == [
        f"unfit_{place.name} is a superuser and would see every company: use the app role without SUPERUSER."
    ]


def test_who_walks_through_walls_is_refused(cluster: EmbeddedPostgres, place: Place) -> None:
    with another_role(cluster, place, "BYPASSRLS") as url:
        said = findings(url)
    assert said == [
        f"unfit_{place.name} bypasses row-level security: ALTER ROLE unfit_{place.name} NOBYPASSRLS.",
    ]


def test_the_owner_is_refused(place: Place) -> None:
    assert findings(place.owner_url) == [
        "gmp_owner owns tables and could change them: connect as the app role, migrate as the owner."
    ]


@pytest.mark.parametrize("constraint", ["ex_slot_unit_during", "ck_slot_during"])
def test_a_missing_constraint_is_refused(place: Place, constraint: str) -> None:
    as_superuser(place, f"ALTER TABLE slot DROP CONSTRAINT {constraint}")
    assert findings(place.app_url) == [
        f"the constraint {constraint} is missing, so time could be taken twice: restore it from the migrations."
    ]


@pytest.mark.parametrize("change", ["ALTER TABLE slot DISABLE TRIGGER lock_held", "DROP TRIGGER lock_held ON slot"])
def test_a_disabled_or_missing_trigger_is_refused(place: Place, change: str) -> None:
    as_superuser(place, change)
    assert findings(place.app_url) == ["the trigger lock_held is missing or disabled: restore it from the migrations."]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE slot DISABLE ROW LEVEL SECURITY", "row-level security of slot is off"),
        ("ALTER TABLE booking NO FORCE ROW LEVEL SECURITY", "row-level security of booking is off"),
        ("DROP TRIGGER history_update ON booking", "booking could change without its history"),
        ("ALTER TABLE room DISABLE TRIGGER history_insert", "room could change without its history"),
    ],
)
def test_a_wall_or_a_history_that_is_down_is_refused(place: Place, change: str, said: str) -> None:
    as_superuser(place, change)
    (finding,) = findings(place.app_url)
    assert finding.startswith(said)


def test_a_clock_that_was_replaced_is_refused_outside_tests_and_the_demonstration(place: Place) -> None:
    as_superuser(
        place,
        "CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE"
        " AS 'SELECT clock_timestamp() + interval ''1 hour'''",
    )
    assert findings(place.app_url, allow_clock_offset=True) == []
    assert findings(place.app_url) == [
        "the clock gmp_now() has been replaced: only tests and the demo may do that; restore it."
    ]


def test_a_schema_that_is_behind_is_refused_with_what_is_missing(place: Place) -> None:
    command.downgrade(alembic_config(place.owner_url), "-1")
    [sentence] = findings(place.app_url)
    assert sentence.startswith("1 migrations have not run (")
    assert sentence.endswith("): run gmp-booking migrate.")


def test_everything_is_said_at_once(place: Place) -> None:
    as_superuser(place, "ALTER TABLE slot DROP CONSTRAINT ex_slot_unit_during")
    as_superuser(place, "ALTER TABLE slot DISABLE TRIGGER lock_held")
    assert len(findings(place.app_url, allow_data_loss=False)) == 5


def test_the_web_application_does_not_start_on_such_a_database(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[registry.Services] = []
    build = registry.build
    monkeypatch.setattr(registry, "build", lambda config: built.append(build(config)) or built[0])
    as_superuser(place, "ALTER TABLE slot DROP CONSTRAINT ex_slot_unit_during")
    with pytest.raises(UnfitDatabase, match="ex_slot_unit_during is missing"):
        make_app(place.app_url, place.owner_url, tmp_path)
    built[0].database.dispose()
