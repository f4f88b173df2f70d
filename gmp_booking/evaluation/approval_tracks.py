"""Choose the approval track of a request from its content and the resources it names."""

from __future__ import annotations

from typing import Final

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle.tracks import Track, TrackFacts, track_of
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.kernel.vocabulary import DonorStatus, Modality, ResourceKind, RoomClass

GENE_MODIFIED: Final = frozenset({Modality.CART})
MAYBE_INFECTIOUS: Final = frozenset({DonorStatus.POS, DonorStatus.UNKNOWN})


def track_for(content: BookingContent, resolved: ResolvedContent, *, needs_no_decision: bool = False) -> Track:
    """The approval track of a request.

    Shape: `needs_no_decision` is true for a clear request that the policy confirms automatically.
    """
    product = resolved.raw["product"] or {}
    named = [resolved.resources[code] for code in content.resource_codes]
    homes = [resolved.resources[each["home_room"]] for each in named if each["home_room"]]
    facts = TrackFacts(
        length=content.envelope.duration,
        is_gene_modified=product.get("modality") in GENE_MODIFIED,
        is_maybe_infectious=content.donor_status in MAYBE_INFECTIOUS,
        has_live_material=content.live_material,
        has_gmp_equipment=any(each["kind"] == ResourceKind.EQUIPMENT and each["gmp"] for each in named),
        in_gmp_rooms=any(each["room_class"] == RoomClass.GMP for each in (*named, *homes)),
        needs_no_decision=needs_no_decision,
    )
    return track_of(content.kind, content.run_type, facts)
