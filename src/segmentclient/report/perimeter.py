"""What the data cover: the day of the count, what was set aside and why, refunds, duplicates, people without id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from segmentclient.report.content import Content
from segmentclient.report.former import former_state
from segmentclient.report.words import Words

__all__ = ["note_sentences", "perimeter_sentences", "reason_text"]


def perimeter_sentences(content: Content, say: Words, audit: Any) -> tuple[str, ...]:
    """Say up to which day everything is counted, and how much was set aside."""
    aside = _unknown(say) if audit is None else _set_aside(audit, say)
    return (*_until(content, say), *_former(content, say), *aside)


def _former(content: Content, say: Words) -> Iterable[str]:
    day = former_state(content)
    if day is not None:
        yield say.text(
            "The comparison is with the same customers' table as it stood on {day}: both count from {first}, and the revenue of the one includes that of the other.",
            day=say.date(day),
            first=say.date(content.totals["first_day"]),
        )


def _until(content: Content, say: Words) -> Iterable[str]:
    day = content.totals["as_of"]
    if day is not None:
        yield say.text(
            "Everything is counted up to {day}; nothing after that day is known to this report.",
            day=say.date(day),
        )


def _unknown(say: Words) -> Iterable[str]:
    yield say.text(
        "What was set aside before counting is not known: the cleaned transactions were not given to this report."
    )


def _set_aside(audit: Any, say: Words) -> Iterable[str]:
    kept = audit["reason"] == "kept"
    rows, aside = int(audit["rows"].sum()), int(audit.loc[~kept, "rows"].sum())
    if not aside:
        yield say.plural("The only row was kept.", "All {n} rows were kept.", rows)
        return
    yield say.plural(
        "{n} row of {rows} was set aside ({share}), for {money}.",
        "{n} rows of {rows} were set aside ({share}), for {money}.",
        aside,
        rows=say.number(rows),
        share=say.percent(aside / rows),
        money=say.money(audit.loc[~kept, "amount"].sum()),
    )


def note_sentences(notes: Mapping[str, Any], say: Words) -> tuple[str, ...]:
    """Say what cleaning noticed without setting anything aside; unknown notes are left out."""
    makers: Mapping[str, Callable[..., str]] = {
        "refund_rows": _refunds,
        "exact_duplicates_kept": _duplicates,
        "share_of_revenue_identifiable": _identifiable,
        "customer_ids_alike": _alike,
        "rows_of_ids_like_none": _like_none,
    }
    return tuple(make(notes, say) for name, make in makers.items() if notes.get(name))


def _refunds(notes: Mapping[str, Any], say: Words) -> str:
    return say.plural(
        "{n} refund row lowers revenue by {money}; a refund never counts as an order.",
        "{n} refund rows lower revenue by {money}; a refund never counts as an order.",
        notes["refund_rows"],
        money=say.money(abs(notes.get("refund_amount", float("nan")))),
    )


def _duplicates(notes: Mapping[str, Any], say: Words) -> str:
    return say.plural(
        "{n} row repeats another exactly; it was kept.",
        "{n} rows repeat another exactly; they were kept.",
        notes["exact_duplicates_kept"],
    )


def _identifiable(notes: Mapping[str, Any], say: Words) -> str:
    share = say.percent(notes["share_of_revenue_identifiable"])
    return say.text("{share} of the money in the data has a customer's name on it.", share=share)


def _alike(notes: Mapping[str, Any], say: Words) -> str:
    return say.plural(
        "{n} customer id differs from another only by letter case or by how its accents are stored; check whether they are one customer.",
        "{n} customer ids differ from another only by letter case or by how their accents are stored; check whether they are one customer.",
        notes["customer_ids_alike"],
    )


def _like_none(notes: Mapping[str, Any], say: Words) -> str:
    return say.plural(
        "{n} row has an id such as “NULL” or “nan”, counted as one customer; check whether the id is missing.",
        "{n} rows have an id such as “NULL” or “nan”, counted as one customer; check whether the id is missing.",
        notes["rows_of_ids_like_none"],
    )


def reason_text(reason: str, say: Words) -> str:
    """Say why rows were set aside; a reason of one's own is shown as it is written."""
    from segmentclient.transactions import REASONS

    return say.text(REASONS[reason]) if reason in REASONS else reason.replace("_", " ")
