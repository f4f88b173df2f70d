"""The operating-system user of a database that root starts."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from gmp_booking.infra.process.parent_death_signal import ServiceUser

SERVICE_USER = "gmpdb"


class NoServiceUserError(Exception):
    """Root found no user to run the database; the message says what to do."""


def find_service_user(home: Path) -> ServiceUser | None:
    """The user that must run the database in `home`; None for the user of this process.

    Only root changes user: to the owner of an existing database, else to `gmpdb`, which is created if missing.
    PostgreSQL refuses to run as root. Rejected: `nobody`, which would share the files with other services.
    """
    if os.geteuid() != 0:
        return None
    if home.exists() and home.stat().st_uid != 0:
        return _user_of(pwd.getpwuid(home.stat().st_uid))
    return _existing_user() or _create_user()


def can_enter(folder: Path, user: ServiceUser) -> bool:
    """Whether `user` can enter `folder`; tried as that user, because modes do not show ACLs and mounts."""
    return _runs(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], user)


def can_execute(program: Path, user: ServiceUser) -> bool:
    """Whether `user` can run `program --version`."""
    return _runs([str(program), "--version"], user)


def _runs(argv: list[str], user: ServiceUser) -> bool:
    try:
        finished = subprocess.run(
            argv, cwd="/", user=user.uid, group=user.gid, extra_groups=[], capture_output=True, check=False
        )
    except PermissionError:
        return False
    return finished.returncode == 0


def _existing_user() -> ServiceUser | None:
    try:
        return _user_of(pwd.getpwnam(SERVICE_USER))
    except KeyError:
        return None


def _user_of(entry: pwd.struct_passwd) -> ServiceUser:
    return ServiceUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _create_user() -> ServiceUser:
    program = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    advice = f"create the system user '{SERVICE_USER}', or start as an ordinary user"
    if program is None:
        raise NoServiceUserError(f"PostgreSQL does not run as root, and this machine has no useradd: {advice}.")
    options = [
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
    ]
    finished = subprocess.run([program, *options, SERVICE_USER], capture_output=True, text=True, check=False)
    user = _existing_user()
    if user is None:
        reason = finished.stderr.strip() or f"useradd ended with {finished.returncode}"
        raise NoServiceUserError(f"PostgreSQL does not run as root, and creating a user failed ({reason}): {advice}.")
    return user
