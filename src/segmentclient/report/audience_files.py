"""Audience files on disk: safe names, one file a segment, cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segmentclient import frames
from segmentclient.cells.formulas import guarded
from segmentclient.errors import SegmentClientError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plain", "safe_cell", "write_files"]


def write_files(
    draft: Path, audience: pd.DataFrame, control: Any, by: str, format: str
) -> list[dict[str, Any]]:
    """Write one file a segment, and one for the control group."""
    control = control.reindex(audience.index)
    treated = audience[~control]
    names = _file_names(sorted(set(audience[by])), format)
    files = [_write_one(draft / names[key], treated[treated[by] == key], segment=key) for key in names]
    if control.any():
        files.append(_write_one(draft / f"control.{format}", audience[control], segment=None))
    return files


def _file_names(keys: Sequence[str], format: str) -> dict[str, str]:
    """Make a safe, distinct file name of each segment."""
    names: dict[str, str] = {}
    for key in keys:
        stem = _stem(key)
        taken = {name.rsplit(".", 1)[0] for name in names.values()}
        distinct = next(
            name for name in (stem, *(f"{stem}_{n}" for n in range(2, 10_000))) if name not in taken
        )
        names[key] = f"{distinct}.{format}"
    return names


def _stem(key: str) -> str:
    """Keep letters and figures of any script, without accents; no system reserves the name."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKD", key) if not unicodedata.combining(sign))
    stem = re.sub(r"[\W_]+", "_", unicodedata.normalize("NFC", letters).lower()).strip("_")[:60] or "segment"
    return f"{stem}_segment" if re.fullmatch(_RESERVED, stem) else stem


_RESERVED = r"control|manifest|con|nul|aux|prn|(com|lpt)\d"


def _write_one(path: Path, rows: pd.DataFrame, *, segment: str | None) -> dict[str, Any]:
    if path.suffix == ".csv":
        _write_csv(path, rows)
    else:
        _write_parquet(path, rows)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "segment": segment, "rows": len(rows), "sha256": digest}


def _write_csv(path: Path, rows: pd.DataFrame) -> None:
    """Write cells that a spreadsheet will not run."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([safe_cell(column) for column in rows])
        writer.writerows([safe_cell(value) for value in row] for row in frames.plain_rows(rows))


def safe_cell(value: Any) -> Any:
    """Guard text that a spreadsheet would take for a formula; dates become ISO days."""
    if value is None or (not hasattr(value, "__len__") and value != value):
        return ""
    if isinstance(value, str):
        return guarded(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return plain(value) if isinstance(value, float) and value.is_integer() else value


def _write_parquet(path: Path, rows: pd.DataFrame) -> None:
    try:
        rows.to_parquet(path, index=False)
    except ImportError:
        raise SegmentClientError(
            'format="parquet" needs pyarrow: pip install pyarrow, or write format="csv"',
            section="missing-packages",
        ) from None


def plain(value: Any) -> str:
    """Write an id or a segment as text; whole numbers lose the decimals that an engine may have given them."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
