"""Invitations and new passwords by mail: the link works, and one that was replaced is not sent any more."""

from __future__ import annotations

import re

from sqlalchemy import text
from sqlalchemy.orm import Session

from gmp_booking.accounts.links import find_link, invite
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.people.service import create_person, find_person_by_email
from tests.notifications.conftest import MailHarness

NEW = "bom@gaon.example"


def welcome(uow: Uow, pepper: bytes) -> None:
    invite(uow, create_person(uow, name="새봄", email=NEW, language="en"), pepper=pepper)


def invite_again(uow: Uow, pepper: bytes) -> None:
    found = find_person_by_email(uow, NEW)
    assert found is not None
    invite(uow, found, pepper=pepper)


def link_in(post: MailHarness) -> str:
    (mail,) = post.mails_to(NEW)
    return re.search(r"https://booking\.brc\.example/welcome/(\S+)", mail.get_body(("plain",)).get_content())[1]


def test_the_link_of_an_invitation_works_and_the_database_does_not_hold_it(post: MailHarness, rows: Session) -> None:
    post.database.transact(SYSTEM, welcome, post.config.auth_pepper)
    post.work()
    secret = link_in(post)
    found = post.database.read(SYSTEM, find_link, secret)
    assert (found.purpose, found.email) == ("INVITATION", NEW)
    for table in ("outbox_message", "one_time_link", "auth_event", "journal"):
        written = rows.execute(text(f"SELECT string_agg(t::text, ' ') FROM {table} AS t")).scalar()
        assert secret.partition("-")[2] not in (written or "")


def test_a_link_replaced_before_it_was_sent_is_not_sent(post: MailHarness) -> None:
    post.database.transact(SYSTEM, welcome, post.config.auth_pepper)
    post.database.transact(SYSTEM, invite_again, post.config.auth_pepper)
    post.work()
    assert post.database.read(SYSTEM, find_link, link_in(post)) is not None


def test_who_left_is_not_invited_any_more(post: MailHarness, rows: Session) -> None:
    post.database.transact(SYSTEM, welcome, post.config.auth_pepper)
    rows.execute(text("UPDATE person SET active = false WHERE email = :email"), {"email": NEW})
    rows.commit()
    post.work()
    assert post.mails_to(NEW) == []
