"""The settings: read once from the environment, typed, with all errors reported at once.

Every setting is an environment variable with `GMP_` in front of the field's name in capitals: `port` is `GMP_PORT`.
An empty value counts as not given. `Config.describe()` yields the table of the operations guide.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gmp_booking.kernel.languages import DEFAULT_LANGUAGE, LANGUAGES

PREFIX = "GMP_"
SECRETS_FILE = "secrets.json"

Parse = Callable[[str], Any]


class ConfigError(Exception):
    """The settings are invalid; `errors` has one message for each mistake."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings table."""

    name: str
    unit: str
    default: str
    meaning: str


def _text(value: str) -> str:
    return value


def _password(value: str) -> str:
    return value


def _folder(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _number(lowest: int, highest: int) -> Parse:
    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", value) or not lowest <= int(value) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def _switch(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in words:
        raise ValueError("must be 1 or 0")
    return words[value.lower()]


def _database(value: str) -> str:
    if urlsplit(value).scheme not in {"postgresql", "postgresql+psycopg"} or not urlsplit(value).username:
        raise ValueError("must look like postgresql://user:password@host/database")
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError("must look like https://booking.example.org, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return value


def _time_zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be a name of the time zone database, such as Asia/Seoul") from error


def _mailbox(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError("must be a mail address")
    return value


def _argon2(value: str) -> str:
    if not re.fullmatch(r"t=[1-9][0-9]?,m=[1-9][0-9]{3,6},p=[1-9]", value):
        raise ValueError("must look like t=2,m=19456,p=1 (passes, KiB of memory, lanes)")
    return value


def _decode(value: str) -> bytes:
    try:
        return base64.b64decode(value.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _pepper(value: str) -> bytes:
    if len(_decode(value)) < 32:
        raise ValueError("must be at least 32 bytes in base64")
    return _decode(value)


def _fernet_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    if not keys or any(len(_decode(key)) != 32 for key in keys):
        raise ValueError("must be one or more keys of 32 bytes in base64, separated by commas, the newest first")
    return keys


def _setting(parse: Parse, default: str, meaning: str, *, unit: str = "", shown: str | None = None) -> Any:
    """A field with its row in the settings table; `shown` replaces a computed default. repr() omits secrets."""
    shown = default if shown is None else shown
    is_public = parse not in {_database, _pepper, _fernet_keys, _password}
    metadata = {"parse": parse, "default": default, "meaning": meaning, "unit": unit, "shown": shown}
    return field(metadata=metadata, repr=is_public)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one installation."""

    database_url: str = _setting(
        _database, "", "PostgreSQL for web and worker (the role gmp_app). Not given: an embedded one under DATA_DIR."
    )
    owner_database_url: str = _setting(
        _database, "", "The same database as its owner (gmp_owner), for migrations. Goes with DATABASE_URL."
    )
    data_dir: Path = _setting(  # noqa: RUF009 - a folder is no default value here, only a row of the table
        _folder, "./.data", "Folder for the embedded database, generated secrets and the mail of the demo."
    )
    host: str = _setting(_text, "127.0.0.1", "Address the web server listens on.")
    port: int = _setting(_number(1, 65535), "8000", "Port the web server listens on.")
    base_url: str = _setting(
        _address, "", "How people reach the site; stands in mails and calendars.", shown="http://HOST:PORT"
    )
    workers: int = _setting(_number(1, 64), "2", "Web processes.", unit="processes")
    threads: int = _setting(
        _number(1, 64), "8", "Threads of a web process; each may hold a connection.", unit="threads"
    )
    smtp_host: str = _setting(
        _text, "127.0.0.1", "Mail server. The demo brings its own, which only keeps what it gets."
    )
    smtp_port: int = _setting(_number(1, 65535), "1025", "Port of the mail server.")
    smtp_starttls: bool = _setting(_switch, "0", "Whether to speak TLS with the mail server (STARTTLS).")
    smtp_user: str = _setting(_text, "", "Name at the mail server. Not given: no sign-in.")
    smtp_password: str = _setting(_password, "", "Password at the mail server.")
    mail_from: str = _setting(_mailbox, "no-reply@localhost", "Sender of all mail.")
    auth_pepper: bytes = _setting(
        _pepper,
        "",
        "Key for hashing typed names and addresses (base64, 32 bytes).",
        shown=f"generated in {SECRETS_FILE}",
    )
    auth_fernet_keys: tuple[str, ...] = _setting(
        _fernet_keys,
        "",
        "Keys that encrypt one-time-password secrets (base64, 32 bytes each), comma-separated, the newest first.",
        shown=f"generated in {SECRETS_FILE}",
    )
    auth_idle_staff_min: int = _setting(
        _number(1, 1440), "60", "Staff are signed out after this long without a click.", unit="minutes"
    )
    auth_idle_company_min: int = _setting(
        _number(1, 1440), "480", "Company people are signed out after this long without a click.", unit="minutes"
    )
    auth_absolute_s: int = _setting(
        _number(60, 604800), "43200", "Everybody is signed out this long after signing in.", unit="seconds"
    )
    auth_argon2: str = _setting(_argon2, "t=2,m=19456,p=1", "Cost of a password hash: passes, KiB of memory, lanes.")
    auth_argon2_slots: int = _setting(
        _number(1, 1024),
        str(2 * (os.cpu_count() or 1)),
        "Password checks at the same time in one process.",
        unit="checks",
        shown="2 a processor core",
    )
    trusted_proxies: int = _setting(
        _number(0, 10), "0", "Reverse proxies in front whose X-Forwarded headers are believed.", unit="proxies"
    )
    max_content_length: int = _setting(
        _number(1024, 1_000_000_000), "1048576", "Largest request body accepted.", unit="bytes"
    )
    default_language: str = _setting(
        _language, DEFAULT_LANGUAGE, f"Language of whoever has not chosen: {', '.join(LANGUAGES)}."
    )
    time_zone: ZoneInfo = _setting(  # noqa: RUF009 - a zone is no default value here, only a row of the table
        _time_zone, "Asia/Seoul", "Time zone of the facility: opening hours, deadlines, reminders and all shown times."
    )
    demo: bool = _setting(_switch, "0", "The demonstration facility: example people, own mail server, movable clock.")
    testing: bool = _setting(_switch, "0", "For the test suite only: allows a database without durability settings.")

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Secrets that are not given are read from DATA_DIR, and generated there the first time (0600).
        Errors: ConfigError with all mistakes; nothing is written then.
        """
        errors = _unknown_names(cls, environment)
        values: dict[str, Any] = {}
        for each in fields(cls):
            given = environment.get(PREFIX + each.name.upper(), "").strip() or each.metadata["default"]
            try:
                values[each.name] = each.metadata["parse"](given) if given else given
            except ValueError as error:
                errors.append(f"{PREFIX}{each.name.upper()} {error}.")
        errors += _conflicts(values)
        if errors:
            raise ConfigError(errors)
        values["base_url"] = values["base_url"] or _local_address(values["host"], values["port"])
        return cls(**_with_secrets(values))

    @classmethod
    def describe(cls) -> list[Setting]:
        """The settings table."""
        return [
            Setting(PREFIX + each.name.upper(), each.metadata["unit"], each.metadata["shown"], each.metadata["meaning"])
            for each in fields(cls)
        ]

    def as_env(self) -> dict[str, str]:
        """These settings as environment variables, for the processes of the same installation."""
        return {PREFIX + each.name.upper(): _as_text(getattr(self, each.name)) for each in fields(self)}


def _unknown_names(cls: type[Config], environment: Mapping[str, str]) -> list[str]:
    known = [PREFIX + each.name.upper() for each in fields(cls)]
    sentences = []
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known:
            continue
        similar = difflib.get_close_matches(name, known, n=1)
        sentences.append(f"{name} is not a setting" + (f"; did you mean {similar[0]}?" if similar else "."))
    return sentences


def _conflicts(values: Mapping[str, Any]) -> list[str]:
    app, owner = values.get("database_url"), values.get("owner_database_url")
    if app is None or owner is None:
        return []
    if app and not owner:
        return ["GMP_OWNER_DATABASE_URL must be given with GMP_DATABASE_URL: migrations run as the owner."]
    if owner and not app:
        return ["GMP_DATABASE_URL must be given with GMP_OWNER_DATABASE_URL: web and worker must not run as the owner."]
    if app and urlsplit(app).username == urlsplit(owner).username:
        return ["GMP_DATABASE_URL and GMP_OWNER_DATABASE_URL must name two different roles."]
    return []


def _local_address(host: str, port: int) -> str:
    reachable = "127.0.0.1" if host in {"0.0.0.0", "::", "[::]"} else host  # noqa: S104 - compared, not listened on
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _with_secrets(values: dict[str, Any]) -> dict[str, Any]:
    if values["auth_pepper"] and values["auth_fernet_keys"]:
        return values
    stored = _stored_secrets(values["data_dir"])
    return values | {
        "auth_pepper": values["auth_pepper"] or _pepper(stored["auth_pepper"]),
        "auth_fernet_keys": values["auth_fernet_keys"] or _fernet_keys(stored["auth_fernet_keys"]),
    }


def _stored_secrets(data_dir: Path) -> dict[str, str]:
    """Read the secrets file, or create it; processes that start at the same time get the same secrets."""
    target = data_dir / SECRETS_FILE
    try:
        if not target.exists():
            _create_secrets(target)
        stored: dict[str, str] = json.loads(target.read_text())
    except OSError as error:
        raise ConfigError([f"GMP_DATA_DIR: {target} cannot be used ({error.strerror})."]) from error
    except ValueError as error:
        raise ConfigError([f"GMP_DATA_DIR: {target} is damaged: bring it back from a backup."]) from error
    return stored


def _create_secrets(target: Path) -> None:
    # As root the folder is 0711: the database under it runs as another user. The files in it are 0600.
    target.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    made = {
        name: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() for name in ("auth_pepper", "auth_fernet_keys")
    }
    draft = target.with_name(f"{SECRETS_FILE}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        target.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _as_text(value: Any) -> str:
    match value:
        case bool():
            return "1" if value else "0"
        case bytes():
            return base64.urlsafe_b64encode(value).decode()
        case tuple():
            return ",".join(value)
        case _:
            return str(value)
