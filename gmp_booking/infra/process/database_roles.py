"""The PostgreSQL roles and databases of an installation, as SQL."""

from __future__ import annotations

from typing import Final

from psycopg import sql

SUPERUSER: Final = "postgres"
OWNER: Final = "gmp_owner"
APP: Final = "gmp_app"
FACILITY: Final = "gmp_facility"
ENGINE: Final = "gmp_engine"


def role_sql(*, owner_password: str | None = None, app_password: str | None = None) -> str:
    """SQL that creates the four roles, run once by a superuser; without passwords it is a template for a DBA.

    The owner migrates. The app owns nothing and sees no row by default (NOINHERIT): each transaction sets the role of
    the facility or of the engine, so that a forgotten SET ROLE shows nothing instead of everything.
    """
    no_privileges = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    owner = literal(owner_password or f"<password of {OWNER}>")
    app = literal(app_password or f"<password of {APP}>")
    return f"""\
CREATE ROLE {OWNER} LOGIN {no_privileges} PASSWORD {owner};
CREATE ROLE {APP} LOGIN NOINHERIT {no_privileges} PASSWORD {app};
CREATE ROLE {FACILITY} NOLOGIN {no_privileges};
CREATE ROLE {ENGINE} NOLOGIN {no_privileges};
GRANT {FACILITY}, {ENGINE} TO {APP};
"""


def database_sql(dbname: str, *, template: str = "template0") -> list[str]:
    """The statements that create a database for the four roles; CREATE DATABASE must be sent alone."""
    name = identifier(dbname)
    return [
        f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {identifier(template)}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {APP}",
    ]


def literal(text: str) -> str:
    return sql.Literal(text).as_string(None)


def identifier(name: str) -> str:
    return sql.Identifier(name).as_string(None)
