"""Signatures: the password is proved at the act, and what is signed stays bound to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gmp_booking.accounts import passwords, service, signing
from gmp_booking.accounts.signing import VERIFIED_FOR_S
from gmp_booking.accounts.store import SessionLimits
from gmp_booking.companies.service import find_company
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Forbidden, Invalid
from gmp_booking.people.service import find_person_by_email
from gmp_booking.signatures.service import Verified, list_signatures, sign, signers_of, verify
from tests.zones import SEOUL

PASSWORD = "a password of some length"
IDLE = SessionLimits(3600, 3600, 43200)
RECORD = {
    "record_type": "booking",
    "record_id": 7,
    "record_reference": "BK-7Q4K9D2M",
    "record_version": 2,
    "content_hash": "ab" * 32,
    "meaning": "APPROVED_QA",
}


def give_account(uow, email):
    passwords.configure(cost="t=1,m=1024,p=1", slots=4)
    person = find_person_by_email(uow, email)
    return service.create_account(uow, person, passwords.hash_password(PASSWORD)).id


def come_in(database, email):
    """Sign in; the actor a handler would have."""
    opened = service.sign_in(database, service.SignInAttempt(email, PASSWORD, ip="192.0.2.1"), pepper=b"p" * 32)
    return database.read(SYSTEM, service.find_visitor, opened.token, IDLE).actor


@pytest.fixture
def qa(database):
    database.transact(SYSTEM, give_account, "qa@brc.example")
    return come_in(database, "qa@brc.example")


@pytest.fixture
def token_qa(database):
    account_id = database.transact(SYSTEM, give_account, "qa@brc.example")
    made = database.transact(SYSTEM, service.create_token, name="t", days=1, account_id=account_id)
    actor, _unseen = database.read(SYSTEM, service.find_actor_of_token, made.secret)
    return actor


@pytest.fixture
def gaon(database):
    return database.read(SYSTEM, find_company, "GAO").id


def owner_says(place, statement):
    from sqlalchemy import create_engine

    engine = create_engine(place.owner_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_signature_says_who_when_where_what_and_how(database, qa, gaon):
    verified = verify(database, qa, PASSWORD)
    database.transact(qa, sign, verified, **RECORD, company_id=gaon)
    [signature] = database.read(qa, list_signatures, "booking", 7)
    assert signature.printed_name == "Staff qa"
    assert signature.signer_id == qa.person_id
    assert signature.time_zone == SEOUL.key
    assert signature.signed_at.utcoffset() is not None
    assert signature.auth_method == "SESSION+PASSWORD"
    assert signature.auth_session_id == qa.auth_session_id
    assert {name: getattr(signature, name) for name in RECORD} == RECORD


def test_the_printed_name_is_the_one_of_that_day(database, qa, gaon, place):
    verified = verify(database, qa, PASSWORD)
    owner_says(place, "UPDATE person SET name = 'Kim Min-ji' WHERE email = 'qa@brc.example'")
    assert database.transact(qa, sign, verified, **RECORD, company_id=gaon).printed_name == "Kim Min-ji"


def test_one_proof_signs_a_list_shown_in_full(database, qa, gaon):
    verified = verify(database, qa, PASSWORD)

    def sign_both(uow):
        for record_id in (7, 8):
            sign(uow, verified, **{**RECORD, "record_id": record_id}, company_id=gaon)

    database.transact(qa, sign_both)
    assert len(database.read(qa, list_signatures, "booking", 8)) == 1


def test_a_wrong_password_signs_nothing_and_is_written_down(database, qa, rows):
    assert isinstance(verify(database, qa, "wrong"), Invalid)
    assert rows.execute(text("SELECT event, account_id, auth_session_id FROM auth_event ORDER BY id DESC")).first() == (
        "signing_failed",
        qa.account_id,
        qa.auth_session_id,
    )


def test_the_fifth_wrong_password_ends_the_session(database, qa, rows):
    outcomes = [type(verify(database, qa, "wrong")) for _ in range(5)]
    assert outcomes == [Invalid] * 4 + [Forbidden]
    ended = rows.execute(text("SELECT ended_at IS NOT NULL, end_reason FROM auth_session WHERE account_id IS NOT NULL"))
    assert ended.all() == [(True, "wrong passwords at signing")]
    assert isinstance(verify(database, qa, PASSWORD), Forbidden)


def test_guessing_in_parallel_gets_no_more_tries(database, qa):
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: type(verify(database, qa, "wrong")), range(16)))
    assert outcomes.count(Invalid) <= 4


def test_several_right_passwords_at_once_are_no_guessing(database, token_qa, rows):
    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(lambda _: type(verify(database, token_qa, PASSWORD)), range(12)))
    assert outcomes == [Verified] * 12
    assert not rows.execute(text("SELECT revoked_at IS NOT NULL FROM api_token")).scalar_one()
    assert isinstance(verify(database, token_qa, "wrong"), Invalid)


def test_right_passwords_in_between_give_a_guesser_no_more_tries_at_once(database, qa):
    for _ in range(4):
        verify(database, qa, "wrong")
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: type(verify(database, qa, "wrong")), range(8)))
    assert outcomes == [Forbidden] * 8


def test_a_right_password_forgives_the_wrong_ones_before(database, qa):
    for _ in range(3):
        assert [isinstance(verify(database, qa, "wrong"), Invalid) for _ in range(3)] == [True] * 3
        assert isinstance(verify(database, qa, PASSWORD), Verified)


def test_a_token_signs_with_the_password_and_never_without(database, token_qa, gaon):
    assert isinstance(verify(database, token_qa, ""), Invalid)
    verified = verify(database, token_qa, PASSWORD)
    signature = database.transact(token_qa, sign, verified, **RECORD, company_id=gaon)
    assert (signature.auth_method, signature.auth_session_id) == ("TOKEN+PASSWORD", None)


def test_the_fifth_wrong_password_revokes_the_token(database, token_qa, rows):
    for _ in range(5):
        verify(database, token_qa, "wrong")
    assert rows.execute(text("SELECT revoked_at IS NOT NULL FROM api_token")).scalar_one()


@pytest.mark.parametrize(
    "blow",
    [
        "UPDATE auth_session SET ended_at = gmp_now()",
        "UPDATE account SET password_changed_at = gmp_now()",
        "UPDATE account SET active = false",
        "UPDATE person SET active = false WHERE email = 'qa@brc.example'",
    ],
)
def test_what_changed_since_the_proof_stops_the_signature(database, qa, gaon, place, blow):
    verified = verify(database, qa, PASSWORD)
    owner_says(place, blow)
    with pytest.raises(Forbidden):
        database.transact(qa, sign, verified, **RECORD, company_id=gaon)
    assert database.read(SYSTEM, list_signatures, "booking", 7) == []


def test_a_revoked_token_signs_nothing(database, token_qa, gaon, place):
    verified = verify(database, token_qa, PASSWORD)
    owner_says(place, "UPDATE api_token SET revoked_at = gmp_now()")
    with pytest.raises(Forbidden):
        database.transact(token_qa, sign, verified, **RECORD, company_id=gaon)


def test_nobody_signs_with_somebody_elses_proof(database, qa, gaon):
    database.transact(SYSTEM, give_account, "production@brc.example")
    other = come_in(database, "production@brc.example")
    verified = verify(database, qa, PASSWORD)
    with pytest.raises(Forbidden):
        database.transact(other, sign, verified, **RECORD, company_id=gaon)


def test_a_proof_grows_old(database, qa, gaon, monkeypatch):
    verified = verify(database, qa, PASSWORD)
    later = verified.at_monotonic_s + VERIFIED_FOR_S + 1
    monkeypatch.setattr(signing.time, "monotonic", lambda: later)
    with pytest.raises(Forbidden):
        database.transact(qa, sign, verified, **RECORD, company_id=gaon)


def test_the_system_cannot_sign(database):
    with pytest.raises(Forbidden):
        verify(database, SYSTEM, PASSWORD)


def test_a_version_knows_its_signers(database, qa, gaon):
    verified = verify(database, qa, PASSWORD)
    database.transact(qa, sign, verified, **RECORD, company_id=gaon)
    assert database.read(qa, signers_of, "booking", 7, version=2) == {qa.person_id}
    assert database.read(qa, signers_of, "booking", 7, version=3) == frozenset()


def test_a_company_sees_its_own_signatures_and_a_competitor_none(database, qa, gaon):
    verified = verify(database, qa, PASSWORD)
    database.transact(qa, sign, verified, **RECORD, company_id=gaon)
    seen = []
    for home in ("gaon", "saebyeok"):
        database.transact(SYSTEM, give_account, f"requester@{home}.example")
        actor = come_in(database, f"requester@{home}.example")
        seen.append(len(database.read(actor, list_signatures, "booking", 7)))
    assert seen == [1, 0]


@pytest.mark.parametrize("statement", ["UPDATE signature SET meaning = 'X'", "DELETE FROM signature"])
def test_the_application_cannot_alter_a_signature(database, qa, gaon, statement):
    verified = verify(database, qa, PASSWORD)
    database.transact(qa, sign, verified, **RECORD, company_id=gaon)
    with pytest.raises(ProgrammingError, match="permission denied"):
        database.transact(qa, lambda uow: uow.session.execute(text(statement)))
