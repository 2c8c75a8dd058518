"""Units of time: what `recency` and `T` are counted in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segmentclient.errors import SegmentClientError

__all__ = ["UNIT_DAYS", "Units"]

UNIT_DAYS = {"D": 1.0, "W": 7.0, "M": 365.2425 / 12, "Y": 365.2425}


@dataclass(frozen=True)
class Units:
    """How days become time units: `divide` by so many days, after merging purchases a `period_days`."""

    divide: float
    period_days: int

    @classmethod
    def of(cls, time_unit: str, period: str) -> Units:
        """Read the two options of `summarize_customers`."""
        if time_unit not in UNIT_DAYS:
            raise SegmentClientError(f"time_unit={time_unit!r}; accepted: {', '.join(map(repr, UNIT_DAYS))}")
        days = _period_days(period)
        if days > 1 and time_unit != "D":
            raise SegmentClientError(
                f"period={period!r} makes whole periods the unit: leave time_unit out (found {time_unit!r})"
            )
        return cls(UNIT_DAYS[time_unit], days)


def _period_days(period: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,8})?D|W", str(period))
    if not match:
        raise SegmentClientError(f"period={period!r}; accepted: 'D', 'W', or a number of days such as '30D'")
    return 7 if period == "W" else int(match[1] or 1)
