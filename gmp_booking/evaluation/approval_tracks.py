"""Choose the approval track of a request from its content and the resources it names."""

from __future__ import annotations

from typing import Final

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle.tracks import Track, TrackFacts, track_of
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.kernel.vocabulary import DonorStatus, Modality, RoomClass

GENE_MODIFIED: Final = frozenset({Modality.CART})
MAYBE_INFECTIOUS: Final = frozenset({DonorStatus.POS, DonorStatus.UNKNOWN})


def track_for(content: BookingContent, resolved: ResolvedContent, *, needs_no_decision: bool = False) -> Track:
    """The approval track of a request.

    Shape: `needs_no_decision` is true for a clear request that the policy confirms automatically.
    """
    product = resolved.rows.product
    codes = content.resource_codes
    equipment = [resolved.equipment[code] for code in codes if code in resolved.equipment]
    rooms = [resolved.rooms[code] for code in codes | resolved.home_rooms(codes) if code in resolved.rooms]
    facts = TrackFacts(
        length=content.envelope.duration,
        is_gene_modified=product is not None and product.modality in GENE_MODIFIED,
        is_maybe_infectious=content.donor_status in MAYBE_INFECTIOUS,
        has_live_material=content.live_material,
        has_gmp_equipment=any(each.gmp for each in equipment),
        in_gmp_rooms=any(each.room_class == RoomClass.GMP for each in rooms),
        needs_no_decision=needs_no_decision,
    )
    return track_of(content.kind, content.run_type, facts)
