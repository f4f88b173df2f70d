"""One check of stored data: what must hold, and the SQL that finds where it does not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A sentence that holds for all stored rows, and the query for the rows that break it.

    Shape: `sql` selects (reference, detail), one row for each fault; `unchecked_sql` selects the number of rows that
    cannot be checked. `sentence` is a message id. Both queries run as they are, without parameters.
    """

    name: str
    sentence: str
    sql: str
    unchecked_sql: str | None = None
