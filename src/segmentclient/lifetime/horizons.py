"""How far ahead: a horizon in calendar words becomes a length in days, and a yearly rate a daily one."""

from __future__ import annotations

import datetime as dt
import math
import numbers
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentclient.customers import UNIT_DAYS
from segmentclient.errors import ModelError
from segmentclient.options import shown

__all__ = ["DAYS_A_YEAR", "LONGEST", "Horizon", "continuous_rate", "days_a_unit", "parse_horizon"]

DAYS_A_YEAR = 365.2425
LONGEST = 1000 * DAYS_A_YEAR + 1  # of which some have a leap day more
_ACCEPTED = '"12M", "52W", "365D", "2Y", a date, or "infinite"'
_LENGTH = re.compile(r"(\d{1,9})\s*([DWMY])", re.IGNORECASE)


@dataclass(frozen=True)
class Horizon:
    """A span after `as_of`: `days` long (`inf` when it never ends), called `text` by the caller."""

    days: float
    text: str

    @property
    def is_infinite(self) -> bool:
        """Tell whether the horizon never ends."""
        return math.isinf(self.days)


def parse_horizon(horizon: Any, as_of: dt.date | None) -> Horizon:
    """Read a horizon; months and years follow the calendar when `as_of` is known, else their mean length.

    Examples
    --------
    >>> import datetime as dt
    >>> parse_horizon("12M", dt.date(2024, 1, 31)).days
    366.0
    >>> parse_horizon("12M", None).days
    365.2425
    """
    if isinstance(horizon, str) and horizon.lower() == "infinite":
        return Horizon(math.inf, horizon)
    length = _LENGTH.fullmatch(horizon.strip()) if isinstance(horizon, str) else None
    if length:
        days = _length_in_days(int(length[1]), length[2].upper(), as_of)
    else:
        days = _days_until(_as_date(horizon), as_of)
    if days > LONGEST:
        raise ModelError(
            f"horizon={horizon!r} is longer than a thousand years; use 'infinite' with an annual_discount_rate"
        )
    if days <= 0:
        raise ModelError(f"horizon={horizon!r} is not after as_of={as_of}; accepted: {_ACCEPTED}")
    return Horizon(days, str(horizon))


def _length_in_days(count: int, unit: str, as_of: dt.date | None) -> float:
    if as_of is None or unit in "DW":
        return count * UNIT_DAYS[unit]
    return float((_months_later(as_of, count * (12 if unit == "Y" else 1)) - as_of).days)


def _months_later(day: dt.date, months: int) -> dt.date:
    """Give the same day some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > dt.MAXYEAR - 1:
        raise ModelError(
            f"a horizon of {months} months after {day} ends after the last calendar year; use 'infinite'"
        )
    after = dt.date(year + month // 11, (month + 1) % 12 + 1, 1)
    last = (after - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def _as_date(horizon: Any) -> dt.date:
    if isinstance(horizon, dt.datetime) and horizon == horizon:
        return horizon.date()
    if isinstance(horizon, dt.date) and horizon == horizon:
        return horizon
    try:
        return dt.date.fromisoformat(str(horizon)[:10] if isinstance(horizon, np.datetime64) else horizon)
    except (TypeError, ValueError):
        raise ModelError(f"horizon={shown(horizon)} cannot be read; accepted: {_ACCEPTED}") from None


def _days_until(end: dt.date, as_of: dt.date | None) -> float:
    if as_of is None:
        raise ModelError(f"horizon={end} is a date: give as_of=, the last day the customers table has seen")
    return float((end - as_of).days)


def days_a_unit(time_unit: str) -> float:
    """Give the length in days of the unit of `recency` and `T` ("W", or a period such as "30D")."""
    period = re.fullmatch(r"([1-9]\d{0,8})([DWMY])", str(time_unit))
    count, unit = (int(period[1]), period[2]) if period else (1, str(time_unit))
    if unit not in UNIT_DAYS:
        accepted = ", ".join(map(repr, [*UNIT_DAYS, "30D"]))
        raise ModelError(f"time_unit={time_unit!r} is not known; accepted: {accepted}")
    return count * UNIT_DAYS[unit]


def continuous_rate(annual_discount_rate: float, horizon: Horizon) -> float:
    """Turn a yearly rate into δ a day, ln(1 + rate) / 365.2425; an endless horizon needs a rate above 0."""
    if not (isinstance(annual_discount_rate, numbers.Real) and 0 <= annual_discount_rate < math.inf):
        raise ModelError(
            f"annual_discount_rate={annual_discount_rate!r}: expected a number ≥ 0, such as 0.10"
        )
    if horizon.is_infinite and annual_discount_rate == 0:
        raise ModelError(
            'horizon="infinite" needs annual_discount_rate above 0, such as 0.10: undiscounted, the value may not be finite'
        )
    return math.log1p(annual_discount_rate) / DAYS_A_YEAR
