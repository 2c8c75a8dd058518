"""The sentences of the report: who customers are, what they are worth, who moves, one paragraph a segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from segmentclient.report.content import Content
from segmentclient.report.former import then
from segmentclient.report.plan import advice, duties, meanings
from segmentclient.report.terms import horizon_of
from segmentclient.report.words import Words
from segmentclient.rfm import maps

__all__ = ["SegmentStory", "lead_moving", "lead_who", "lead_worth", "segment_stories"]


@dataclass(frozen=True)
class SegmentStory:
    """One paragraph on one segment, and what to do with it."""

    key: str
    title: str
    meaning: str
    facts: str
    action: str


def lead_who(content: Content, say: Words) -> str:
    """Say which segment brings most, and which is the most numerous."""
    table = content.shown
    if len(table) == 1:
        return say.text("One single segment holds every customer.")
    return " ".join([_count(content, say), *_richest(table[content.told], say), *_largest(table, say)])


def _count(content: Content, say: Words) -> str:
    n = len(content.segments)
    return say.plural(
        "{n} segment describes this customer base.", "{n} segments describe this customer base.", n
    )


def _richest(table: Any, say: Words) -> Iterable[str]:
    if len(table) and table["revenue_share"].iloc[0] == table["revenue_share"].iloc[0]:
        first = table.iloc[0]
        yield say.text(
            "The segment “{segment}” brings {revenue} of revenue with {customers} of customers.",
            segment=say.label(table.index[0]),
            revenue=say.percent(first["revenue_share"], 0),
            customers=say.percent(first["customer_share"], 0),
        )


def _largest(table: Any, say: Words) -> Iterable[str]:
    largest = table["customers"].idxmax()
    if (
        largest != next(iter(table.index[table["revenue_share"].notna()]), largest)
        and table.loc[largest, "revenue_share"] == table.loc[largest, "revenue_share"]
    ):
        yield say.text(
            "The most numerous, “{segment}”, is {customers} of customers and {revenue} of revenue.",
            segment=say.label(largest),
            revenue=say.percent(table.loc[largest, "revenue_share"], 0),
            customers=say.percent(table.loc[largest, "customer_share"], 0),
        )


def lead_worth(content: Content, say: Words, terms: Mapping[str, Any]) -> str:
    """Say what a customer has brought, and should still bring."""
    totals = content.totals
    past = say.text(
        "A customer has brought {each} on average so far.", each=say.money(totals["revenue_each"])
    )
    if not content.has("lifetime_value"):
        return past
    return f"{past} {_future(content, say, terms)}"


def _future(content: Content, say: Words, terms: Mapping[str, Any]) -> str:
    totals = content.totals
    if not content.promises:
        return say.text("The models expect no further purchase of them.")
    each, total = say.money(totals["value_each"]), say.short(totals["value"])
    horizon = horizon_of(terms, say)
    if not horizon:
        return say.text("They should still bring {each} each, {total} in all.", each=each, total=total)
    return say.text(
        "They should still bring {each} each {horizon}, {total} in all.",
        horizon=horizon,
        each=each,
        total=total,
    )


def lead_moving(content: Content, say: Words) -> str:
    """Say how long customers have been away, and which good ones are leaving."""
    return " ".join([*_away(content, say), *_gone_quiet(content, say), *_leaving(content, say)])


def _away(content: Content, say: Words) -> Iterable[str]:
    days = content.totals["median_days"]
    if days == 0:
        yield say.text("At least half of the customers ordered on the very last day.")
    elif days == days:
        yield say.text("Half of the customers have not ordered for {days}.", days=say.days(days))


def _gone_quiet(content: Content, say: Words) -> Iterable[str]:
    is_quiet = [duty == "win_back" for duty in duties(content)]
    quiet = content.segments[is_quiet]
    if not len(quiet) or not content.can_be_sorted:
        return
    if not content.told[is_quiet].all():
        yield say.plural(
            "{n} good customer has gone quiet ({segments}).",
            "{n} good customers have gone quiet ({segments}).",
            int(quiet["customers"].sum()),
            segments=say.listed([say.label(str(key)) for key in quiet.index]),
        )
    else:
        yield say.plural(
            "{n} good customer has gone quiet ({segments}): {share} of all revenue so far.",
            "{n} good customers have gone quiet ({segments}): {share} of all revenue so far.",
            int(quiet["customers"].sum()),
            segments=say.listed([say.label(str(key)) for key in quiet.index]),
            share=say.percent(quiet["revenue"].sum() / content.totals["revenue"], 0),
        )


def _leaving(content: Content, say: Words) -> Iterable[str]:
    """Count those who brought in more than the typical customer and whom the model thinks more likely gone than not."""
    if not content.has("p_alive") or not content.totals["revenue"] > 0:
        return
    table = content.customers
    good = table["revenue"] > content.totals["median_revenue"]
    leaving = table[good & (table["p_alive"] < 0.5)]
    share = leaving["revenue"].sum() / content.totals["revenue"]
    if len(leaving) and share >= 0.005 and not content.withholds(len(leaving)):
        yield say.plural(
            "{n} customer who brought in more than the typical one has less than an even chance of still being there: {share} of all revenue so far.",
            "{n} customers who brought in more than the typical one have less than an even chance of still being there: {share} of all revenue so far.",
            len(leaving),
            share=say.percent(share, 0),
        )


def segment_stories(content: Content, say: Words) -> tuple[SegmentStory, ...]:
    """Write one paragraph a segment, largest revenue first."""
    called = dict(zip(content.segments.index, duties(content), strict=True))
    return tuple(_story(content, say, key, row, called[key]) for key, row in content.shown.iterrows())


def _story(content: Content, say: Words, key: Any, row: Any, duty: str) -> SegmentStory:
    lang = say.language.key
    return SegmentStory(
        key=key,
        title=say.label(key),
        meaning=maps.meaning(key, lang) or meanings(say).get(duty, ""),
        facts=" ".join(_facts(content, say, key, row)),
        action=maps.action(key, lang) or advice(say).get(duty, ""),
    )


def _facts(content: Content, say: Words, key: Any, row: Any) -> Iterable[str]:
    yield _size(say, row)
    if row["buyers"] > 0 and row["median_days"] == row["median_days"]:
        yield _habit(say, row)
    if "value" in row and row["value"] >= 0.5:
        yield say.text(
            "They should still bring {total}, or {each} each.",
            total=say.short(row["value"]),
            each=say.money(row["value_each"]),
        )
    if content.previous is not None:
        yield _since(content, say, key, row)


def _size(say: Words, row: Any) -> str:
    if row["revenue_share"] != row["revenue_share"] or row["revenue"] != row["revenue"]:
        return say.plural("{n} customer, {share} of the base.", "{n} customers, {share} of the base.", row["customers"], share=say.percent(row["customer_share"]))  # fmt: skip
    return say.plural(
        "{n} customer, {share} of the base, brings {money}: {revenue} of revenue, {each} each.",
        "{n} customers, {share} of the base, bring {money}: {revenue} of revenue, {each} each.",
        row["customers"],
        share=say.percent(row["customer_share"]),
        money=say.short(row["revenue"]),
        revenue=say.percent(row["revenue_share"]),
        each=say.money(row["revenue_each"]),
    )


def _habit(say: Words, row: Any) -> str:
    return say.plural(
        "In the middle of the group: {n} order, the last one {ago}; an order brings {order} on average.",
        "In the middle of the group: {n} orders, the last one {ago}; an order brings {order} on average.",
        _half(row["median_orders"]),
        ago=_ago(say, row["median_days"]),
        order=say.money(row["average_order"]),
    )


def _ago(say: Words, days: float) -> str:
    return say.text("on the last day") if round(days) == 0 else say.text("{days} ago", days=say.days(days))


def _half(value: float) -> float:
    return value if value == value else 0


def _since(content: Content, say: Words, key: Any, row: Any) -> str:
    before = 0 if content.previous is None else int(content.previous["customers"].get(key, 0))
    when = then(content, say)
    if not before:
        return say.text("Nobody was there {then}.", then=when)
    if before == row["customers"]:
        return say.plural("There was {n} {then} too.", "There were {n} {then} too.", before, then=when)
    change = say.change(row["customers"] / before - 1)
    return say.plural(
        "There was {n} {then} ({change}).",
        "There were {n} {then} ({change}).",
        before,
        then=when,
        change=change,
    )
