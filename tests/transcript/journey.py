"""The journey: its scenes in their order."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from tests.transcript.facility import Cast, begin
from tests.transcript.people import World
from tests.transcript.scenes import (
    account,
    administration,
    calendars,
    changing,
    deciding,
    forms,
    inbox,
    outages,
    reading,
    sessions,
    time_passing,
)

SCENES: tuple[Callable[[Cast], None], ...] = (
    begin,
    administration.correct_records,
    administration.set_up_facility,
    forms.fill_a_form,
    forms.keep_drafts,
    forms.repeat_a_session,
    forms.book_every_kind,
    deciding.decide_by_page,
    deciding.decide_by_api,
    deciding.meet_refusals,
    inbox.decide_several,
    inbox.enter_for_a_company,
    changing.change_by_page,
    changing.change_by_api,
    outages.place_by_page,
    outages.place_by_api,
    calendars.subscribe,
    reading.look_around,
    reading.meet_errors,
    account.look_after_the_account,
    time_passing.let_requests_expire,
    sessions.work_through_a_day,
    sessions.meet_trouble,
    time_passing.look_back,
)


def travel(world: World) -> bool:
    """Whether every scene came to its end; where one breaks off, the record says why and the next one begins."""
    cast = Cast(world)
    is_complete = True
    for scene in SCENES:
        name = f"{scene.__module__.rpartition('.')[2]} {scene.__name__}"
        world.record.write(f"scene {name}", [(scene.__doc__ or "").strip()])
        try:
            scene(cast)
        except Exception:
            is_complete = False
            traceback_text = traceback.format_exc()
            world.record.write(f"scene {name} broke off", traceback_text.splitlines()[-1:])
            print(f"{name} broke off:\n{traceback_text}", file=sys.stderr)
    return is_complete
