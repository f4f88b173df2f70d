"""Two competing companies in one facility; every text of one is a canary that the other must not see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from flask import Flask

from gmp_booking.consistency.jobs import verify_nightly
from gmp_booking.infra.database.uow import Database
from gmp_booking.notifications import jobs
from gmp_booking.revalidation.jobs import work
from tests.clients import ApiClient, PageClient, make_app, open_accounts, utc, weekday_at
from tests.conftest import Place
from tests.factories.bookings import ConfirmedBookingFactory, SubmittedBookingFactory
from tests.factories.form_fields import form_of
from tests.factories.request_bodies import EngineeringRequestFactory, HoldFactory, ReservationFactory, SessionFactory

CANARY = "KANARIENVOGEL"
GAON, SAEBYEOK = "requester@gaon.example", "requester@saebyeok.example"
_SPOIL = """
UPDATE company SET name_ko = 'KANARIENVOGEL-ko', name_en = 'KANARIENVOGEL-en', name_zh = 'KANARIENVOGEL-zh',
                   registration_no = 'KANARIENVOGEL-no' WHERE code = 'SAE';
UPDATE product SET code = 'KANARIENVOGEL-product', name = 'KANARIENVOGEL-product-name'
    WHERE company_id = (SELECT id FROM company WHERE code = 'SAE');
UPDATE person SET name = 'KANARIENVOGEL-' || id WHERE company_id = (SELECT id FROM company WHERE code = 'SAE');
"""


@dataclass
class Competitors:
    """Gaon and Saebyeok with confirmed, waiting and cancelled bookings on the same resources."""

    app: Flask
    database: Database
    place: Place
    own: list[str] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)
    taken: tuple[datetime, datetime] = (weekday_at(9), weekday_at(12))
    """When Saebyeok holds B-01 with INC-01 full."""

    @property
    def canaries(self) -> list[str]:
        """What must not reach Gaon: every word of Saebyeok's, and the names of their bookings and addresses."""
        return [CANARY.lower(), "saebyeok.example", "hold-000", *(reference.lower() for reference in self.theirs)]

    def api_client(self, email: str) -> ApiClient:
        return ApiClient(self.app, self.database, email)

    def page_client(self, email: str) -> PageClient:
        return PageClient(self.app, email)


def a_booking(product: str, day: int, *, word: str, domain: str, room: str = "B-01", units: int = 8) -> dict:
    """Three hours of one room with people and equipment, and an incubator."""
    start = weekday_at(9) + timedelta(days=day)
    session = SessionFactory(
        room=room,
        start=start,
        hours=3,
        step=f"{word}-step",
        headcount=2,
        people=[{"email": f"operator@{domain}", "role": "OPERATOR"}],
        equipment=["BSC-01" if room == "B-01" else "BSC-02"],
    )
    texts = {"title": f"{word}-title", "purpose": f"{word}-purpose", "batch": f"{word}-batch"}
    incubator = ReservationFactory(start=start, hours=3, units=units)
    return EngineeringRequestFactory(product=product, sessions=[session], equipment=[incubator], **texts)


_USED = """
    INSERT INTO occupancy (unit_id, resource_id, during, company_id, booking_id, session_number)
    SELECT u.id, u.resource_id, tstzrange(s.starts_at, s.ends_at), s.company_id, s.booking_id, s.number
    FROM booking AS b JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version
    JOIN unit AS u ON u.resource_id = s.room_id
    WHERE b.reference = ANY (%s)
"""


def settle(place: Place, database: Database, folder) -> Competitors:
    """Both companies have booked, staff have decided, mails are planned."""
    with psycopg.connect(place.superuser_url, autocommit=True) as connection:
        connection.execute(_SPOIL)
    open_accounts(database)
    competitors = Competitors(make_app(place.app_url, place.owner_url, folder), database, place)
    for day, made_by in enumerate((ConfirmedBookingFactory, SubmittedBookingFactory, SubmittedBookingFactory)):
        body = a_booking(f"{CANARY}-product", day, word=CANARY, domain="saebyeok.example")
        competitors.theirs.append(made_by(app=competitors, by=SAEBYEOK, body=body).reference)
        body = a_booking("GS-M1", day, word="ours", domain="gaon.example", room="B-02", units=1)
        body["equipment"][0]["resource"] = "INC-02"
        competitors.own.append(made_by(app=competitors, by=GAON, body=body).reference)
    for email, reference, word in ((SAEBYEOK, competitors.theirs[2], CANARY), (GAON, competitors.own[2], "ours")):
        _done(competitors.api_client(email), reference, "cancel", reason=f"{word}-reason it is")
    for word, domain, product in (("ours", "gaon.example", "GS-M1"), (CANARY, "saebyeok.example", f"{CANARY}-product")):
        _live(competitors, word=word, domain=domain, product=product)
    _call_in(competitors)
    _withdraw(competitors.api_client("qa@brc.example"))
    work(database)
    jobs.plan(database)
    verify_nightly(database)
    with psycopg.connect(place.superuser_url, autocommit=True) as connection:
        connection.execute("INSERT INTO changeover (resource_id, required_level) SELECT min(id), 3 FROM room")
        connection.execute(_USED, ([competitors.theirs[0], competitors.own[0]],))
    return competitors


def _live(competitors: Competitors, *, word: str, domain: str, product: str) -> None:
    """What else leaves rows: a change that waits, a clearance, an override, a call to be confirmed, a form still open."""
    scheduler, requester = (
        competitors.api_client("scheduler@brc.example"),
        competitors.api_client(f"requester@{domain}"),
    )
    confirmed, room, code = (
        (competitors.theirs[0], "B-01", "SAE") if word == CANARY else (competitors.own[0], "B-02", "GAO")
    )
    phoned, late, longer = (a_booking(product, day, word=word, domain=domain, room=room) for day in (7, 15, 0))
    for body in (phoned, late, longer) if word != CANARY else ():
        body["equipment"][0] |= {"resource": "INC-02", "units": 1}
    longer["sessions"][0]["end"] = utc(weekday_at(13))
    changed = requester.patch(f"/api/v1/bookings/{confirmed}", longer | {"reason": f"{word}-why it changes"})
    assert changed.status_code == 200, changed.text
    points = {"items": ["papers", "previous_out", "status", "surfaces", "waste_out"]}
    _done(competitors.api_client("production@brc.example"), f"{confirmed}/sessions/1", "clear", **points)
    late["sessions"][0] |= {"start": utc(weekday_at(19, weeks=5)), "end": utc(weekday_at(21, weeks=5))}
    evening = SubmittedBookingFactory(
        app=competitors, by=f"approver@{domain}", body=late | {"run_type": "CLIN", "equipment": []}
    ).reference
    answered = {"rule": "CA-01", "reason": f"{word}-answer, agreed with the head of the facility"}
    _done(scheduler, evening, "review", overrides=[answered])
    called = SubmittedBookingFactory(
        app=competitors, by="scheduler@brc.example", body=phoned | {"booked_for": code}
    ).reference
    (competitors.theirs if word == CANARY else competitors.own).extend((evening, called))
    start = weekday_at(9, weeks=6)
    session = {"room": room, "start": start, "end": start + timedelta(hours=3), "headcount": "1"}
    seen = competitors.page_client(f"requester@{domain}").post(
        "/bookings/preview", form_of(sessions=[session], product=product)
    )
    assert seen.status_code == 200, seen.text


def _call_in(competitors: Competitors) -> None:
    """A member of staff is on call on Saturdays."""
    shift = {"role": "SCHEDULER", "from_time": "08:00", "until_time": "20:00", "weekday": "5"}
    answer = competitors.page_client("scheduler@brc.example").post(
        "/roster", {"email": "scheduler@brc.example"} | shift
    )
    assert answer.status_code == 303, answer.text


def _withdraw(quality: ApiClient) -> None:
    """Holds on everything that is Saebyeok's, and one on a room for a reason of theirs."""
    subjects = (
        ("COMPANY", "SAE"),
        ("PRODUCT", f"SAE/{CANARY}-product"),
        ("PERSON", "operator@saebyeok.example"),
        ("ROOM", "C-02"),
    )
    for kind, code in subjects:
        body = HoldFactory(subject={"kind": kind, "code": code}, reason=f"{CANARY}-deviation")
        answer = quality.post("/api/v1/outages", body)
        assert answer.status_code == 201, answer.text


def _done(api_client: ApiClient, reference: str, action: str, **body) -> None:
    answer = api_client.post(f"/api/v1/bookings/{reference}/{action}", body)
    assert answer.status_code == 200, answer.text
