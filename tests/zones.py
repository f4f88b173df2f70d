"""The time zones that tests speak of."""

from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
"""The zone of the facility of the tests."""
BERLIN = ZoneInfo("Europe/Berlin")
