"""Static covariates: what is known of a customer from the start, and moves how often she buys and how soon she leaves.

Numbers and booleans enter as they are; a text column becomes one 0/1 column a level, but for the first level in
alphabetical order, with which the others are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import raise_all
from segmentclient.lifetime.soundness import Array, bad_values, numbers

__all__ = ["Covariates", "learn_covariates"]

_MOST_LEVELS = 50


@dataclass(frozen=True)
class Covariates:
    """The columns of a design: `levels` is empty for a number, else the levels of a text, the reference first."""

    levels: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> list[str]:
        """Columns of the customers table."""
        return list(self.levels)

    @property
    def labels(self) -> list[str]:
        """Columns of the design: `age`, or `band=26-40` for a level of a text."""
        return [
            label
            for name, levels in self.levels.items()
            for label in ([f"{name}={v}" for v in levels[1:]] or [name])
        ]

    def encode(self, table: Mapping[str, Any], counts: Array | None = None) -> Array:
        """Turn the columns of a table into the design, rows × labels; `counts` customers stand behind each row."""
        raise_all(self._problems(table, counts), table="customers")
        columns = [column for name, levels in self.levels.items() for column in _encoded(table[name], levels)]
        size = len(next(iter(table.values())))
        return np.column_stack(columns) if columns else np.empty((size, 0))

    def _problems(self, table: Mapping[str, Any], counts: Array | None) -> Iterator[str]:
        for name, levels in self.levels.items():
            if levels:
                yield from _unknown_levels(name, _texts(table[name]), levels)
            elif _no_numbers(table[name]):
                yield f"covariate {name!r} holds no numbers, and the fit had numbers there (cast the column first)"
            else:
                values = numbers(table[name])
                bad = ~np.isfinite(values)
                yield from bad_values(name, values, bad, "finite numbers, none missing", counts)


def learn_covariates(table: Mapping[str, Any], names: Sequence[str], counts: Array) -> Covariates:
    """Find the levels of the text columns; refuse what cannot explain anything."""
    found = {name: None if _is_number(table[name]) else _texts(table[name]) for name in names}
    raise_all(
        [
            problem
            for name, texts in found.items()
            for problem in (
                _constant(name, table[name]) if texts is None else _unlearnable(name, texts, counts)
            )
        ],
        table="customers",
    )
    return Covariates({name: _levels(texts or ()) for name, texts in found.items()})


def _constant(name: str, values: Any) -> Iterator[str]:
    found = numbers(values)
    if found.size and np.ptp(found) == 0:
        yield f"covariate {name!r} has the same value everywhere"


def _unlearnable(name: str, texts: Sequence[str | None], counts: Array) -> Iterator[str]:
    if missing := counts[[text is None for text in texts]].sum():
        yield f"column {name!r}: {missing:,.0f} rows miss a covariate; give them a level of their own"
    number = len(_levels(texts))
    if number == 1 or number > _MOST_LEVELS:
        yield f"covariate {name!r} has {number} levels; accepted: 2 to {_MOST_LEVELS} (group them first)"


def _levels(texts: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if text is not None}))


def _is_number(values: Any) -> bool:
    dtype: Any = values.dtype
    if hasattr(dtype, "is_numeric"):
        return bool(dtype.is_numeric()) or str(dtype) == "Boolean"
    return dtype.kind in "fiub"


def _texts(values: Any) -> list[str | None]:
    return [None if cell is None else frames.label_text(cell) for cell in _cells(values)]


def _cells(values: Any) -> list[Any]:
    """The cells as Python has them; missing of any flavour becomes None."""
    import pandas as pd

    plain = values.to_list() if hasattr(values, "to_list") else list(values)
    return [None if gap else cell for cell, gap in zip(plain, pd.isna(plain), strict=True)]


def _no_numbers(values: Any) -> bool:
    """Tell whether there are texts or dates among the cells."""
    return not _is_number(values) and any(
        not (cell is None or isinstance(cell, Number | np.bool_)) for cell in _cells(values)
    )


def _unknown_levels(name: str, texts: Sequence[str | None], levels: Sequence[str]) -> Iterator[str]:
    odd = sorted({str(text) for text in texts} - set(levels))
    if odd:
        yield f"column {name!r} has levels the fit did not see: {', '.join(odd[:5])}; seen: {', '.join(levels)}"


def _encoded(values: Any, levels: tuple[str, ...]) -> list[Array]:
    if not levels:
        return [numbers(values)]
    texts = np.array(_texts(values), dtype=object)
    return [(texts == level).astype(float) for level in levels[1:]]
