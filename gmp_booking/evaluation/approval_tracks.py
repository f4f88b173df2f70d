"""Who decides on a request: what of its content and of what it names takes further roles in."""

from __future__ import annotations

from typing import Final

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle import Track, TrackFacts, track_of
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.kernel.vocabulary import DonorStatus, Modality, ResourceKind, RoomClass

GENE_MODIFIED: Final = frozenset({Modality.CART})
MAYBE_INFECTIOUS: Final = frozenset({DonorStatus.POS, DonorStatus.UNKNOWN})


def track_for(content: BookingContent, catalogue: ResolvedContent, *, needs_nobody: bool = False) -> Track:
    """The approval track of a request.

    Shape: `needs_nobody` where the verdict is clear and the policy lets such a request confirm itself.
    """
    product = catalogue.raw["product"] or {}
    named = [catalogue.resources[code] for code in content.resource_codes]
    homes = [catalogue.resources[each["home_room"]] for each in named if each["home_room"]]
    circumstances = TrackFacts(
        length=content.envelope.duration,
        is_gene_modified=product.get("modality") in GENE_MODIFIED,
        is_maybe_infectious=content.donor_status in MAYBE_INFECTIOUS,
        has_live_material=content.live_material,
        has_gmp_equipment=any(each["kind"] == ResourceKind.EQUIPMENT and each["gmp"] for each in named),
        in_gmp_rooms=any(each["room_class"] == RoomClass.GMP for each in (*named, *homes)),
        needs_nobody=needs_nobody,
    )
    return track_of(content.kind, content.run_type, circumstances)
