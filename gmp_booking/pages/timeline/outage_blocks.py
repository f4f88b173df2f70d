"""Outages on the timeline: staff see the outage, companies only that the resource is not available."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.labels import OUTAGE_KINDS
from gmp_booking.kernel.period import Period
from gmp_booking.outages.service import ResourceOutage, list_on_resources
from gmp_booking.pages.timeline.layout import OUTAGE, TimelineBlock
from gmp_booking.resources.service import not_available


@dataclass(frozen=True)
class UnavailableTime:
    """A period in which a resource is not available. Shape: `outage` is None for companies."""

    resource_id: int
    period: Period
    outage: ResourceOutage | None = None


def read_unavailable(uow: Uow, resource_ids: Sequence[int], window: Period) -> list[UnavailableTime]:
    """The unavailable time within a window, cut to it; merged for companies."""
    if uow.actor.company_id is not None:
        found = not_available(uow, resource_ids, window)
        return [UnavailableTime(resource_id, one) for resource_id, periods in found.items() for one in periods]
    return [
        UnavailableTime(
            one.resource_id,
            Period(max(one.starts_at, window.start), min(one.ends_at or window.end, window.end)),
            one,
        )
        for one in list_on_resources(uow, resource_ids, window)
    ]


def unavailable_blocks(withdrawn: Sequence[UnavailableTime], codes: Mapping[int, str]) -> Iterator[TimelineBlock]:
    """Outages as blocks of the timeline, in the reader's language."""
    for one in withdrawn:
        yield TimelineBlock(
            lane=codes[one.resource_id],
            period=one.period,
            label=outage_label(one.outage),
            state=OUTAGE,
            own=False,
            href=url_for("outages.show", outage_id=one.outage.outage_id) if one.outage else None,
            kind=OUTAGE,
        )


def outage_label(outage: ResourceOutage | None) -> str:
    if outage is None:
        return _("Not available")
    kind = _(OUTAGE_KINDS[outage.kind])
    return f"{kind} · {outage.hold_no}" if outage.hold_no else kind
