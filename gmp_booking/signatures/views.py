"""A signature as its readers see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SignatureView:
    """Who signed which version of a record, when, and with which meaning.

    Shape: `time_zone` is the zone its time is shown in; `content_hash` is the hash of what was signed.
    """

    record_type: str
    record_id: int
    record_reference: str
    record_version: int
    content_hash: str
    meaning: str
    printed_name: str
    signer_id: int
    signed_at: datetime
    time_zone: str
    auth_method: str
    auth_session_id: int | None
