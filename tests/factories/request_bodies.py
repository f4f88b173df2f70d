"""Bodies of the API, as the people of the test facility send them: a dictionary that becomes the JSON.

Instants are aware `datetime`s. Further fields go in by name: `SessionFactory(start=start, headcount=2)`. Nothing here
imports the product: the journey of `tests.transcript` is taken through other versions of it, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import factory

PRODUCTS = {
    "gaon.example": "GS-M1",
    "saebyeok.example": "SE-01",
    "hanbit.example": "HB-Derm",
    "nuriesel.example": "NR-19",
}
"""One product of each company, by the domain of its people's addresses."""

HOLD_REASON = "Particle counts above the action limit"


def _start_must_be_given(_part: Any) -> datetime:
    raise TypeError("A start must be given.")


class _BodyFactory(factory.DictFactory):
    class Meta:
        abstract = True

    @classmethod
    def _adjust_kwargs(cls, **values: Any) -> dict[str, Any]:
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


_START = factory.LazyAttribute(_start_must_be_given)
_END = factory.LazyAttribute(lambda part: part.start + timedelta(hours=part.hours))

# -- what is asked for in a booking


class SessionFactory(_BodyFactory):
    """A session of so many `hours`, or until `end`."""

    class Params:
        hours = 2

    room = "B-01"
    start = _START
    end = _END


class ReservationFactory(_BodyFactory):
    """Places of equipment that runs alone, for so many `hours` or until `end`."""

    class Params:
        hours = 2

    resource = "INC-01"
    units = 1
    start = _START
    end = _END


class EngineeringRequestFactory(_BodyFactory):
    """An engineering run for the company of `by`: scheduling decides, then quality assurance."""

    class Params:
        by = "requester@gaon.example"

    kind = "CLEANROOM"
    product = factory.LazyAttribute(lambda request: PRODUCTS[request.by.partition("@")[2]])
    run_type = "ENG"


class ClinicalRequestFactory(EngineeringRequestFactory):
    """A clinical run: scheduling decides, then production, then quality assurance."""

    run_type = "CLIN"


class EquipmentRequestFactory(_BodyFactory):
    """Equipment without a session: the same people decide as on an engineering run."""

    kind = "EQUIPMENT"


class DemonstrationRequestFactory(_BodyFactory):
    """A technology demonstration: one approval without a signature."""

    kind = "TECH_DEMO"


class CourseRequestFactory(_BodyFactory):
    """Teaching: one approval without a signature."""

    kind = "EDUCATION"


class TourRequestFactory(_BodyFactory):
    """A tour: one approval without a signature."""

    kind = "TOUR"


class ConsultRequestFactory(_BodyFactory):
    """A consult, which nobody needs to approve when nothing is in its way."""

    kind = "REVIEW"


class MediaFillRequestFactory(_BodyFactory):
    """A media fill: the same people decide as on an engineering run."""

    kind = "APS"


class QualityControlRequestFactory(_BodyFactory):
    """Quality control, which nobody needs to approve when nothing is in its way."""

    kind = "QC"


# -- outages


class MaintenanceFactory(_BodyFactory):
    """Four hours of maintenance of the room or other subject with this code."""

    class Params:
        code = "B-02"
        hours = 4

    subject = factory.LazyAttribute(lambda outage: {"kind": "ROOM", "code": outage.code})
    kind = "MAINTENANCE"
    reason = "Filters are changed"
    start = _START
    end = _END


class HoldFactory(_BodyFactory):
    """A quality hold on the room with this code, from now on."""

    class Params:
        code = "B-02"

    subject = factory.LazyAttribute(lambda outage: {"kind": "ROOM", "code": outage.code})
    kind = "HOLD"
    reason = HOLD_REASON
