"""Seeds the demo's bookings: every action runs through its use case, with the clock set to the action's time."""

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
from gmp_booking.demo.demo_records import SessionEvent, session_events
from gmp_booking.demo.people import PASSWORD
from gmp_booking.demo.scenarios import PRODUCTION, QA, Scenario, ScenarioAct, ScenarioStep
from gmp_booking.execution.service import SessionAction, perform
from gmp_booking.infra.database.uow import Database, UseCaseRequest
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.kernel.states import IN_FORCE
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.draft import save_draft
from gmp_booking.requests.submit import Submitted, submit
from gmp_booking.signatures.service import Verified, verify

_BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36"


def seed_bookings(database: Database, clock: Clock, scenarios: Iterable[Scenario], *, now: datetime) -> dict[str, str]:
    """Run all actions of all scenarios, session records included, in order of time.

    Shape: booking references by scenario name.
    """
    seeder = _Seeder(database, clock)
    acts: list[tuple[ScenarioAct | SessionEvent, int, Scenario]] = []
    for scenario in scenarios:
        acts += [(act, number, scenario) for number, act in enumerate(scenario.acts)]
        acts += [
            (each, number, scenario) for number, each in enumerate(session_events(scenario, now), len(scenario.acts))
        ]
    for act, _number, scenario in sorted(acts, key=lambda entry: (entry[0].at, entry[2].name, entry[1])):
        if isinstance(act, SessionEvent):
            seeder.record(act, scenario)
        else:
            seeder.perform(act, scenario)
    seeder.sign_everybody_out()
    return seeder.references


@dataclass(frozen=True)
class _SignedInSigner:
    """A signer on one day: signed in, with a verified password."""

    on: date
    actor: Actor
    opened: SignedIn
    proof: Verified


class _Seeder:
    """Runs the actions; keeps the booking references and who is signed in."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.references: dict[str, str] = {}
        self._actors: dict[str, Actor] = {}
        self._signed_in: dict[str, _SignedInSigner] = {}
        self._confirmed: dict[str, bool] = {}

    def perform(self, act: ScenarioAct, scenario: Scenario) -> None:
        self._clock.set(act.at)
        reference = self.references.get(scenario.name)
        match act.step:
            case ScenarioStep.DRAFT:
                self.references[scenario.name] = self._draft(act, scenario.content)
            case ScenarioStep.ASK:
                asked: Submitted = self._as(act).transact(submit, scenario.content, reference=reference)
                self.references[scenario.name] = asked.booking.reference
            case ScenarioStep.CANCEL:
                assert reference
                assert act.reason
                self._as(act).transact(cancel, reference, reason=act.reason)
            case _:
                assert reference
                self._decide(act, reference)

    def record(self, event: SessionEvent, scenario: Scenario) -> None:
        """Run one recording action; skipped when the booking was not confirmed."""
        self._clock.set(event.at)
        reference = self.references[scenario.name]
        if not self._is_confirmed(reference):
            return
        signer = self._signer(event.by, event.at) if event.is_signed else None
        actor = signer.actor if signer else self._actor(event.by)
        act = SessionAction(
            reference,
            event.session,
            event.action,
            at=event.happened_at,
            reason=event.reason,
            items=event.items,
            people=event.people,
            verified=signer.proof if signer else None,
        )
        self._database.request(actor, reason=event.reason).transact(perform, act)

    def _is_confirmed(self, reference: str) -> bool:
        if reference not in self._confirmed:
            state = self._database.read(SYSTEM, get_booking, reference).state
            self._confirmed[reference] = state in IN_FORCE
        return self._confirmed[reference]

    def sign_everybody_out(self) -> None:
        for worker in self._signed_in.values():
            self._database.transact(worker.actor, sign_out, worker.opened.token)
        self._signed_in.clear()

    def _draft(self, act: ScenarioAct, content: BookingContent) -> str:
        form = form_of(content, self._database.zone)
        kept = {name: value for name, value in form.items() if name not in {"reference", "revision"}}
        draft: Booking = self._as(act).transact(save_draft, kept)
        return draft.reference

    def _decide(self, act: ScenarioAct, reference: str) -> None:
        decision = Decision(reference, Action(act.step.value), reason=act.reason)
        if act.by not in {QA, PRODUCTION} and act.step is not ScenarioStep.REJECT:
            self._as(act).transact(decide, decision)
            return
        worker = self._signer(act.by, act.at)
        request = self._database.request(worker.actor, reason=act.reason)
        request.transact(decide, replace(decision, verified=worker.proof))

    def _as(self, act: ScenarioAct) -> UseCaseRequest:
        return self._database.request(self._actor(act.by), reason=act.reason)

    def _actor(self, email: str) -> Actor:
        if email not in self._actors:
            self._actors[email] = self._database.read(SYSTEM, find_actor_of_email, email)
        return self._actors[email]

    def _signer(self, email: str, at: datetime) -> _SignedInSigner:
        """The signer, signed in for that day; one verified password serves for all decisions of the day."""
        today = at.astimezone(self._database.zone).date()
        worker = self._signed_in.get(email)
        if worker is not None and worker.on == today:
            return worker
        if worker is not None:
            self._database.transact(worker.actor, sign_out, worker.opened.token)
        account_id = self._actor(email).account_id
        opened = self._database.transact(SYSTEM, open_session, account_id, user_agent=_BROWSER)
        actor = replace(self._actor(email), auth_session_id=opened.session_id)
        proof = verify(self._database, actor, PASSWORD)
        assert isinstance(proof, Verified), "the password of the demonstration's people is constant"
        self._signed_in[email] = _SignedInSigner(today, actor, opened, proof)
        return self._signed_in[email]
