"""The tables of the report: segments, movements, what was set aside, thresholds and parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from segmentclient.report.content import Content
from segmentclient.report.former import against
from segmentclient.report.perimeter import reason_text
from segmentclient.report.words import Cell, Table, Words
from segmentclient.shown import may_be_told

__all__ = ["audit_table", "away_table", "cut_table", "score_table", "segment_table", "value_table"]


def segment_table(content: Content, say: Words, tints: Mapping[str, str]) -> Table:
    """One row a segment: size, shares, habits, and value and change where they are known."""
    columns = list(_columns(content, say))
    rows = [
        [Cell(say.label(key), tint=tints[key]), *(make(row, tints[key]) for _, make in columns)]
        for key, row in _with_previous(content).iterrows()
    ]
    foot = [Cell(say.text("All customers")), *(make(_all(content), "") for _, make in columns)]
    return Table([say.text("Segment"), *(header for header, _ in columns)], rows, foot=foot)


def _columns(content: Content, say: Words) -> Iterable[tuple[str, Callable[[Any, str], Cell]]]:
    yield say.text("Customers"), lambda row, _: Cell(say.number(row["customers"]), row["customers"])
    yield say.text("Share of customers"), lambda row, tint: _share(row["customer_share"], say, tint)
    yield say.text("Revenue"), lambda row, _: Cell(say.money(row["revenue"]), row["revenue"])
    yield say.text("Share of revenue"), lambda row, tint: _share(row["revenue_share"], say, tint)
    yield say.text("Revenue each"), lambda row, _: Cell(say.money(row["revenue_each"]), row["revenue_each"])
    yield (
        say.text("Average order"),
        lambda row, _: Cell(say.money(row["average_order"]), row["average_order"]),
    )
    yield (
        say.text("Orders (median)"),
        lambda row, _: Cell(say.trimmed(row["median_orders"]), row["median_orders"]),
    )
    yield (
        say.text("Days since last order (median)"),
        lambda row, _: Cell(say.number(row["median_days"]), row["median_days"]),
    )
    if content.previous is not None:
        header = say.text("Change in customers {against}", against=against(content, say))
        yield header, lambda row, _: _change(row, say)


def value_table(content: Content, say: Words, tints: Mapping[str, str]) -> Table | None:
    """One row a segment: what it should still bring, with what is not certain about it; None without predictions."""
    columns = list(_value_columns(content, say))
    if not columns:
        return None
    rows = [
        [
            Cell(say.label(str(key)), tint=tints[str(key)]),
            *(make(row, tints[str(key)]) for _, make in columns),
        ]
        for key, row in content.shown.iterrows()
    ]
    foot = [
        Cell(say.text("All customers")),
        *(make({**content.totals, "value_share": 1.0}, "") for _, make in columns),
    ]
    return Table([say.text("Segment"), *(header for header, _ in columns)], rows, foot=foot)


def _value_columns(content: Content, say: Words) -> Iterable[tuple[str, Callable[[Any, str], Cell]]]:
    if "p_alive" in content.segments:
        yield say.text("Probability still a customer"), lambda row, tint: _share(row["p_alive"], say, tint)
    if "value" in content.segments:
        yield say.text("Lifetime value"), lambda row, _: _value(row, say)
        yield say.text("Share of lifetime value"), lambda row, tint: _share(row["value_share"], say, tint)
        yield (
            say.text("Lifetime value each"),
            lambda row, _: Cell(say.money(row["value_each"]), row["value_each"]),
        )
    if "typical_low" in content.segments:
        yield say.text("Lifetime value of a typical customer"), lambda row, _: _typical(row, say)


def _share(share: float, say: Words, tint: str) -> Cell:
    known = share == share
    return Cell(say.percent(share), share, share=min(max(share, 0.0), 1.0) if known else None, tint=tint)


def _value(row: Any, say: Words) -> Cell:
    low, high = row.get("value_low"), row.get("value_high")
    note = "" if low is None or low != low else f"{say.short(low)} – {say.short(high)}"
    return Cell(say.money(row["value"]), row["value"], note=note)


def _typical(row: Any, say: Words) -> Cell:
    known = row["typical_low"] == row["typical_low"]
    note = f"{say.money(row['typical_low'])} – {say.money(row['typical_high'])}" if known else ""
    return Cell(say.money(row["typical_value"]), row["typical_value"], note=note)


def _change(row: Any, say: Words) -> Cell:
    """Write a change of size, in no colour: more lost customers are no good news, fewer dormant ones no bad news."""
    return Cell(say.change(row["change"]), row["change"])


def _with_previous(content: Content) -> Any:
    if content.previous is None:
        return content.shown
    before = content.previous["customers"].reindex(content.segments.index)
    return content.shown.assign(change=content.segments["customers"] / before - 1)


def _all(content: Content) -> dict[str, Any]:
    totals = {
        **content.totals,
        "customer_share": 1.0,
        "revenue_share": 1.0 if content.totals["revenue"] > 0 else float("nan"),
    }
    if content.previous_totals is not None:
        totals["change"] = totals["customers"] / content.previous_totals["customers"] - 1
    return totals


AWAY = (30, 90, 180, 365, 730)  # last day of each band of absence


def away_table(content: Content, say: Words) -> Table | None:
    """How long customers have been away, in bands of days; None when nobody ever ordered."""
    data = content.customers[content.customers["days_since_last_order"].notna()]
    if not len(data):
        return None
    bands = np.searchsorted(AWAY, data["days_since_last_order"])
    counts = np.bincount(bands, minlength=len(AWAY) + 1)
    told = may_be_told(counts)
    money = np.bincount(bands, data["revenue"].fillna(0.0), minlength=len(AWAY) + 1)
    total = money.sum() if money.sum() > 0 else np.nan
    rows = [
        [
            Cell(_band(number, say)),
            Cell(say.number(counts[number]), float(counts[number])),
            _share(counts[number] / len(data), say, ""),
            Cell(say.money(money[number]), float(money[number])) if told[number] else Cell(say.money(None)),
            _share(money[number] / total if told[number] else np.nan, say, ""),
        ]
        for number in range(len(counts))
        if counts[number]
    ]
    headers = ["Last order", "Customers", "Share of customers", "Revenue", "Share of revenue"]
    return Table([say.text(header) for header in headers], rows)


def _band(number: int, say: Words) -> str:
    if number == 0:
        return say.text("{last} days ago or less", last=say.number(AWAY[0]))
    if number == len(AWAY):
        return say.text("more than {first} days ago", first=say.number(AWAY[-1]))
    return say.text(
        "{first} to {last} days ago", first=say.number(AWAY[number - 1] + 1), last=say.number(AWAY[number])
    )


def audit_table(audit: Any, say: Words) -> Table:
    """What was kept and what was set aside, in rows and in money; the last line is what came in."""
    rows = [
        [Cell(reason_text(str(reason), say)), Cell(say.number(n), n), Cell(say.money(amount), _plain(amount))]
        for reason, n, amount in audit[["reason", "rows", "amount"]].itertuples(index=False)
    ]
    foot = [
        Cell(say.text("What came in")),
        Cell(say.number(audit["rows"].sum())),
        Cell(say.money(audit["amount"].sum())),
    ]
    return Table([say.text("What became of the rows"), say.text("Rows"), say.text("Amount")], rows, foot=foot)


def _plain(value: Any) -> float | None:
    return None if value != value else float(value)


def score_table(content: Content, say: Words) -> Table | None:
    """What each score stands for in days, in orders and in money, as observed in these data."""
    shows = {"r_score": say.number, "f_score": say.number, "m_score": say.money}
    names = [score for score in shows if score in content.scores]
    if not names:
        return None
    headers = [say.text("Score")]
    for name in names:
        headers += [say.text(_SCORE_HEADERS[name]), say.text("Customers")]
    best = max(content.scores[name].index.max() for name in names)
    rows = [
        [
            Cell(say.number(score)),
            *(cell for name in names for cell in _score_cells(content.scores[name], score, shows[name], say)),
        ]
        for score in range(int(best), 0, -1)
    ]
    return Table(headers, rows)


_SCORE_HEADERS = {
    "r_score": "Days since last order",
    "f_score": "Orders",
    "m_score": "Revenue",
}


def _score_cells(ranges: Any, score: int, show: Callable[[Any], str], say: Words) -> tuple[Cell, Cell]:
    if score not in ranges.index:
        return Cell(say.text("nobody")), Cell(say.number(0))
    low, high, customers = ranges.loc[score, ["low", "high", "customers"]]
    told = show(low) if low == high else say.text("{low} to {high}", low=show(low), high=show(high))
    if show == say.money:
        told = _amounts(ranges, score, say) or told
    return Cell(told), Cell(say.number(customers))


def _amounts(ranges: Any, score: int, say: Words) -> str:
    """Say from which limit to which amounts have a score; the limits are those of the scores, and no customer's own."""
    low, high = ranges.loc[score, ["low", "high"]]
    below = ranges["high"][ranges.index < score].max()
    above = ranges["low"][ranges.index > score].min()
    if below >= low or above <= high or (below != below and above != above):
        return ""
    if below != below:
        return say.text("up to {high}", high=say.money(high))
    if above != above:
        return say.text("above {low}", low=say.money(below))
    return say.text("above {low}, up to {high}", low=say.money(below), high=say.money(high))


def cut_table(scorer: Any, say: Words) -> Table:
    """The exact cut points of a scorer: above which value, and up to which, each score is given."""
    axes = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}
    headers = [say.text("Axis"), say.text("Score"), say.text("Above"), say.text("Up to")]
    rows = [
        [
            Cell(_axis(say.axis(axes[row.axis]), getattr(row, "within", ""))),
            Cell(say.number(row.score)),
            *_limits(row, say),
        ]
        for row in scorer.table().itertuples()
    ]
    return Table(headers, rows)


def _limits(row: Any, say: Words) -> tuple[Cell, Cell]:
    """Write above which value and up to which a score is given; one whose limits meet is nobody's."""
    if row.above == row.up_to:
        return Cell(say.text("nobody")), Cell(say.number(None))
    money = row.axis == "monetary"
    return Cell(_limit(row.above, say, money=money)), Cell(_limit(row.up_to, say, money=money))


def _axis(name: str, within: str) -> str:
    return f"{name} ({within})" if within else name


def _limit(value: float, say: Words, *, money: bool) -> str:
    """Write a cut point with all the decimals that decide, none that do not."""
    if value != value or value in (float("inf"), float("-inf")):
        return say.number(None)
    places = next((places for places in range(4) if round(value, places) == value), 4)
    return say.amount(value, max(places, 2) if places else 0) if money else say.number(value, places)
