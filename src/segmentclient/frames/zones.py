"""Time zones of pandas columns whose names Narwhals cannot read: those with a `_`, a digit or a sign.

Such a column would be of an unknown type. It goes in under a zone of the same clock with a name of letters only, and
comes out under its own.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from typing import Any

__all__ = ["with_own_zones", "with_plain_zones"]

_READABLE = re.compile(r"[a-zA-Z/]+(?:[+-][0-9]{2}:[0-9]{2})?")


class _PlainlyNamed(zoneinfo.ZoneInfo):
    """The zone itself, with America/New_York written as America/NewLOWLINEYork."""

    def __str__(self) -> str:
        return re.sub(r"[^a-zA-Z/]", lambda sign: re.sub("[ -]", "", unicodedata.name(sign[0])), self.key)


def with_plain_zones(table: Any) -> Any:
    """Give the columns of a pandas table that have such a zone the same zone under a plain name; no time changes."""
    changed = {
        column: table[column].dt.tz_convert(_PlainlyNamed(name))
        for column, zone in _zoned(table)
        if not _READABLE.fullmatch(str(zone)) and (name := _name(zone))
    }
    return table.assign(**changed) if changed else table


def with_own_zones(table: Any) -> Any:
    """Give the columns of a pandas table back under the names of their zones."""
    changed = {
        column: table[column].dt.tz_convert(zone.key)
        for column, zone in _zoned(table)
        if isinstance(zone, _PlainlyNamed)
    }
    return table.assign(**changed) if changed else table


def _zoned(table: Any) -> list[tuple[str, Any]]:
    import pandas as pd

    return [(name, dtype.tz) for name, dtype in table.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)]


def _name(zone: Any) -> str | None:
    """Name a zone of zoneinfo or pytz; None for any other, which keeps its own."""
    name: str | None = getattr(zone, "key", None) or getattr(zone, "zone", None)
    try:
        return zoneinfo.ZoneInfo(name).key if name else None
    except (KeyError, ValueError, OSError):
        return None
