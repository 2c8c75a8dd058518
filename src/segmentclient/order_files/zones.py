"""The clock of Parquet times that have a zone: DuckDB keeps it in the connection, the file in its schema."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any

from segmentclient.errors import ColumnError, SegmentClientError
from segmentclient.order_files.common_types import ZONED

__all__ = ["set_zone"]

OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):?00")


def set_zone(
    connection: Any, path: str, held: Mapping[str, Mapping[str, str]], timezone: str | None, own: bool
) -> None:
    """Let the zone of the columns, or the one that was asked for, decide the day, never that of the machine."""
    columns = {file: [name for name, kind in types.items() if kind in ZONED] for file, types in held.items()}
    if not any(columns.values()):
        return
    zone = timezone or _one_zone(path, columns)
    if timezone is not None or own:
        _set(connection, zone)
    elif _of(connection) != zone:
        raise ColumnError(
            f"{path}: its times count in {zone}, and the connection in {_of(connection)}; say whose clock decides the "
            "day with timezone=, which sets it on the connection"
        )


def _of(connection: Any) -> str:
    return str(connection.execute("select current_setting('TimeZone')").fetchone()[0])


def _set(connection: Any, zone: str) -> None:
    try:
        zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise SegmentClientError(
            f"timezone={zone!r} is not known; accepted: IANA names such as 'Europe/Paris'"
        ) from None
    connection.execute("set TimeZone = ?", [zone])


def _one_zone(path: str, columns: Mapping[str, list[str]]) -> str:
    """Give the zone of all the columns that have one."""
    found = dict(_zones(columns))
    if len(found) != 1 or None in found:
        told = ", ".join(f"{zone or 'an unknown zone'} ({where})" for zone, where in found.items())
        raise ColumnError(
            f"{path}: its times count in {told}; say whose clock decides the day with timezone="
        )
    return str(next(iter(found)))


def _zones(columns: Mapping[str, list[str]]) -> Iterator[tuple[str | None, str]]:
    """Give each zone with a column and file that have it."""
    try:
        import pyarrow.parquet as pq
    except ImportError:
        yield None, "without pyarrow the file does not tell"
        return
    for file, names in columns.items():
        for name in names:
            try:
                zone = getattr(pq.read_schema(file).field(name).type, "tz", None)
            except (OSError, KeyError):  # a file that only DuckDB reaches, or a name that it gave
                zone = None
            yield _iana(zone), f"{name} in {file}"


def _iana(zone: str | None) -> str | None:
    """Give a fixed offset of whole hours the name that every engine knows (its sign is the other way round)."""
    offset = OFFSET.fullmatch(zone or "")
    if offset is None:
        return None if zone is None or zone[:1] in "+-" else zone
    hours = int(offset[2])
    return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{hours}" if hours else "UTC"
