"""The five numbers at the top: each with its comparison and its meaning in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from segmentclient.report.content import Content
from segmentclient.report.former import against, former_state, then
from segmentclient.report.terms import basis_of, horizon_of
from segmentclient.report.words import Words

__all__ = ["KeyFigure", "key_figures", "perimeter"]


ONLY_RISE = ("customers", "revenue")  # in a later state of the same orders: no good news, nor bad


@dataclass(frozen=True)
class KeyFigure:
    """One number that a director remembers."""

    label: str
    value: str
    comparison: str
    meaning: str
    tone: str = ""
    amount: float | None = None
    kind: str = "integer"


def perimeter(content: Content, say: Words, clean: Any) -> Iterable[str]:
    """Say in a few words what the numbers cover."""
    totals = content.totals
    yield say.plural("{n} customer", "{n} customers", totals["customers"])
    yield say.plural("{n} order", "{n} orders", _whole(totals["orders"]))
    if totals["first_day"] and totals["last_day"]:
        yield _window(content, say)
    if totals["as_of"]:
        yield say.text("as of {day}", day=say.date(totals["as_of"]))
    if clean is not None and clean.kept_rows < clean.rows:
        share = 1 - clean.kept_rows / clean.rows
        yield say.text("{share} of the rows set aside", share=say.percent(share))


def key_figures(
    content: Content, say: Words, terms: Mapping[str, Any] | None = None
) -> tuple[KeyFigure, ...]:
    """Give the five numbers; where a former period is known they are compared with it."""
    makers = (_customers, _revenue, _average_order, _repurchase)
    return (*(maker(content, say) for maker in makers), _last(content, say, terms or {}))


def _customers(content: Content, say: Words) -> KeyFigure:
    totals, largest = content.totals, str(content.segments["customers"].idxmax())
    share = content.segments.loc[largest, "customer_share"]
    own = ""
    if len(content.segments) > 1:
        own = say.text(
            "the largest group, {share} of them: {segment}",
            share=say.percent(share, 0),
            segment=say.label(largest),
        )
    comparison, tone = _against(content, say, "customers", own)
    return KeyFigure(
        say.text("Customers"),
        say.number(totals["customers"]),
        comparison,
        " ".join(_who(content, say)),
        tone,
        totals["customers"],
    )


def _who(content: Content, say: Words) -> Iterable[str]:
    totals = content.totals
    prospects = totals["customers"] - totals["buyers"]
    if prospects:
        yield say.plural(
            "{n} has ordered at least once.", "{n} have ordered at least once.", totals["buyers"]
        )
        yield say.plural("{n} has never ordered.", "{n} have never ordered.", prospects)
    elif totals["first_day"] is None or totals["last_day"] is None:
        yield say.text("People who ordered at least once.")
    else:
        yield say.text("People who ordered at least once, {window}.", window=_window(content, say))


def _window(content: Content, say: Words) -> str:
    """Say from which day to which day people ordered."""
    first, last = (say.date(content.totals[day]) for day in ("first_day", "last_day"))
    if first == last:
        return say.text("on {day}", day=first)
    return say.text("{first} to {last}", first=first, last=last)


def _revenue(content: Content, say: Words) -> KeyFigure:
    totals = content.totals
    share = totals["top_share"]
    own = (
        say.text("the best fifth of customers brings {share}", share=say.percent(share, 0))
        if share == share
        else ""
    )
    comparison, tone = _against(content, say, "revenue", own)
    return KeyFigure(
        say.text("Revenue"),
        say.short(totals["revenue"]),
        comparison,
        _concentration(share, say, told=comparison == own),
        tone,
        totals["revenue"],
        "money",
    )


def _concentration(share: float, say: Words, *, told: bool) -> str:
    if share != share:
        return say.text("The sum of their orders.")
    if not told:
        best = say.text("the best fifth of customers brings {share}", share=say.percent(share, 0))
        return f"{say.text('The sum of their orders')}{say.text(': ')}{best}."
    if share >= 0.5:
        return say.text("The sum of their orders. Few people carry it: keeping them comes first.")
    return say.text("The sum of their orders. It rests on many people, not on a few.")


def _average_order(content: Content, say: Words) -> KeyFigure:
    totals = content.totals
    again, once = _order_of(content, repeat=True), _order_of(content, repeat=False)
    own = ""
    if again is not None and once is not None and totals["revenue"] > 0 and _are_many(content):
        own = say.text(
            "{again} where people came back, {once} where they bought once",
            again=say.money(again),
            once=say.money(once),
        )
    comparison, tone = _against(content, say, "average_order", own)
    meaning = say.plural("What one order brings: revenue divided by {n} order.", "What one order brings: revenue divided by {n} orders.", _whole(totals["orders"]))  # fmt: skip
    return KeyFigure(
        say.text("Average order"),
        say.money(totals["average_order"]),
        comparison,
        meaning,
        tone,
        totals["average_order"],
        "money",
    )


def _are_many(content: Content) -> bool:
    """Tell whether neither of those who bought once nor of those who came back are so few that it would be their own."""
    orders = content.customers["n_orders"]
    return not any(content.withholds(n) for n in ((orders == 1).sum(), (orders > 1).sum()))


def _order_of(content: Content, *, repeat: bool) -> float | None:
    table = content.customers
    chosen = table[table["n_orders"] > 1] if repeat else table[table["n_orders"] == 1]
    orders = chosen["n_orders"].sum()
    return float(chosen["revenue"].sum() / orders) if orders else None


def _repurchase(content: Content, say: Words) -> KeyFigure:
    share = content.totals["repeat_share"]
    own = say.text("{share} bought only once", share=say.percent(1 - share, 0)) if share == share else ""
    comparison, tone = _points(content, say, own)
    point = content.totals["buyers"] / 100
    meaning = say.text("Share of buyers with two orders or more.")
    if point >= 2:
        meaning += " " + say.text("One point more is {n} people who come back.", n=say.number(point))
    return KeyFigure(
        say.text("Repurchase rate"), say.percent(share), comparison, meaning, tone, share, "percent"
    )


def _last(content: Content, say: Words, terms: Mapping[str, Any]) -> KeyFigure:
    return _future(content, say, terms) if content.has("lifetime_value") else _absence(content, say)


def _future(content: Content, say: Words, terms: Mapping[str, Any]) -> KeyFigure:
    totals = content.totals
    own = say.text("{each} a customer on average", each=say.money(totals["value_each"]))
    if "value_low" in totals:
        low, high = say.short(totals["value_low"]), say.short(totals["value_high"])
        own = say.text("most likely between {low} and {high}", low=low, high=high)
    comparison, tone = _against(content, say, "value", own)
    horizon, basis = horizon_of(terms, say), basis_of(terms, say)
    how = (f" {horizon}" if horizon else "") + (f", {basis}" if basis else "")
    meaning = say.text("What they should still bring{how}. A prediction, not a promise.", how=how)
    return KeyFigure(
        say.text("Lifetime value"),
        say.short(totals["value"]),
        comparison,
        meaning,
        tone,
        totals["value"],
        "money",
    )


def _absence(content: Content, say: Words) -> KeyFigure:
    days = content.customers["days_since_last_order"]
    comparison, _ = _against(content, say, "median_days", _lately(days.quantile(0.25), say))
    meaning = say.text("Half of the customers have been away for this long or longer.")
    middle = days.dropna().median()
    return KeyFigure(say.text("Last order"), say.days(middle), comparison, meaning, "", middle, "days")


def _lately(days: float, say: Words) -> str:
    if days != days:
        return ""
    if days == 0:
        return say.text("a quarter or more ordered on the last day")
    return say.text("a quarter has been away for {days} or less", days=say.days(days))


def _against(content: Content, say: Words, measure: str, own: str) -> tuple[str, str]:
    """Compare with the former period where there is one, else use the number's own comparison."""
    before = None if content.previous_totals is None else content.previous_totals.get(measure)
    now = content.totals[measure]
    if before is None or not before > 0 or now != now:
        return own, ""
    change = now / before - 1
    told = say.text("{change} {against}", change=say.change(change), against=against(content, say))
    return told, "" if measure in ONLY_RISE and former_state(content) else _tone(change)


def _points(content: Content, say: Words, own: str) -> tuple[str, str]:
    before = None if content.previous_totals is None else content.previous_totals["repeat_share"]
    now = content.totals["repeat_share"]
    if before is None or before != before or now != now:
        return own, ""
    told = say.text("{before} {then}", before=say.percent(before), then=then(content, say))
    return told, "" if former_state(content) else _tone(now - before)


def _tone(change: float) -> str:
    return "up" if change > 0.0005 else "down" if change < -0.0005 else ""


def _whole(value: Any) -> float:
    return 0 if value != value else round(value)
