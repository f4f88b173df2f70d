"""The booking form: judged, kept as a draft, repeated, and submitted for every kind of booking."""

from __future__ import annotations

from tests.transcript.bookings import at, reference_in, typed_session
from tests.transcript.facility import APPROVER, COMPETITOR, DEMO, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import Answer, Fields, Person

NEW = "/bookings/new"
RUN = {"kind": "CLEANROOM", "product": "GS-M1", "run_type": "ENG", "purpose": "P2 harvest", "batch": "GS-2701"}


def fill_a_form(cast: Cast) -> None:
    """A run is typed with mistakes, judged, corrected, judged against a competitor's booking, and submitted."""
    requester, competitor = cast.person(REQUESTER), cast.person(COMPETITOR)
    requester.get(NEW)
    requester.get(f"{NEW}?blank=1&room=B-01&start=2027-04-20T09:00&end=2027-04-20T12:00")
    wrong = typed_session(0, at("04-20", 9)) | {"sessions__0__end_time": "8", "sessions__0__headcount": "many"}
    requester.submit(NEW, NEW, **RUN, **wrong, op="submit")
    first = typed_session(0, at("04-20", 9))
    form = requester.submit(NEW, NEW, **RUN, **first, op="check")
    form = requester.submit(form, NEW, op="add_session")
    form = requester.submit(form, NEW, **typed_session(1, at("04-21", 9)), op="add_equipment")
    form = requester.submit(form, NEW, op="remove_equipment-0")
    requester.submit(form, NEW, op="remove_session-1")
    _preview(requester, first)
    reference = reference_in(requester.submit(form, NEW, op="submit"))
    requester.get(f"/bookings/{reference}?done=submitted")
    competitor.get(f"/bookings/{reference}")
    theirs = RUN | {"product": "SE-01", "batch": "SE-2701"}
    blocked = competitor.submit(NEW, NEW, **theirs, **first, op="submit")
    _take_an_alternative(competitor, blocked)
    requester.submit(NEW, NEW, **RUN, **typed_session(0, at("05-05", 7), hours=14), op="check")


def _preview(requester: Person, session: Fields) -> None:
    """As the script of the page asks for it."""
    page = requester.get(NEW)
    fields = [(name, value) for name, value in page.page.form(NEW).fields if not name.startswith("sessions-")]
    fields += [(name.replace("__", "-"), str(value)) for name, value in (RUN | dict(session)).items()]
    requester.post("/bookings/preview", fields, HX_Request="true")
    requester.post("/bookings/marks/drop", [each for each in fields if each[0] == "csrf_token"])


def _take_an_alternative(competitor: Person, blocked: Answer) -> None:
    """The first alternative the page offers, taken without a script."""
    form = blocked.page.form(NEW)
    offers = [value for name, value in form.buttons if name == "fill"]
    if offers:
        taken = competitor.submit(blocked, NEW, fill=offers[0])
        competitor.submit(taken, NEW, op="check")


def keep_drafts(cast: Cast) -> None:
    """A draft is kept, found again, changed by two hands, submitted, and copied."""
    requester, approver = cast.person(REQUESTER), cast.person(APPROVER)
    kept = requester.submit(NEW, NEW, **RUN, **typed_session(0, at("04-22", 13)), title="A draft", op="save_draft")
    reference = reference_in(kept)
    requester.get(f"/bookings/{reference}")
    requester.get(NEW)
    edit = f"/bookings/{reference}/edit"
    stale = approver.get(edit)
    requester.submit(edit, edit, title="A better draft", op="save_draft")
    approver.submit(stale, edit, title="Another draft", op="save_draft")
    requester.submit(edit, edit, op="submit")
    requester.get(f"{NEW}?copy={reference}")
    second = reference_in(requester.submit(NEW, NEW, **RUN, **typed_session(0, at("06-08", 9)), op="save_draft"))
    requester.submit(f"/bookings/{second}", f"/bookings/{second}/cancel", reason="It was a try")


def repeat_a_session(cast: Cast) -> None:
    """A session is repeated: every date is shown with what stands against it, one is moved, all are added."""
    requester = cast.person(REQUESTER)
    session = typed_session(0, at("05-11", 9), room="B-02")
    shown = requester.submit(NEW, NEW, **RUN, **session, repeat__every="7", repeat__times="3", op="repeat_show")
    moved = requester.submit(shown, NEW, repeat__0__start_time="10:00", repeat__0__end_time="13:00", op="repeat_check")
    added = requester.submit(moved, NEW, op="repeat_add")
    requester.submit(added, NEW, title="Four sessions", op="submit")
    weekdays = {"repeat__mode": "weekdays", "repeat__weekdays": ["1", "3"], "repeat__until": "2027-05-20"}
    requester.submit(NEW, NEW, **RUN, **session, **weekdays, op="repeat_show")
    requester.submit(NEW, NEW, **RUN, **session, repeat__every="0", repeat__times="3", op="repeat_show")


def book_every_kind(cast: Cast) -> None:
    """Equipment alone, quality control, demonstrations, reviews and tours: some are confirmed without a decision."""
    requester, demo = cast.person(REQUESTER), cast.person(DEMO)
    form = requester.submit(NEW, NEW, kind="EQUIPMENT", op="remove_session-0")
    form = requester.submit(form, NEW, op="add_equipment")
    alone = {
        "product": "GS-M1", "equipment__0__resource": "INC-01", "equipment__0__units": "2",
        "equipment__0__start_date": "2027-04-19", "equipment__0__start_time": "10:00",
        "equipment__0__end_date": "2027-04-23", "equipment__0__end_time": "16:00",
    }  # fmt: skip
    requester.submit(form, NEW, **alone, op="submit")
    quality = typed_session(0, at("04-23", 9), hours=2, room="C-01")
    requester.submit(NEW, NEW, kind="QC", product="GS-M1", **quality, op="submit")
    shown = {
        "kind": "TECH_DEMO",
        "seats": "6",
        "company": "BRC",
        "visibility": "PUBLIC",
        "title": "Open day",
        "purpose": "TFF shown",
    }
    demo.submit(NEW, NEW, **shown, **typed_session(0, at("05-13", 14), hours=2, room="T-01"), op="submit")
    demo.submit(NEW, NEW, **shown | {"seats": "60"}, **typed_session(0, at("05-14", 14), room="T-01"), op="submit")
    for kind, room, day in (("EDUCATION", "T-01", "05-17"), ("REVIEW", "VC-01", "05-18"), ("TOUR", "VC-01", "05-19")):
        visit = typed_session(0, at(day, 14), hours=2, room=room)
        cast.person(SCHEDULER).submit(
            NEW, NEW, kind=kind, seats="5", company="GAO", title=f"{kind} day", **visit, op="submit"
        )
