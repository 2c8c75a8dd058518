"""The type that holds the values of several DuckDB types without changing one, if there is such a type."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["DIGITS", "ZONED", "common_type"]

DIGITS = {
    "TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 39,
    "UTINYINT": 3, "USMALLINT": 5, "UINTEGER": 10, "UBIGINT": 20,
}  # fmt: skip
SMALL = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
}  # a BIGINT holds them
FLOATS = {"FLOAT", "DOUBLE"}
TIMES = ["DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"]  # each holds those before it
ZONED = {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"}
NOTHING = {'"NULL"', "NULL"}  # a column without a value
DECIMAL = re.compile(r"DECIMAL\(([0-9]+),\s*([0-9]+)\)")
MOST_DIGITS = 38


def common_type(types: Sequence[str]) -> str | None:
    """Give the narrowest common type: of whole numbers and floats the float, of days and times the time."""
    kinds = [kind for kind in dict.fromkeys(types) if kind not in NOTHING]
    if kinds and set(kinds) <= ZONED:  # Narwhals does not know the one in nanoseconds
        return "TIMESTAMP WITH TIME ZONE"
    if len(kinds) < 2:
        return kinds[0] if kinds else types[0]
    if all(kind in TIMES for kind in kinds):
        return max(kinds, key=TIMES.index)
    if all(kind == "VARCHAR" or kind.startswith("ENUM(") for kind in kinds):
        return "VARCHAR"
    if all(kind in DIGITS for kind in kinds):
        return "BIGINT" if set(kinds) <= SMALL else "HUGEINT"
    if all(kind in DIGITS or kind in FLOATS or DECIMAL.fullmatch(kind) for kind in kinds):
        return "DOUBLE" if FLOATS & set(kinds) else _decimal(kinds)
    return None


def _decimal(kinds: Sequence[str]) -> str | None:
    sizes = [_size(kind) for kind in kinds]
    places = max(places for _, places in sizes)
    digits = max(whole for whole, _ in sizes) + places
    return f"DECIMAL({digits},{places})" if digits <= MOST_DIGITS else None


def _size(kind: str) -> tuple[int, int]:
    """Give the digits before and after the point."""
    found = DECIMAL.fullmatch(kind)
    return (int(found[1]) - int(found[2]), int(found[2])) if found else (DIGITS[kind], 0)
