"""What to do for whom: segments sorted by whether they came more recently than the others and are worth more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segmentclient.report.content import Content
from segmentclient.report.words import Words

__all__ = ["Duty", "advice", "duties", "lead_actions", "meanings", "plan"]


@dataclass(frozen=True)
class Duty:
    """One of the four things to do: for whom, and how much is at stake."""

    title: str
    value: str
    segments: str
    advice: str


def plan(content: Content, say: Words) -> tuple[Duty, ...]:
    """Sort the segments by what they call for; nothing is said where there is nothing to compare them by."""
    if not content.can_be_sorted:
        return ()
    table = content.segments.assign(duty=duties(content))
    parts = [(duty, table[table["duty"] == duty]) for duty in _titles(say)]
    return tuple(_duty(content, say, duty, part) for duty, part in parts if len(part))


def _duty(content: Content, say: Words, duty: str, part: Any) -> Duty:
    return Duty(
        title=_titles(say)[duty],
        value=_stake(content, say, part),
        segments=say.listed([say.label(key) for key in part.index]),
        advice=advice(say)[duty],
    )


def _stake(content: Content, say: Words, part: Any) -> str:
    customers = say.plural("{n} customer", "{n} customers", int(part["customers"].sum()))
    if not content.totals["revenue"] > 0 or not content.told[part.index].all():
        return customers
    share = say.percent(part["revenue"].sum() / content.totals["revenue"], 0)
    return say.text("{customers}, {share} of revenue", customers=customers, share=share)


def duties(content: Content) -> list[str]:
    """Place each segment: whether it came more recently than the others, and is worth more than the typical customer."""
    if not content.can_be_sorted:
        return [""] * len(content.segments)
    return [_duty_of(row, content.totals) for _, row in content.segments.iterrows()]


def lead_actions(content: Content, say: Words) -> str:
    """Say what sorts the segments, or why nothing does."""
    if content.can_be_sorted:
        return say.text(
            "Two questions sort the segments: did they come more recently than the others, and have they brought in more than the typical customer?"
        )
    if len(content.segments) == 1:
        return say.text("One single segment cannot be compared with another: a finer cut says more.")
    return say.text("Without revenue, no segment can be said to bring in more than another.")


def _duty_of(row: Any, totals: Any) -> str:
    if not row["buyers"]:
        return "meet"
    valuable = row["median_revenue"] > totals["median_revenue"]
    if row["median_days"] <= totals["median_days"]:
        return "keep" if valuable else "develop"
    return "win_back" if valuable else "spend_little"


def _titles(say: Words) -> dict[str, str]:
    return {
        "keep": say.text("Keep"),
        "win_back": say.text("Win back"),
        "develop": say.text("Develop"),
        "spend_little": say.text("Spend little"),
        "meet": say.text("Meet"),
    }


def advice(say: Words) -> dict[str, str]:
    """Say what each duty asks for."""
    return {
        "keep": say.text(
            "They came more recently than the others and spend more. Service, recognition and first choice before any discount."
        ),
        "win_back": say.text(
            "They brought in much and have gone quiet. Contact them personally, while they still remember you."
        ),
        "develop": say.text(
            "They came more recently than the others but have spent little. Make the next order easy and a little larger."
        ),
        "spend_little": say.text("Long away and of small value. One inexpensive reminder, then silence."),
        "meet": say.text("They have never ordered. Help them to a first order."),
    }


def meanings(say: Words) -> dict[str, str]:
    """Say who calls for each duty."""
    return {
        "keep": say.text("They came more recently than the others and spend more than the typical customer."),
        "win_back": say.text(
            "They spent more than the typical customer and have been away for longer than most."
        ),
        "develop": say.text(
            "They came more recently than the others and have spent no more than the typical customer."
        ),
        "spend_little": say.text(
            "They spent no more than the typical customer and have been away for longer than most."
        ),
        "meet": say.text("They have never ordered."),
    }
