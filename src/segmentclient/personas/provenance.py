"""Where a field of a card comes from, in words."""

from __future__ import annotations

from segmentclient.locale import Language
from segmentclient.personas.fields import Field

__all__ = ["block_title", "provenance_name", "source_of"]


def block_title(block: str, L: Language) -> str:
    """Name a block of the card."""
    titles = {
        "who": L.text("Who"),
        "buy": L.text("How they buy"),
        "want": L.text("What they want, what holds them back"),
        "speak": L.text("How to speak to them"),
        "worth": L.text("What they are worth"),
    }
    return titles[block]


def provenance_name(field: Field, L: Language) -> str:
    """Name the provenance of a field."""
    names = {
        "observed": L.text("observed"),
        "deduced": L.text("deduced"),
        "to_complete": L.text("to complete"),
    }
    return names[field.provenance]


def source_of(field: Field, L: Language) -> str:
    """Say how a field is known: the statistic with n and coverage, or the rule."""
    if field.provenance == "observed":
        statistic = L.text(_STATISTICS[field.statistic])
        return L.text(
            "{statistic}; n = {n}, {coverage} known",
            statistic=statistic,
            n=L.number(field.n),
            coverage=L.percent(field.coverage, 0),
        )
    return field.rule


_STATISTICS = {
    "mode": "most frequent answer",
    "two_profiles": "two most frequent answers, close to each other",
    "spread": "no dominant answer",
    "even": "answers as frequent as each other",
    "mentions": "share of those who mention it",
    "median": "median",
    "two_groups": "medians of two separate groups",
    "mean": "mean",
    "sum": "sum",
    "share": "share",
    "count": "count",
    "ratio": "ratio of two sums",
    "nearest": "real customer nearest to the centre",
}
