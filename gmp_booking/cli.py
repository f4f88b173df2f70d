"""The console command `gmp-booking`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from getpass import getpass

from config import Config, ConfigError
from gmp_booking.infra.database.migrate import migrate
from gmp_booking.infra.database.self_check import UnfitDatabase
from gmp_booking.infra.process.errors import EmbeddedDatabaseError
from gmp_booking.infra.process.stack import StackError, embedded_database, run_stack
from gmp_booking.kernel.errors import Refusal

Command = Callable[[Config, argparse.Namespace], int | None]
"""A command returns its exit code; None is success."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; expected errors are printed without a stack trace, with exit code 1."""
    arguments = _parser().parse_args(argv)
    command: Command = arguments.command
    try:
        return command(Config.from_env(os.environ), arguments) or 0
    except (ConfigError, EmbeddedDatabaseError, StackError, UnfitDatabase, Refusal) as error:
        print(error, file=sys.stderr)
        for field, sentences in getattr(error, "field_errors", {}).items():
            print(f"  {field}: {' '.join(sentences)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gmp-booking", description="Booking of shared GMP cleanrooms.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(command=command)
        return sub

    add("run", run, "database, mail sink of the demo, web server and worker in one, until Ctrl-C")
    add("serve", serve, "the web server only")
    add("worker", work, "the worker only: reminders, mail and other periodic jobs")
    add("migrate", migrate_database, "migrate the database to the newest schema")
    add("init", init, "migrate, and print the steps of a first start")
    add("demo", demo, "create the demonstration data again")
    verify = add("verify-data", verify_stored_data, "check all stored data; exit code 1 when a fault is found")
    verify.add_argument("--json", action="store_true", help="every fault as JSON")
    token = add("token", make_token, "create an API token")
    token.add_argument("what", choices=["create"])
    token.add_argument("--user", required=True, metavar="EMAIL")
    token.add_argument("--name", required=True)
    token.add_argument("--days", type=int, default=365)
    feed = add("feed", make_feed, "create a private calendar link")
    feed.add_argument("what", choices=["create"])
    feed.add_argument("--user", required=True, metavar="EMAIL")
    feed.add_argument("--scope", required=True, metavar="mine|company|facility|resource:CODE")
    admin = add("admin", make_admin, "create the first administrator of an empty facility")
    admin.add_argument("--email", required=True)
    admin.add_argument("--name", required=True)
    return parser


def run(config: Config, _arguments: argparse.Namespace) -> None:
    run_stack(config, migrate=migrate, prepare=_prepare)


def _prepare(config: Config) -> list[str]:
    """Seed the demo if needed; returns the lines to print once the site answers."""
    if config.demo:
        from gmp_booking.demo.command import seed_if_stale, welcome

        seed_if_stale(config)
        lines = list(welcome())
    else:
        lines = list(_first_start(config))
    return [f"gmp_booking is running on {config.base_url}", *lines, "Ctrl-C stops everything."]


def _first_start(config: Config) -> Iterable[str]:
    """A one-time link to set up the facility, while it has no people."""
    from gmp_booking.accounts.links import make_first_link
    from gmp_booking.kernel.access import SYSTEM
    from gmp_booking.people.service import has_any_person
    from gmp_booking.registry import build

    database = build(config).database
    try:
        if not database.read(SYSTEM, has_any_person):
            secret = database.transact(SYSTEM, make_first_link, pepper=config.auth_pepper)
            yield "The facility is empty. Name it and its first administrator here, within a day:"
            yield f"  {config.base_url}/welcome/{secret}"
    finally:
        database.dispose()


def serve(config: Config, _arguments: argparse.Namespace) -> None:
    if not config.database_url:
        raise StackError("serve needs GMP_DATABASE_URL; gmp-booking run brings a database of its own.")
    os.environ.update(config.as_env())
    argv = ["gunicorn", "--bind", f"{config.host}:{config.port}", "--workers", str(config.workers)]
    argv += ["--worker-class", "gthread", "--threads", str(config.threads), "--no-control-socket", "wsgi:app"]
    os.execv(sys.executable, [sys.executable, "-m", *argv])  # noqa: S606


def work(config: Config, _arguments: argparse.Namespace) -> None:
    os.environ.update(config.as_env())
    os.execv(sys.executable, [sys.executable, "-m", "gmp_booking.worker"])  # noqa: S606


def migrate_database(config: Config, _arguments: argparse.Namespace) -> None:
    with embedded_database(config) as connected:
        migrate(connected.owner_database_url)
    print("The schema is up to date.")


def init(config: Config, arguments: argparse.Namespace) -> None:
    migrate_database(config, arguments)
    with embedded_database(config) as connected:
        for line in _first_start(connected):
            print(line)


def demo(config: Config, _arguments: argparse.Namespace) -> None:
    from gmp_booking.demo.command import seed

    with embedded_database(replace(config, demo=True)) as connected:
        migrate(connected.owner_database_url)
        seed(connected)
    print("The demonstration data is created.")


def verify_stored_data(config: Config, arguments: argparse.Namespace) -> int:
    from gmp_booking.consistency.report import as_json_text, as_table
    from gmp_booking.consistency.service import verify_data
    from gmp_booking.registry import build

    with embedded_database(config) as connected:
        database = build(connected).database
        try:
            results = verify_data(database)
        finally:
            database.dispose()
    print(as_json_text(results) if arguments.json else "\n".join(as_table(results)))
    return int(any(result.found for result in results))


def make_token(config: Config, arguments: argparse.Namespace) -> None:
    from gmp_booking.accounts.service import create_token, find_actor_of_email
    from gmp_booking.kernel.access import SYSTEM
    from gmp_booking.registry import build

    with embedded_database(config) as connected:
        database = build(connected).database
        actor = database.read(SYSTEM, find_actor_of_email, arguments.user)
        print(database.transact(actor, create_token, name=arguments.name, days=arguments.days).secret)


def make_feed(config: Config, arguments: argparse.Namespace) -> None:
    from gmp_booking.accounts.service import find_actor_of_email
    from gmp_booking.calendars.service import create_feed
    from gmp_booking.kernel.access import SYSTEM
    from gmp_booking.registry import build

    scope, _colon, resource = arguments.scope.partition(":")
    with embedded_database(config) as connected:
        database = build(connected).database
        actor = database.read(SYSTEM, find_actor_of_email, arguments.user)
        made = database.transact(actor, create_feed, scope=scope, resource=resource or None)
        print(f"{connected.base_url}/calendars/{made.secret}.ics")


def make_admin(config: Config, arguments: argparse.Namespace) -> None:
    from gmp_booking.accounts.passwords import hash_password
    from gmp_booking.accounts.service import create_account
    from gmp_booking.kernel.access import SYSTEM, Role
    from gmp_booking.people.service import create_person, grant_role
    from gmp_booking.registry import build

    password = getpass("Password: ")
    with embedded_database(config) as connected:
        database = build(connected).database
        hashed = hash_password(password)

        def first_admin(uow: object) -> None:
            person = create_person(uow, name=arguments.name, email=arguments.email, company_id=None)  # type: ignore[arg-type]
            grant_role(uow, person, Role.SYSADMIN)  # type: ignore[arg-type]
            create_account(uow, person, hashed)  # type: ignore[arg-type]

        database.transact(SYSTEM, first_admin)
    print(f"{arguments.email} may sign in.")
