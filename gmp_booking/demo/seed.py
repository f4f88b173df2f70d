"""Telling the stories to the product: every act goes through its use case, on a clock that shows the act's moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from gmp_booking.accounts.service import SignedIn, find_actor_of_email, open_session, sign_out
from gmp_booking.approvals.service import Decision, decide
from gmp_booking.booking_forms.form import form_of
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.store import get_booking
from gmp_booking.demo.clock import Clock
from gmp_booking.demo.demo_records import Happening, happenings
from gmp_booking.demo.people import PASSWORD
from gmp_booking.demo.scenarios import PRODUCTION, QA, SEOUL, Act, ScenarioStep, Story
from gmp_booking.execution.service import SessionAct, act_on
from gmp_booking.infra.database.uow import Database, UseCaseRequest
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.draft import save_draft
from gmp_booking.requests.submit import Submitted, submit
from gmp_booking.signatures.service import Verified, verify

_BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36"


def lay_bookings(database: Database, clock: Clock, stories: Iterable[Story], *, now: datetime) -> dict[str, str]:
    """All acts of all stories and what came of them in the rooms, in the order in which they happened.

    Shape: the references the bookings got, by the names of their stories.
    """
    telling = _Telling(database, clock)
    acts: list[tuple[Act | Happening, int, Story]] = []
    for story in stories:
        acts += [(act, number, story) for number, act in enumerate(story.acts)]
        acts += [(each, number, story) for number, each in enumerate(happenings(story, now), len(story.acts))]
    for act, _number, story in sorted(acts, key=lambda entry: (entry[0].at, entry[2].name, entry[1])):
        if isinstance(act, Happening):
            telling.happen(act, story)
        else:
            telling.perform(act, story)
    telling.everybody_leaves()
    return telling.references


@dataclass(frozen=True)
class _AtWork:
    """A signer on one day: signed in, and with the password proved."""

    on: date
    actor: Actor
    opened: SignedIn
    proof: Verified


class _Telling:
    """What has been told so far: the references the bookings got, and who is signed in."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.references: dict[str, str] = {}
        self._actors: dict[str, Actor] = {}
        self._at_work: dict[str, _AtWork] = {}
        self._confirmed: dict[str, bool] = {}

    def perform(self, act: Act, story: Story) -> None:
        self._clock.set(act.at)
        reference = self.references.get(story.name)
        match act.deed:
            case ScenarioStep.DRAFT:
                self.references[story.name] = self._draft(act, story.content)
            case ScenarioStep.ASK:
                asked: Submitted = self._as(act).transact(submit, story.content, reference=reference)
                self.references[story.name] = asked.booking.reference
            case ScenarioStep.CANCEL:
                assert reference
                assert act.reason
                self._as(act).transact(cancel, reference, reason=act.reason)
            case _:
                assert reference
                self._decide(act, reference)

    def happen(self, happening: Happening, story: Story) -> None:
        """One act in one session; an act in a booking that is not agreed after all is no happening."""
        self._clock.set(happening.at)
        reference = self.references[story.name]
        if not self._is_confirmed(reference):
            return
        signer = self._signer(happening.by, happening.at) if happening.is_signed else None
        actor = signer.actor if signer else self._actor(happening.by)
        act = SessionAct(
            reference,
            happening.session,
            happening.action,
            at=happening.happened_at,
            reason=happening.reason,
            items=happening.items,
            verified=signer.proof if signer else None,
        )
        self._database.request(actor, reason=happening.reason).transact(act_on, act)

    def _is_confirmed(self, reference: str) -> bool:
        if reference not in self._confirmed:
            state = self._database.read(SYSTEM, get_booking, reference).state
            self._confirmed[reference] = state == BookingState.CONFIRMED
        return self._confirmed[reference]

    def everybody_leaves(self) -> None:
        for worker in self._at_work.values():
            self._database.transact(worker.actor, sign_out, worker.opened.token)
        self._at_work.clear()

    def _draft(self, act: Act, content: BookingContent) -> str:
        form = form_of(content)
        kept = {name: value for name, value in form.items() if name not in {"reference", "revision"}}
        draft: Booking = self._as(act).transact(save_draft, kept)
        return draft.reference

    def _decide(self, act: Act, reference: str) -> None:
        decision = Decision(reference, Action(act.deed.value), reason=act.reason)
        if act.by not in {QA, PRODUCTION} and act.deed is not ScenarioStep.REJECT:
            self._as(act).transact(decide, decision)
            return
        worker = self._signer(act.by, act.at)
        request = self._database.request(worker.actor, reason=act.reason)
        request.transact(decide, replace(decision, verified=worker.proof))

    def _as(self, act: Act) -> UseCaseRequest:
        return self._database.request(self._actor(act.by), reason=act.reason)

    def _actor(self, email: str) -> Actor:
        if email not in self._actors:
            self._actors[email] = self._database.read(SYSTEM, find_actor_of_email, email)
        return self._actors[email]

    def _signer(self, email: str, at: datetime) -> _AtWork:
        """The signer, signed in that day: the day's decisions are one sitting under one proof of the password."""
        today = at.astimezone(SEOUL).date()
        worker = self._at_work.get(email)
        if worker is not None and worker.on == today:
            return worker
        if worker is not None:
            self._database.transact(worker.actor, sign_out, worker.opened.token)
        account_id = self._actor(email).account_id
        opened = self._database.transact(SYSTEM, open_session, account_id, user_agent=_BROWSER)
        actor = replace(self._actor(email), auth_session_id=opened.session_id)
        proof = verify(self._database, actor, PASSWORD)
        assert isinstance(proof, Verified), "the demonstration knows its own password"
        self._at_work[email] = _AtWork(today, actor, opened, proof)
        return self._at_work[email]
