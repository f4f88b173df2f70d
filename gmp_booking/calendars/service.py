"""Use cases: create, rotate and revoke private calendar links; read the entries of a link."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from operator import attrgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from gmp_booking.bookings.ical import CalendarPart, part_of, status_of
from gmp_booking.calendars import store
from gmp_booking.calendars.events import CalendarFeedMade, CalendarFeedRevoked
from gmp_booking.calendars.models import CalendarFeed
from gmp_booking.calendars.others_time import others_time
from gmp_booking.calendars.store import FeedPeriod, FeedQuery, FeedRow
from gmp_booking.infra.database.uow import Lookup, Uow
from gmp_booking.infra.web.i18n import closest_language, gettext_for, named
from gmp_booking.kernel.access import Actor, Permission, Role, Subject, is_allowed, require
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import FeedScope
from gmp_booking.people.models import Person
from gmp_booking.resources.store import get_resource_id

__all__ = [
    "FeedMade",
    "FeedRow",
    "FeedScope",
    "Subscription",
    "create_feed",
    "find_subscription",
    "list_feeds",
    "list_own_feeds",
    "mark_used",
    "read_entries",
    "revoke_feed",
    "revoke_feeds_of",
    "rotate_feed",
]

TOKEN_PREFIX: Final = "gmpf_"  # noqa: S105 - the mark of a link, no secret
SHOWN_TOKEN_LENGTH: Final = 12
MAX_FEEDS: Final = 20
MAX_ENTRIES: Final = 5_000
DAYS_BACK: Final = 30
DAYS_AHEAD: Final = 550
DAYS_CANCELLED: Final = 90
# Part of the ETag: another release may write the same data differently.
_RELEASE: Final = version("gmp-booking")

_PERMISSION: Final = {
    FeedScope.MINE: Permission.FEED_MAKE_MINE,
    FeedScope.COMPANY: Permission.FEED_MAKE_COMPANY,
    FeedScope.FACILITY: Permission.FEED_MAKE_FACILITY,
    FeedScope.RESOURCE: Permission.FEED_MAKE_RESOURCE,
}


# -- creating and revoking links


def scope_of(stated: str, resource: str | None = None) -> tuple[FeedScope, str | None]:
    """Parse a scope: `mine`, `company`, `facility`, `resource:B-01`, or `resource` with the code in `resource`.

    Errors: Invalid.
    """
    word, _colon, code = stated.strip().partition(":")
    code = code.strip() or (resource or "").strip()
    if word not in set(FeedScope):
        raise Invalid(field_errors={"scope": [N_("Choose what the calendar shows.")]})
    if word == FeedScope.RESOURCE and not code:
        raise Invalid(field_errors={"resource": [N_("Choose the resource the calendar is about.")]})
    return FeedScope(word), code if word == FeedScope.RESOURCE else None


@dataclass(frozen=True)
class FeedMade:
    """A new link with its secret, which is not stored."""

    secret: str
    feed: FeedRow


def create_feed(uow: Uow, *, scope: str, resource: str | None = None, language: str | None = None) -> FeedMade:
    """Create a link for the actor; `scope` as in `scope_of`, `language` is the actor's by default.

    Errors: Invalid; Forbidden for a scope without permission; Conflict for too many links.
    """
    word, code = scope_of(scope, resource)
    person_id = _person_id(uow)
    _require_scope(uow, word)
    if store.count_feeds(uow, person_id) >= MAX_FEEDS:
        raise Conflict(N_("You have as many calendar links as one person may have. Revoke one first."))
    return _add(uow, word, resource_id=_resource_id(uow, code), code=code, language=language or uow.actor.language)


def rotate_feed(uow: Uow, feed_id: int) -> FeedMade:
    """Replace one of the actor's links by a new one with the same content; the old one is revoked.

    Errors: NotFound.
    """
    code = next((feed.resource for feed in list_feeds(uow, _person_id(uow)) if feed.id == feed_id), None)
    revoked = _revoke(uow, feed_id)
    _require_scope(uow, FeedScope(revoked.scope))
    return _add(uow, FeedScope(revoked.scope), resource_id=revoked.resource_id, code=code, language=revoked.language)


def revoke_feed(uow: Uow, feed_id: int) -> None:
    """Revoke one of the actor's links. Errors: NotFound, also for another person's."""
    _revoke(uow, feed_id)


def revoke_feeds_of(uow: Uow, person: Person) -> int:
    """Revoke all links of a person who leaves; returns their number. Errors: Forbidden."""
    require(uow.actor, Permission.PEOPLE_DEACTIVATE, Subject(company_id=person.company_id))
    links = store.list_feeds(uow, person.id)
    for feed in links:
        revoked = store.revoke_feed(uow, feed.id, person.id)
        if revoked is not None:
            uow.record(
                CalendarFeedRevoked(
                    company_id=person.company_id, feed_id=feed.id, person_id=person.id, prefix=revoked.prefix
                )
            )
    return len(links)


def list_feeds(uow: Uow, person_id: int) -> list[FeedRow]:
    """A person's valid links, newest first. Errors: Forbidden for another person's."""
    if not uow.actor.is_system and uow.actor.person_id != person_id:
        raise Forbidden
    return store.list_feeds(uow, person_id)


def list_own_feeds(uow: Uow) -> list[FeedRow]:
    return store.list_feeds(uow, _person_id(uow))


def _person_id(uow: Uow) -> int:
    if uow.actor.person_id is None:
        raise Forbidden
    return uow.actor.person_id


def _require_scope(uow: Uow, scope: FeedScope) -> None:
    require(uow.actor, _PERMISSION[scope], Subject(company_id=uow.actor.company_id, owner_id=uow.actor.person_id))


def _resource_id(uow: Uow, code: str | None) -> int | None:
    if code is None:
        return None
    try:
        return get_resource_id(uow, code)
    except NotFound as error:
        raise Invalid(field_errors={"resource": [N_("There is no such resource.")]}) from error


def _add(uow: Uow, scope: FeedScope, *, resource_id: int | None, code: str | None, language: str) -> FeedMade:
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    feed = CalendarFeed(
        token_hash=store.hash_of(secret),
        prefix=secret[:SHOWN_TOKEN_LENGTH],
        person_id=_person_id(uow),
        scope=scope.value,
        resource_id=resource_id,
        language=closest_language(language),
    )
    store.add_feed(uow, feed)
    uow.record(
        CalendarFeedMade(
            company_id=uow.actor.company_id,
            feed_id=feed.id,
            person_id=feed.person_id,
            scope=feed.scope,
            resource=code,
            prefix=feed.prefix,
        )
    )
    row = FeedRow(feed.id, feed.scope, code, feed.language, feed.prefix, feed.created_at, feed.last_used_at)
    return FeedMade(secret, row)


def _revoke(uow: Uow, feed_id: int) -> Row[Any]:
    person_id = _person_id(uow)
    require(uow.actor, Permission.FEED_REVOKE, Subject(owner_id=person_id))
    revoked = store.revoke_feed(uow, feed_id, person_id)
    if revoked is None:
        raise NotFound
    uow.record(
        CalendarFeedRevoked(
            company_id=uow.actor.company_id, feed_id=feed_id, person_id=person_id, prefix=revoked.prefix
        )
    )
    return revoked


# -- reading


@dataclass(frozen=True)
class Subscription:
    """A valid link with its owner and content.

    Shape: `resource` is a code and `places` its number of units; `etag` changes with the content; `unseen` when the
    last use should be updated.
    """

    feed_id: int
    actor: Actor
    query: FeedQuery
    period: FeedPeriod
    resource: str | None
    places: int
    title: str
    language: str
    created_at: datetime
    base_url: str
    etag: str
    unseen: bool


def find_subscription(lookup: Lookup, token: str, base_url: str, *, zone: ZoneInfo) -> Subscription | None:
    """The link with person, roles and company, in one statement; revocations apply at once."""
    row = store.find_feed(lookup, store.hash_of(token))
    if row is None:
        return None
    period = feed_period(row.now, zone)
    actor = Actor(
        account_id=row.account_id,
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        company_id=row.company_id,
        company_code=row.company_code,
        roles=frozenset(Role(role) for role in row.roles),
        language=row.language,
    )
    scope = FeedScope(row.scope)
    if not is_allowed(actor, _PERMISSION[scope], Subject(company_id=actor.company_id, owner_id=actor.person_id)):
        return None
    title = _title(row, scope)
    query = FeedQuery(scope, row.person_id, row.company_id, row.resource_id)
    tag = store.content_tag(lookup, query, period)
    parts = (_RELEASE, base_url, row.id, row.feed_language, title, period.window.start, row.names_mark, tag)
    return Subscription(
        feed_id=row.id,
        actor=actor,
        query=query,
        period=period,
        resource=row.code,
        places=row.places,
        title=title,
        language=row.feed_language,
        created_at=row.created_at,
        base_url=base_url,
        etag=hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32],
        unseen=row.unseen,
    )


def _title(row: Row[Any], scope: FeedScope) -> str:
    translate = gettext_for(row.feed_language)
    if scope is FeedScope.MINE:
        return translate(N_("My GMP bookings"))
    if scope is FeedScope.FACILITY:
        return translate(N_("GMP facility"))
    if scope is FeedScope.RESOURCE:
        return f"GMP {row.code}"
    return f"GMP {named({'ko': row.company_ko, 'en': row.company_en, 'zh_Hans': row.company_zh}, row.feed_language)}"


def feed_period(now: datetime, zone: ZoneInfo) -> FeedPeriod:
    """The period from the facility's midnight, so that responses within a day are identical."""
    morning = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    return FeedPeriod(
        window=Period(morning - timedelta(days=DAYS_BACK), morning + timedelta(days=DAYS_AHEAD)),
        ended_since=morning - timedelta(days=DAYS_CANCELLED),
    )


def mark_used(uow: Uow, feed_id: int) -> None:
    store.mark_used(uow, feed_id)


def read_entries(uow: Uow, subscription: Subscription) -> list[CalendarPart]:
    """The entries of the link, under the row policies of its owner.

    Shape: by start, at most MAX_ENTRIES. They may be newer than the ETag, never older; then the next request fetches
    them once more.
    """
    rows = store.list_entries(uow, subscription.query, subscription.period, most=MAX_ENTRIES)
    own = list(_entries(rows, base_url=subscription.base_url, language=subscription.language))
    blocks = others_time(uow, subscription)
    return sorted(own + blocks, key=attrgetter("start", "uid"))[:MAX_ENTRIES] if blocks else own


def _entries(rows: Iterable[Row[Any]], *, base_url: str, language: str) -> Iterator[CalendarPart]:
    names: dict[str, str] = {}
    for row in rows:
        if row.code not in names:
            names[row.code] = named({"ko": row.name_ko, "en": row.name_en, "zh_Hans": row.name_zh}, language)
        status = status_of(row.state, row.session_state)
        if status is None:
            continue
        yield part_of(
            row,
            key=f"{row.part}{row.number}",
            status=status,
            code=row.code,
            name=names[row.code],
            start=row.starts_at,
            end=row.ends_at,
            transparent=row.part == "e",
            base_url=base_url,
            language=language,
        )
