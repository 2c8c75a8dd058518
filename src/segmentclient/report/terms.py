"""The terms of a prediction, said to its reader: horizon, margin, discount rate, costs, interval."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from segmentclient.errors import SegmentClientError
from segmentclient.report.words import Words

__all__ = ["basis_of", "checked_terms", "horizon_of", "term_facts"]

SAID = ("horizon", "margin", "annual_discount_rate", "acquisition_cost", "service_cost", "interval")
ALSO = (
    "models",
    "time_unit",
    "as_of",
    "by",
    "n_draws",
    "random_state",
)  # taken by the predictions, not repeated here


def checked_terms(terms: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Refuse a term that no prediction takes."""
    unknown = sorted(set(terms or {}) - {*SAID, *ALSO})
    if unknown:
        raise SegmentClientError(
            f"terms= holds {', '.join(map(repr, unknown))}; accepted: the options of predict_lifetime_value, "
            f"{', '.join(map(repr, SAID))}"
        )
    return dict(terms or {})


def horizon_of(terms: Mapping[str, Any], say: Words) -> str:
    """Say over which time value is counted: "over the next 12 months"; nothing where it is not known."""
    horizon = terms.get("horizon")
    if horizon is None:
        return ""
    if str(horizon) == "infinite":
        return say.text("over their whole life as customers")
    found = re.fullmatch(r"(\d+)([DWMY])", str(horizon))
    return _count(int(found[1]), found[2], say) if found else _until(horizon, say)


def _count(n: int, unit: str, say: Words) -> str:
    counted = {
        "D": ("over the next day", "over the next {n} days"),
        "W": ("over the next week", "over the next {n} weeks"),
        "M": ("over the next month", "over the next {n} months"),
        "Y": ("over the next year", "over the next {n} years"),
    }
    return say.plural(*counted[unit], n)


def _length(terms: Mapping[str, Any], say: Words) -> str:
    """Say how long the horizon is: "12 months"; in full where it is no count."""
    found = re.fullmatch(r"(\d+)([DWMY])", str(terms["horizon"]))
    counted = {
        "D": ("{n} day", "{n} days"),
        "W": ("{n} week", "{n} weeks"),
        "M": ("{n} month", "{n} months"),
        "Y": ("{n} year", "{n} years"),
    }
    return say.plural(*counted[found[2]], int(found[1])) if found else horizon_of(terms, say)


def _until(horizon: Any, say: Words) -> str:
    try:
        day = dt.date.fromisoformat(str(horizon)[:10])
    except ValueError:
        return str(horizon)
    return say.text("until {day}", day=say.date(day))


def basis_of(terms: Mapping[str, Any], say: Words) -> str:
    """Say what value is counted in: revenue where there is no margin, less costs where there are some."""
    if not terms:
        return ""
    margin = terms.get("margin") not in (None, 1)
    costs = any(terms.get(cost) not in (None, 0) for cost in ("acquisition_cost", "service_cost"))
    if margin:
        return say.text("margin and costs counted") if costs else say.text("margin counted")
    return say.text("in revenue less costs") if costs else say.text("in revenue, no margin given")


def term_facts(terms: Mapping[str, Any], say: Words) -> tuple[tuple[str, str], ...]:
    """Name each term and its value, in the order of the formula; those that were not told are left out."""
    return tuple(_facts(terms, say))


def _facts(terms: Mapping[str, Any], say: Words) -> Iterable[tuple[str, str]]:
    if "horizon" in terms:
        yield say.text("Horizon"), _length(terms, say)
    names = {
        "margin": (say.text("Margin"), say.percent),
        "annual_discount_rate": (say.text("Annual discount rate"), say.percent),
        "acquisition_cost": (say.text("Acquisition cost of a customer"), say.money),
        "service_cost": (say.text("Service cost of a customer a year"), say.money),
        "interval": (say.text("Probability of the intervals"), say.percent),
    }
    for key, (name, show) in names.items():
        if terms.get(key) is not None:
            yield name, _shown(terms[key], show, say)


def _shown(value: Any, show: Any, say: Words) -> str:
    return say.text("column {name}", name=value) if isinstance(value, str) else show(value)
