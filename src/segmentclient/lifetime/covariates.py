"""Static covariates: what is known of a customer from the start, and moves how often she buys and how soon she leaves.

Numbers and booleans enter as they are; a text column becomes one 0/1 column a level, but for the first level in
alphabetical order, with which the others are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ColumnError, raise_all
from segmentclient.lifetime.histories import Array, bad_values, numbers

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

    def encode(self, table: Mapping[str, Any]) -> Array:
        """Turn the columns of a table into the design, rows × labels."""
        raise_all(self._problems(table), table="customers")
        columns = [column for name, levels in self.levels.items() for column in _encoded(table[name], levels)]
        size = len(next(iter(table.values())))
        return np.column_stack(columns) if columns else np.empty((size, 0))

    def _problems(self, table: Mapping[str, Any]) -> Iterator[str]:
        for name, levels in self.levels.items():
            if levels:
                yield from _unknown_levels(name, _texts(table[name]), levels)
            elif (values := _floats(table[name])) is None:
                yield f"covariate {name!r} holds no numbers, and the fit had numbers there (cast the column first)"
            else:
                yield from bad_values(name, values, ~np.isfinite(values), "finite numbers, none missing")


def learn_covariates(table: Mapping[str, Any], names: Sequence[str]) -> Covariates:
    """Find the levels of the text columns; refuse what cannot explain anything."""
    found = {name: _levels(table[name]) for name in names}
    raise_all(
        [
            f"covariate {name!r} has {len(levels)} levels; accepted: 2 to {_MOST_LEVELS} (group them first)"
            for name, levels in found.items()
            if levels is not None and not 2 <= len(levels) <= _MOST_LEVELS
        ]
        + [
            f"covariate {name!r} has the same value everywhere"
            for name, levels in found.items()
            if levels is None and np.ptp(numbers(table[name])) == 0
        ],
        table="customers",
    )
    return Covariates({name: levels or () for name, levels in found.items()})


def _levels(values: Any) -> tuple[str, ...] | None:
    if _is_number(values):
        return None
    texts = _texts(values)
    if None in texts:
        raise ColumnError(
            f"customers: {sum(text is None for text in texts)} rows miss a covariate; give them a level"
        )
    return tuple(sorted({text for text in texts if text is not None}))


def _is_number(values: Any) -> bool:
    dtype: Any = getattr(values, "dtype", None)
    if hasattr(dtype, "is_numeric"):
        return bool(dtype.is_numeric()) or str(dtype) == "Boolean"
    return bool(getattr(dtype, "kind", "O") in "fiub")


def _texts(values: Any) -> list[str | None]:
    plain = values.to_list() if hasattr(values, "to_list") else list(values)
    return [None if value is None or value != value else frames.label_text(value) for value in plain]


def _floats(values: Any) -> Array | None:
    try:
        return numbers(values)
    except (TypeError, ValueError):
        return None


def _unknown_levels(name: str, texts: Sequence[str | None], levels: Sequence[str]) -> Iterator[str]:
    odd = sorted({str(text) for text in texts} - set(levels))
    if odd:
        yield f"column {name!r} has levels the fit did not see: {', '.join(odd[:5])}; seen: {', '.join(levels)}"


def _encoded(values: Any, levels: tuple[str, ...]) -> list[Array]:
    if not levels:
        return [numbers(values)]
    texts = np.array(_texts(values), dtype=object)
    return [(texts == level).astype(float) for level in levels[1:]]
