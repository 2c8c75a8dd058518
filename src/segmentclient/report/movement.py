"""Who moved between two periods, said in sentences and in two small tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segmentclient import frames
from segmentclient.report.content import UNNAMED, Content
from segmentclient.report.former import former_state
from segmentclient.report.words import Cell, Table, Words
from segmentclient.segments import compare_periods
from segmentclient.shown import may_be_told

if TYPE_CHECKING:
    from segmentclient.segments import Migration

__all__ = ["Movement", "movement"]

ABSENT, MISSING = "(absent)", "(missing)"
MOST_FLOWS = 8


@dataclass(frozen=True)
class Movement:
    """What the page says about movements; nothing but a note without a former period."""

    migration: Migration | None = None
    lead: str = ""
    moves: Table | None = None
    flows: Table | None = None
    note: str = ""


def movement(content: Content, say: Words, previous: Any, customers: Any, by: str) -> Movement:
    """Compare two periods, customer by customer."""
    if previous is None:
        return Movement(
            note=say.text("Without a previous period, movement is read from the time since the last order.")
        )
    if not all("customer_id" in frames.read(table).collect_schema() for table in (previous, customers)):
        return Movement(
            note=say.text("Movements cannot be followed: the tables hold no customer_id to match people by.")
        )
    found = compare_periods(previous, customers, by=by)
    change = _change_name(content, say)
    return Movement(
        found,
        _lead(found, say),
        _moves(found, say, change),
        _flows(content, found, say, change),
        _note(found, say),
    )


def _change_name(content: Content, say: Words) -> str:
    """Name the change in revenue: since a former state of the same orders it can only be added to."""
    day = former_state(content)
    if day is None:
        return say.text("Change in revenue")
    return say.text("Revenue added since {day}", day=say.date(day))


def _lead(found: Migration, say: Words) -> str:
    inside = found.matrix.drop(index=ABSENT, columns=ABSENT)
    known = int(inside.to_numpy().sum())
    moved = known - sum(int(inside.loc[name, name]) for name in inside.index)
    if not known:
        return say.text("No customer is known in both periods.")
    return say.plural(
        "{n} customer known in both periods changed segment: {share}.",
        "{n} customers known in both periods changed segment: {share}.",
        moved,
        share=say.percent(moved / known, 0),
    )


def _moves(found: Migration, say: Words, change: str) -> Table:
    headers = [
        say.text("Movement"),
        say.text("Customers"),
        say.text("Share of customers"),
        change,
    ]
    names = _move_names(say)
    moves = found.moves[found.moves["n_customers"] > 0]
    changes = moves["change"].where(may_be_told(moves["n_customers"]))
    rows = [
        [
            Cell(names[row.move]),
            Cell(say.number(row.n_customers), row.n_customers),
            Cell(say.percent(row.share), row.share, share=row.share),
            Cell(say.signed_money(change)),
        ]
        for row, change in zip(moves.itertuples(), changes, strict=True)
    ]
    counted = found.moves[["n_customers", "change"]].sum()
    foot = [
        Cell(say.text("Everybody, of either period")),
        Cell(say.number(counted["n_customers"])),
        Cell(say.percent(1.0)),
        Cell(say.signed_money(counted["change"])),
    ]
    return Table(headers, rows, foot=foot)


def _move_names(say: Words) -> dict[str, str]:
    return {
        "upgraded": say.text("Moved to a better segment"),
        "downgraded": say.text("Moved to a lesser segment"),
        "new": say.text("New customers"),
        "lost": say.text("Became inactive or absent"),
        "reactivated": say.text("Active again"),
        "stayed": say.text("Same segment, same activity"),
    }


def _flows(content: Content, found: Migration, say: Words, change: str) -> Table | None:
    flows = found.value_flow
    moved = flows[
        (flows["before"] != flows["after"]) & ~flows[["before", "after"]].isin([ABSENT]).any(axis=1)
    ]
    if not len(moved):
        return None
    headers = [say.text("Before"), say.text("Now"), say.text("Customers"), change]
    return Table(
        headers,
        [_flow(content, row, say) for row in moved.head(MOST_FLOWS).itertuples()],
        text_columns=(0, 1),
    )


def _flow(content: Content, row: Any, say: Words) -> list[Cell]:
    """Write a movement and what it changed; nothing of so few customers that it would be theirs."""
    change = None if content.withholds(row.n_customers) else row.change
    return [
        Cell(_name(row.before, say)),
        Cell(_name(row.after, say)),
        Cell(say.number(row.n_customers), row.n_customers),
        Cell(say.signed_money(change)),
    ]


def _name(key: str, say: Words) -> str:
    return say.label(UNNAMED if key == MISSING else key)


def _note(found: Migration, say: Words) -> str:
    return " ".join([*_kept(found, say), *_ranking(found, say), *_drift(found, say)])


def _kept(found: Migration, say: Words) -> Iterable[str]:
    """Say why fewer customers stayed than kept their segment."""
    movers = found.movers
    kept = int((movers["before"] == movers["after"]).sum())
    if kept:
        yield say.plural(
            "The first table counts everybody once, activity first: {n} customer who became inactive or active again is still in the same segment.",
            "The first table counts everybody once, activity first: {n} customers who became inactive or active again are still in the same segment.",
            kept,
        )


def _ranking(found: Migration, say: Words) -> Iterable[str]:
    """Say which segments count as better."""
    names = [_name(name, say) for name in found.order if name != MISSING]
    if (
        len(names) > 1
        and (found.moves["move"].isin(["upgraded", "downgraded"]) & found.moves["n_customers"].gt(0)).any()
    ):
        yield say.text("From best to least: {segments}.", segments=say.listed(names))


def _drift(found: Migration, say: Words) -> Iterable[str]:
    if found.psi != found.psi:
        return
    verdicts = (
        (0.25, say.text("The shares of the segments have changed strongly")),
        (0.1, say.text("The shares of the segments have changed")),
        (-1.0, say.text("The shares of the segments are stable")),
    )
    verdict = next(text for limit, text in verdicts if found.psi > limit)
    yield say.text(
        "{verdict} (population stability index {psi}).", verdict=verdict, psi=say.number(found.psi, 2)
    )
