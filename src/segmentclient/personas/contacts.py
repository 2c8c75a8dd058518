"""A log of contacts (e-mails, visits, complaints, survey scores) counted by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, raise_all
from segmentclient.personas.attributes import folded

__all__ = ["finish_contacts", "kinds_of", "marks_of"]

MOST_KINDS = 30


def kinds_of(log: frames.Frame) -> dict[str, str]:
    """Give the kinds of contact in a log, blank ones left out, each with the name that its columns get."""
    held = frames.collect(log.select("kind").drop_nulls().unique())["kind"].astype(str)
    found = sorted(kind for kind in held if kind.strip(frames.BLANKS))
    if len(found) > MOST_KINDS:
        raise ColumnError(
            f"interactions: {len(found)} kinds of contact found ({', '.join(found[:5])} …), at most {MOST_KINDS} are accepted; group them"
        )
    named = {kind: folded(kind) for kind in found}
    raise_all(_name_problems(named), table="interactions")
    return named


def _name_problems(named: Mapping[str, str]) -> Iterator[str]:
    """Say which kinds can give no column its name."""
    names = list(named.values())
    for kind, name in named.items():
        if not name:
            yield f"the kind of contact {kind!r} has no letter and no digit to name a column by; give it a word"
        if name == "contacts":
            yield f"the kind of contact {kind!r} would be counted as n_contacts, as all kinds together are; rename it"
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield f"several kinds of contact are spelt {name!r}; give them one spelling"


def marks_of(named: Mapping[str, str], scored: bool) -> dict[str, nw.Expr]:
    """One column a kind: 1 for a contact of that kind, its score, and 1 where the score is known."""
    marks: dict[str, nw.Expr] = {}
    for kind, name in named.items():
        mine = (nw.col("kind") == kind).fill_null(False)
        marks[f"n_{name}"] = nw.when(mine).then(nw.lit(1)).otherwise(nw.lit(0))
        if scored:
            known = mine & ~nw.col("score").is_null()
            marks[f"_{name}_sum"] = (
                nw.when(known).then(nw.col("score").cast(nw.Float64)).otherwise(nw.lit(0.0))
            )
            marks[f"_{name}_known"] = nw.when(known).then(nw.lit(1)).otherwise(nw.lit(0))
    return marks


def finish_contacts(joined: frames.Frame, named: Mapping[str, str], scored: bool) -> frames.Frame:
    """Nobody has a missing count of contacts; sums of scores become means."""
    counts = ["n_contacts", *(f"n_{name}" for name in named.values())]
    joined = joined.with_columns(*(nw.col(name).fill_null(0).cast(nw.Int64) for name in counts))
    if not scored or not named:
        return joined
    known = {name: nw.col(f"_{name}_known") for name in named.values()}
    means = {f"{name}_score": nw.when(n > 0).then(nw.col(f"_{name}_sum") / n) for name, n in known.items()}
    helpers = [f"_{name}_{part}" for name in named.values() for part in ("sum", "known")]
    joined = joined.with_columns(**means).drop(*helpers)
    empty = _never_scored(joined, named)
    return joined.drop(*empty) if empty else joined


def _never_scored(joined: frames.Frame, named: Mapping[str, str]) -> list[str]:
    """Kinds that carry no score at all need no score column."""
    names = [f"{name}_score" for name in named.values()]
    known = frames.one_row(joined, **{name: nw.col(name).count() for name in names})
    return [name for name in names if not known[name]]
