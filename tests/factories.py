"""Rows by meaning, for tests that need things to be there; times and names are always given or fixed."""

from __future__ import annotations

import factory
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.orm import Session

from gmp_booking.companies.models import Company
from gmp_booking.people.models import Person


def use(session: Session) -> None:
    """Write through this session from here on."""
    for each in (CompanyFactory, PersonFactory):
        each._meta.sqlalchemy_session = session


class CompanyFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Company
        sqlalchemy_session_persistence = "commit"

    code = factory.Sequence(lambda number: f"C{number:02d}")
    name_ko = factory.LazyAttribute(lambda company: f"{company.code} 바이오")
    name_en = factory.LazyAttribute(lambda company: f"{company.code} Bio")
    name_zh = factory.LazyAttribute(lambda company: f"{company.code}生物")
    country = "KR"
    registration_no = factory.Sequence(lambda number: f"000-81-{number:05d}")


class PersonFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Person
        sqlalchemy_session_persistence = "commit"

    name = factory.Sequence(lambda number: f"Person {number}")
    email = factory.Sequence(lambda number: f"person{number}@example.test")
    language = "en"
