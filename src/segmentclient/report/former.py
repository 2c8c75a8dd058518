"""How the former period is spoken of: by its day where both tables begin on one day, else as a period of its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from segmentclient.report.content import Content
from segmentclient.report.words import Words

__all__ = ["against", "former_state", "then"]


def former_state(content: Content) -> dt.date | None:
    """Give the day of a former state of the same orders; None for a period of its own, or when no day is known."""
    before: Any = content.previous_totals or {}
    now = content.totals
    known = before.get("as_of") and before.get("first_day") and now["as_of"]
    same_start = known and before["first_day"] == now["first_day"]
    return before["as_of"] if same_start and before["as_of"] < now["as_of"] else None


def against(content: Content, say: Words) -> str:
    """Say what a change is measured from."""
    day = former_state(content)
    return (
        say.text("against the previous period") if day is None else say.text("since {day}", day=say.date(day))
    )


def then(content: Content, say: Words) -> str:
    """Say when the former numbers held."""
    day = former_state(content)
    return say.text("in the previous period") if day is None else say.text("on {day}", day=say.date(day))
