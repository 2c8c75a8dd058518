"""One field of a persona card, and where it comes from: observed, deduced or to complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from segmentclient.locale import Language
from segmentclient.personas.setting import Setting
from segmentclient.personas.summaries import Summary

__all__ = ["Block", "Field", "Provenance", "deduced", "from_summary", "to_complete", "typical"]

Provenance = Literal["observed", "deduced", "to_complete"]
Block = Literal["who", "buy", "want", "speak", "worth"]


@dataclass(frozen=True)
class Field:
    """One line of a card.

    Attributes
    ----------
    key, label : stable name, and what a reader sees.
    text : the line itself, in the language of the card ("" when to complete).
    value, share : the statistic as it was computed, and the share of the known answers that it stands for.
    provenance : "observed" (see `statistic`, `n`, `coverage`), "deduced" (see `rule`) or "to_complete" (see `rule`).
    n, coverage : how many customers of the group are known, and their share of the group.
    low, high : quartiles of a number, or bounds of an interval.
    profiles : the typical values, where there are two rather than one.
    short : the value alone, where `text` says more.
    """

    key: str
    label: str
    text: str = ""
    value: Any = None
    share: float | None = None
    provenance: Provenance = "to_complete"
    statistic: str = ""
    n: int = 0
    coverage: float = 0.0
    rule: str = ""
    block: Block = "who"
    low: float | None = None
    high: float | None = None
    profiles: tuple[Any, ...] = ()
    short: str = ""


def to_complete(
    key: str, label: str, block: Block, L: Language, *, n: int = 0, coverage: float = 0.0, why: str = ""
) -> Field:
    """Leave a blank, and say why it is one."""
    reason = why or (
        L.text("known for only {share} of the group", share=L.percent(coverage, 0))
        if n
        else L.text("not in the data")
    )
    return Field(key, label, n=n, coverage=coverage, rule=reason, block=block)


def deduced(
    key: str, label: str, text: str, block: Block, rule: str, value: Any = None, *, n: int = 0
) -> Field:
    """State what a rule concludes, with the rule."""
    return Field(key, label, text, text if value is None else value, None, "deduced", "", n, 0.0, rule, block)


def from_summary(
    key: str,
    label: str,
    summary: Summary,
    size: int,
    block: Block,
    setting: Setting,
    *,
    written: Callable[[Any], str],
    bare: Callable[[Any], str] | None = None,
    least: float = 0.0,
) -> Field:
    """Write a summary down, or leave a blank when too few of the group are known."""
    coverage = summary.n / size if size else 0.0
    if summary.statistic == "none" or summary.n < setting.min_size or coverage < least:
        return to_complete(key, label, block, setting.L, n=summary.n, coverage=coverage)
    text = _text(summary, setting.L, written, bare or written)
    two = summary.statistic in {"two_profiles", "two_groups"}
    return Field(
        key, label, text, summary.value, summary.share, "observed", summary.statistic, summary.n, coverage, "", block,
        summary.low, summary.high, tuple(value for value, _ in summary.parts[:2]) if two else (),
    )  # fmt: skip


def _text(summary: Summary, L: Language, written: Callable[[Any], str], bare: Callable[[Any], str]) -> str:
    parts = [
        L.text("{value} ({share})", value=written(value), share=L.percent(share, 0))
        for value, share in summary.parts
    ]
    if summary.statistic == "median":
        return _middle(summary, L, written, bare)
    if summary.statistic in {"two_profiles", "two_groups"}:
        return L.text("two profiles: {either}", either=L.listed(parts[:2], "or"))
    if summary.statistic == "even":
        return L.text("no marked preference")
    if summary.statistic == "spread":
        return L.text("no dominant answer: {list} …", list=", ".join(parts[:2]))
    return ", ".join(parts) if summary.statistic == "mentions" else parts[0]


def _middle(summary: Summary, L: Language, written: Callable[[Any], str], bare: Callable[[Any], str]) -> str:
    if summary.low == summary.high:
        return written(summary.value)
    return L.text(
        "{value} (half: {low} to {high})",
        value=written(summary.value),
        low=bare(summary.low),
        high=bare(summary.high),
    )


def typical(fields: Mapping[str, Field], key: str) -> list[Any]:
    """Give one typical value, or the two of two profiles; nothing when unknown or spread out."""
    field = fields.get(key)
    if field is None or field.provenance != "observed" or field.statistic in {"spread", "even", "none"}:
        return []
    return list(field.profiles) if field.statistic in {"two_profiles", "two_groups"} else [field.value]
