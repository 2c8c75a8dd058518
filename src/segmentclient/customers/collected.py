"""Collected customers that are shown: what no customer can be is refused before it is drawn or written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from segmentclient.errors import raise_all
from segmentclient.schema import COLUMNS

__all__ = ["LARGEST", "sound"]

LARGEST = 1e15  # beyond, sums lose their cents and figures their meaning
ROUNDING = 1e-9  # of shares
_SCORES = ("r_score", "f_score", "m_score")
_COUNTS = ("n_orders", "frequency")
_SHARES = ("p_alive", "clumpiness")


def sound(data: Any, *, name: str = "customers") -> Any:
    """Check the known columns of a collected table, and take dates by the wall clock of their zone.

    Parameters
    ----------
    data : pandas DataFrame.
    name : what to call the table in the message.

    Raises
    ------
    ColumnError
        Lists every column with infinite or absurd numbers, scores outside 1 to 9, shares outside 0 to 1, or days outside the years 1900
        to 2199.
    """
    known = [column for column in data.columns if column in COLUMNS]
    zoned = {
        column: data[column].dt.tz_localize(None) for column in known if _zone(data[column].dtype) is not None
    }
    data = data.assign(**zoned) if zoned else data
    data = data.assign(
        **{column: data[column].astype("float64") for column in known if _holds_decimals(data[column])}
    )
    raise_all((problem for column in known for problem in _problems(data[column], column)), table=name)
    return data


def _zone(dtype: Any) -> Any:
    """The time zone of pandas' own times, or of Arrow's."""
    return getattr(dtype, "tz", None) or getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)


def _holds_decimals(values: Any) -> bool:
    """Decimals do not multiply with floats; the figures shown are rounded anyway."""
    import pandas as pd

    is_number = COLUMNS[str(values.name)].kind == "number"
    return is_number and (
        "decimal" in str(values.dtype)
        or (values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "decimal")
    )


def _problems(values: Any, column: str) -> Iterable[str]:
    import pandas as pd

    if COLUMNS[column].kind == "number":
        yield from _number_problems(pd.to_numeric(values, errors="coerce"), column)
    elif COLUMNS[column].kind == "date" and values.dtype.kind == "M":
        outside = values.notna() & ~values.dt.year.between(1900, 2199)
        if outside.any():
            yield f"column {column!r} has {int(outside.sum()):,} days outside the years 1900 to 2199"


def _number_problems(values: Any, column: str) -> Iterable[str]:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    known = numbers[~np.isnan(numbers)]
    if column in _SHARES:
        if wrong := int(((known < -ROUNDING) | (known > 1 + ROUNDING)).sum()):
            yield f"column {column!r} has {wrong:,} values that are no share; expected numbers from 0 to 1"
    elif large := int((np.abs(known) > LARGEST).sum()):
        yield f"column {column!r} has {large:,} infinite or absurdly large values (beyond {LARGEST:g})"
    elif column in _SCORES and (wrong := int(((known < 1) | (known > 9) | (known % 1 != 0)).sum())):
        yield f"column {column!r} has {wrong:,} values that are no score; expected whole numbers from 1 to 9"
    elif column in _COUNTS and (wrong := int(((known < 0) | ((known > 0) & (known < 1))).sum())):
        yield f"column {column!r} has {wrong:,} values that are no count; expected whole numbers from 0"
