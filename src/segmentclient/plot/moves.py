"""Customers by group before and after, and what is said of their moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from segmentclient.errors import ColumnError
from segmentclient.locale import Language
from segmentclient.plot import palette
from segmentclient.segments.migration import ABSENT, MISSING

__all__ = ["Moves", "moves_of", "say_moves"]


@dataclass(frozen=True)
class Moves:
    """Customers by group before (rows) and after (columns); `stages` when groups are those of the life cycle."""

    counts: pd.DataFrame
    stages: bool = False

    @property
    def total(self) -> float:
        """Customers in either period."""
        return float(self.counts.to_numpy().sum())

    @property
    def present(self) -> pd.DataFrame:
        """The part of the counts that concerns customers of both periods."""
        return self.counts.drop(index=ABSENT, columns=ABSENT, errors="ignore")

    @property
    def stayed(self) -> float:
        """Share of the customers of both periods that are in the same group."""
        both = self.present.to_numpy().sum()
        same = sum(self.present.at[key, key] for key in self.present.index if key in self.present.columns)
        return float(same / both) if both else float("nan")

    def labels(self, side: str, words: Language) -> list[str]:
        """Names of the rows ("before") or of the columns ("after")."""
        keys = self.counts.index if side == "before" else self.counts.columns
        return [_label(key, side, words, stages=self.stages) for key in keys]

    def largest(self) -> tuple[Any, Any, float] | None:
        """The most frequent move from one group to another."""
        held = self.present.copy()
        moved = {
            (a, b): float(held.at[a, b])
            for a in held.index
            for b in held.columns
            if a != b and held.at[a, b] > 0
        }
        if not moved:
            return None
        (a, b), count = max(moved.items(), key=lambda move: (move[1], str(move[0])))
        return a, b, count


def _label(key: Any, side: str, words: Language, *, stages: bool = False) -> str:
    if key == ABSENT:
        return words.text("not there before") if side == "before" else words.text("not there any more")
    if key == MISSING:
        return words.text("no segment")
    return stage_label(key, words) if stages else palette.label(key, words.key)


def moves_of(migration: Any) -> Moves:
    """Read the matrix of a `Migration`, or a frame of counts."""
    matrix = getattr(migration, "matrix", migration)
    if not isinstance(matrix, pd.DataFrame):
        raise ColumnError(
            f"migration: expected the answer of compare_periods, found {type(migration).__name__}"
        )
    if not all(pd.api.types.is_numeric_dtype(dtype) for dtype in matrix.dtypes):
        raise ColumnError(
            "migration: expected the matrix of compare_periods, counts by segment before and after"
        )
    counts = matrix.astype(float)
    kept_rows, kept_columns = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    return Moves(counts.loc[kept_rows, kept_columns])


def say_moves(moves: Moves, words: Language) -> str:
    """Say how many stayed, and name the largest move."""
    if not moves.total:
        return words.text("No customers to show")
    stayed, largest = moves.stayed, moves.largest()
    if stayed != stayed:
        return words.text("No customer is there in both periods")
    if largest is None:
        return words.text("All customers of both periods are where they were")
    before, after, count = largest
    return words.text(
        "{share} of the customers of both periods are where they were; the largest move: {before} → {after}, {customers}",
        share=words.percent(stayed, 0),
        before=_label(before, "before", words, stages=moves.stages),
        after=_label(after, "after", words, stages=moves.stages),
        customers=words.plural("{n} customer", "{n} customers", count),
    )  # fmt: skip


def stage_label(key: Any, words: Language) -> str:
    """Name a stage; loyal customers of the life cycle are not the segment of that name."""
    return words.text("Loyal customers") if key == "loyal" else palette.label(key, words.key)
