"""What is typed into the form becomes a request and comes back as it was typed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from gmp_booking.booking_forms import form as forms
from gmp_booking.bookings.content import BookingContent, NamedPerson, ReservationContent, SessionContent
from gmp_booking.bookings.schemas import BookingSchema
from gmp_booking.kernel.vocabulary import Kind, RunType
from tests.shared_app import SharedApp
from tests.zones import SEOUL

FEW = settings(max_examples=60, deadline=None, print_blob=True, derandomize=False)
CODES = st.from_regex(r"[A-Z]{1,4}-[0-9]{2}", fullmatch=True)
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Nd"))
WORDS = st.text(LETTERS, max_size=30).map(BookingSchema().fields["title"].deserialize)
EMAILS = st.sampled_from([f"person{number}@gaon.example" for number in range(9)])
STARTS = st.integers(0, 400 * 24 * 60).map(
    lambda minutes: datetime(2027, 1, 1, tzinfo=SEOUL) + timedelta(minutes=minutes)
)
LENGTHS = st.integers(1, 30 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def sessions(draw: Any) -> SessionContent:
    start = draw(STARTS)
    people = tuple(NamedPerson(email, "OPERATOR") for email in draw(st.lists(EMAILS, unique=True, max_size=4)))
    return SessionContent(
        room=draw(CODES),
        start=start,
        end=start + draw(LENGTHS),
        step=draw(WORDS),
        exposure=draw(st.sampled_from(["CLOSED", "OPEN", "ASEPTIC_OPEN"])),
        headcount=draw(st.integers(1, 200)),
        setup_min=draw(st.integers(0, 1440)),
        teardown_min=draw(st.integers(0, 1440)),
        people=people,
        equipment=tuple(draw(st.lists(CODES, unique=True, max_size=3))),
    )


@st.composite
def contents(draw: Any) -> BookingContent:
    start = draw(STARTS)
    shelves = st.builds(
        ReservationContent, CODES, st.just(start), LENGTHS.map(lambda length: start + length), st.integers(1, 500)
    )
    return BookingContent(
        kind=Kind.CLEANROOM,
        run_type=RunType.ENG,
        product=draw(CODES),
        batch=draw(WORDS),
        title=draw(WORDS),
        purpose=draw(WORDS),
        sessions=tuple(draw(st.lists(sessions(), max_size=4))),
        equipment=tuple(draw(st.lists(shelves, max_size=3))),
    )


def fields_of(form: forms.Form) -> MultiDict[str, str]:
    """The form as a browser sends it."""
    fields = MultiDict({name: form[name] for name in forms.COMMON_FIELDS})
    for kind in ("sessions", "equipment"):
        for index, part in enumerate(form[kind]):
            for name, value in part.items():
                fields.setlist(f"{kind}-{index}-{name}", value if isinstance(value, list) else [value])
    return fields


@FEW
@given(contents())
def test_content_goes_through_the_form_and_comes_back(content: BookingContent) -> None:
    form = forms.form_of(content, SEOUL)
    assert BookingSchema().load(forms.content_json(form, SEOUL)) == content
    again = BookingSchema().load(forms.content_json(forms.form_from_fields(fields_of(form)), SEOUL))
    assert forms.form_of(again, SEOUL) == form


TYPED = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)


@st.composite
def typed_forms(draw: Any) -> forms.Form:
    """Whatever people type, sense or nonsense."""
    form = forms.blank_form() | {name: draw(TYPED) for name in forms.COMMON_FIELDS}
    for _ in range(draw(st.integers(0, 2))):
        texts = {name: draw(TYPED) for name in forms.SESSION_TEXT}
        form["sessions"].append(texts | {"people": draw(st.lists(TYPED, max_size=2)), "equipment": []})
    for _ in range(draw(st.integers(0, 2))):
        form["equipment"].append({name: draw(TYPED) for name in forms.EQUIPMENT_TEXT})
    return form


@FEW
@given(typed_forms())
def test_whatever_is_typed_is_read_as_it_was_typed(form: forms.Form) -> None:
    assert forms.form_from_fields(fields_of(form)) == form
    BookingSchema().validate(forms.content_json(form, SEOUL))


@settings(FEW, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=typed_forms())
def test_a_kept_draft_comes_back_as_typed(shared_app: SharedApp, form: forms.Form) -> None:
    fields = fields_of(form)
    fields["op"] = "save_draft"
    kept = shared_app.page_client("requester@gaon.example").post("/bookings/new", fields)
    assert kept.status_code == 303, kept.text
    (row,) = shared_app.ask("SELECT draft FROM booking ORDER BY id DESC LIMIT 1")
    without = {"reference", "revision"}
    assert row["draft"] == {name: value for name, value in form.items() if name not in without}
    assert shared_app.page_client("requester@gaon.example").get(kept.location).status_code == 200
