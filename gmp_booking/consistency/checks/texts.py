"""Signed text: its bytes have the hash that was signed."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

_ALTERED: Final = """
SELECT b.reference, 'version ' || v.version || ': ' || fault AS detail
FROM booking_version AS v
JOIN booking AS b ON b.id = v.booking_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN encode(sha256(v.canonical), 'hex') <> v.content_hash
                THEN 'the text does not have the stored hash'
                WHEN convert_from(v.canonical, 'UTF8')::jsonb <> v.content
                THEN 'the content is not the signed text' END AS fault
) AS found
WHERE fault IS NOT NULL
"""

_WITHOUT_BYTES: Final = "SELECT count(*) FROM booking_version WHERE canonical IS NULL"

_OTHER_HASH: Final = """
SELECT s.record_reference AS reference, s.meaning || ', version ' || s.record_version || ': '
       || CASE WHEN v.id IS NULL THEN 'there is no such version' ELSE 'signed for another content' END AS detail
FROM signature AS s
LEFT JOIN booking_version AS v ON v.booking_id = s.record_id AND v.version = s.record_version
WHERE s.record_type = 'booking' AND (v.id IS NULL OR v.content_hash <> s.content_hash)
"""

CHECKS: Final = (
    Check(
        "signed-text-altered",
        N_("The text of every version has the hash that was stored with it."),
        _ALTERED,
        unchecked_sql=_WITHOUT_BYTES,
    ),
    Check(
        "signature-of-other-text",
        N_("Every signature of a booking has the hash of the version that was signed."),
        _OTHER_HASH,
    ),
)
