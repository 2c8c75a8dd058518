"""What the caller asked for, handed from room to room while the cards are made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from segmentclient.locale import Language

__all__ = ["Setting"]


@dataclass(frozen=True)
class Setting:
    """Language, currency, the limits under which nothing is said, and the day of the picture."""

    L: Language
    currency: str | None = None
    min_size: int = 10
    min_coverage: float = 0.3
    as_of: dt.date | None = None
    person: str = "typical"

    def money(self, amount: float) -> str:
        """Write an amount in whole units, and less than ten with its cents where it has some."""
        cents = abs(amount) < 10 and round(amount, 2) != round(amount)
        return self.L.money(amount, self.currency, 2 if cents else 0)
