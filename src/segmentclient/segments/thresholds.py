"""The thresholds of the life cycle, learnt from the gaps between purchases; what each row is measured by."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import SegmentClientError, SegmentClientWarning
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.render import html_card, html_table
from segmentclient.schema import Kind, check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BOUGHT",
    "GAP",
    "REPEATS",
    "SILENCE",
    "SPAN",
    "LifecycleThresholds",
    "check_standing",
    "known",
    "lifecycle_thresholds",
    "measured",
]

FEWEST_REPEATERS = 10
FALLBACK_DAYS = 365.0
BOUGHT, SILENCE, REPEATS, SPAN, GAP = (
    f"_segmentclient_{name}" for name in ("bought", "silence", "repeats", "span", "gap")
)


@dataclass(frozen=True)
class LifecycleThresholds:
    """The thresholds of the life cycle, in days, and where they come from.

    Attributes
    ----------
    active_days : active up to so many days after the last order.
    new_days : new up to so many days after the first order.
    retention_days : due for deletion or a new consent after so many days without contact.
    loyal_repeats : repeat purchases that loyalty asks for.
    overdue_factor : soon lost when silent for longer than so many of one's own mean gaps.
    valuable_revenue : soon lost only with at least this revenue (the median of buyers).
    as_of : the day of the picture, counted from year 1 (None without dates).
    n_repeaters : customers with a repeat purchase, whose mean gaps were looked at.
    gap_p50, gap_p75, gap_p90 : quantiles of the mean gap of these customers, in days (None without any).
    source : "data" or "given" for active_days and new_days, "assumed" when there are too few repeaters.
    """

    active_days: float
    new_days: float
    retention_days: float = 1096.0
    loyal_repeats: int = 2
    overdue_factor: float = 3.0
    valuable_revenue: float | None = None
    as_of: int | None = None
    n_repeaters: int = 0
    gap_p50: float | None = None
    gap_p75: float | None = None
    gap_p90: float | None = None
    source: Mapping[str, str] | None = None

    def to_frame(self) -> pd.DataFrame:
        """Give one row a threshold."""
        import pandas as pd

        facts = {name: value for name, value in asdict(self).items() if name != "source"}
        return pd.DataFrame(
            {"threshold": list(facts), "value": pd.Series(list(facts.values()), dtype="float64")}
        )

    def sentences(self, lang: str = "en") -> list[str]:
        """Say each rule in words, with its days."""
        words = language(lang)
        return [*self._windows(words), *self._habits(words)]

    def __str__(self) -> str:
        return "\n".join(self.sentences())

    def _windows(self, words: Language) -> tuple[str, ...]:
        why = {
            "given": words.text("chosen"),
            "assumed": words.text("assumed: too few customers came back"),
            "data": words.text("from the data: {n} customers came back", n=words.number(self.n_repeaters)),
        }
        source = self.source or {}
        return (
            words.text("Active: last order within {days} days ({why}).", days=words.number(self.active_days), why=why[source.get("active_days", "given")]),
            words.text("New: first order within {days} days ({why}).", days=words.number(self.new_days), why=why[source.get("new_days", "given")]),
        )  # fmt: skip

    def _habits(self, words: Language) -> tuple[str, ...]:
        return (
            words.text("Loyal: active, at least {n} repeat purchases, at regular intervals.", n=words.number(self.loyal_repeats)),
            words.text("Soon lost: active and valuable, but silent for more than {n} times their usual interval.", n=words.number(self.overdue_factor)),
            words.text("To delete or ask again: no contact for {days} days.", days=words.number(self.retention_days)),
        )  # fmt: skip

    def to_html(self, lang: str = "en") -> str:
        """Show the thresholds as a card."""
        words = language(lang)
        days = {
            "active (days)": self.active_days,
            "new (days)": self.new_days,
            "no contact (days)": self.retention_days,
        }
        facts = {words.text(name): words.number(value) for name, value in days.items()}
        body = html_table([words.text("rule")], [[sentence] for sentence in self.sentences(lang)])
        return html_card(words.text("Life cycle"), facts, body=body)

    def _repr_html_(self) -> str:
        return self.to_html()


def lifecycle_thresholds(
    customers: Any,
    *,
    active_days: float | None = None,
    new_days: float | None = None,
    retention_days: float = 1096,
) -> LifecycleThresholds:
    """Learn the thresholds of `lifecycle` from the gaps between purchases.

    Parameters
    ----------
    customers : the customers table: `n_orders`, `days_since_last_order`, and the dates `first_order` and `last_order`
        (without them `recency`, taken as days; without either, gaps are unknown).
        A dozen numbers are collected.
    active_days : the activity window. By default the 90th percentile of the mean gaps of the customers who came back,
        rounded up: nine in ten of them come back, on average, within it.
    new_days : how long a customer is new. By default the median of these mean gaps, rounded up, and never more than
        `active_days`.
    retention_days : days without contact after which data are due for deletion (three years).

    Returns
    -------
    LifecycleThresholds

    Warns
    -----
    SegmentClientWarning
        When fewer than ten customers came back: 365 days are assumed.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({
    ...     "first_order": pd.Timestamp("2026-01-01"),
    ...     "last_order": pd.Timestamp("2026-01-01") + pd.to_timedelta(range(10, 120, 10), unit="D"),
    ...     "n_orders": 2,
    ...     "days_since_last_order": range(110, 0, -10),
    ... })
    >>> thresholds = sc.lifecycle_thresholds(customers)
    >>> thresholds.new_days, thresholds.active_days
    (60.0, 100.0)
    """
    check_options(lifecycle_thresholds, locals())
    frame = frames.read(customers)
    schema = frames.schema_of(frame)
    check_standing(schema)
    for name, value in {
        "active_days": active_days,
        "new_days": new_days,
        "retention_days": retention_days,
    }.items():
        _check_days(name, value)
    if frame.implementation.is_dask():  # which has no quantiles over several partitions
        frame = nw.from_native(frames.collect(frame))
    seen = frames.one_row(measured(frame), **_aggregates(schema))
    learnt = _thresholds(seen, active_days, new_days)
    return replace(learnt, retention_days=float(retention_days))


def check_standing(schema: Mapping[str, Any]) -> None:
    """Raise a `ColumnError` when the table lacks what tells where customers stand; dates are optional."""
    dates: dict[str, Kind] = {
        name: "date" for name in ("first_order", "last_order", "last_contact") if name in schema
    }
    needed: dict[str, Kind] = {"n_orders": "number", "days_since_last_order": "number"}
    check_columns(schema, {**needed, **dates}, optional=("frequency", "gap_sd", "p_alive", "revenue"))


def _check_days(name: str, value: Any) -> None:
    if value is not None and not 0 < value < math.inf:
        raise SegmentClientError(f"{name}={value!r}: a number of days above 0 is expected")


@frames.said_by_engine("customers")
def measured(frame: frames.Frame) -> frames.Frame:
    """Add, under names of our own, what every threshold and label looks at: computed once, NaN made missing."""
    schema = frames.schema_of(frame)
    orders = known("n_orders")
    added = frame.with_columns(
        (orders > 0).fill_null(False).alias(BOUGHT),
        known("days_since_last_order").alias(SILENCE),
        (known("frequency") if "frequency" in schema else orders - 1.0).alias(REPEATS),
        _span(schema, orders).alias(SPAN),
    )
    came_back = (nw.col(REPEATS) > 0) & (nw.col(SPAN) > 0)
    return added.with_columns(nw.when(came_back).then(nw.col(SPAN) / nw.col(REPEATS)).alias(GAP))


def _span(schema: Mapping[str, Any], orders: nw.Expr) -> nw.Expr:
    """Days from the first order to the last: by their dates, else by `recency` in days, else known of one order only."""
    if "first_order" in schema and "last_order" in schema:
        first, last = (
            frames.days(frames.day_column(schema, name), dtype=nw.Float64)
            for name in ("first_order", "last_order")
        )
        return last - first
    return known("recency") if "recency" in schema else nw.when(orders == 1.0).then(nw.lit(0.0))


def known(name: str) -> nw.Expr:
    """Read a column as doubles whose NaN are missing on every engine."""
    values = nw.col(name).cast(nw.Float64)
    return nw.when(~values.is_nan()).then(values)


def _aggregates(schema: Any) -> dict[str, nw.Expr]:
    wanted = {f"p{at}": nw.col(GAP).quantile(at / 100, interpolation="linear") for at in (50, 75, 90)}
    wanted["n_repeaters"] = (~nw.col(GAP).is_null()).cast(nw.Int64).sum()
    if "last_order" in schema:
        wanted["last_day"] = frames.days(frames.day_column(schema, "last_order"), dtype=nw.Float64).max()
    wanted["least_silence"] = nw.col(SILENCE).min()
    if "revenue" in schema:
        wanted["revenue"] = nw.when(nw.col(BOUGHT)).then(known("revenue")).median()
    return wanted


def _thresholds(
    seen: Mapping[str, Any], active_days: float | None, new_days: float | None
) -> LifecycleThresholds:
    n_repeaters = int(seen["n_repeaters"] or 0)
    enough = n_repeaters >= FEWEST_REPEATERS
    if not enough and active_days is None:
        message = f"customers: only {n_repeaters} came back on another day; active_days={FALLBACK_DAYS:g} is assumed, give your own"
        warnings.warn(message, SegmentClientWarning, stacklevel=4)
    active = active_days or (_rounded_up(seen["p90"]) if enough else FALLBACK_DAYS)
    new = new_days or min(active, _rounded_up(seen["p50"]) if enough else FALLBACK_DAYS / 4)
    learnt = "data" if enough else "assumed"
    return LifecycleThresholds(
        active_days=float(active),
        new_days=float(new),
        valuable_revenue=seen.get("revenue"),
        as_of=_day_of_the_picture(seen),
        n_repeaters=n_repeaters,
        gap_p50=seen["p50"], gap_p75=seen["p75"], gap_p90=seen["p90"],
        source={"active_days": "given" if active_days else learnt, "new_days": "given" if new_days else learnt},
    )  # fmt: skip


def _day_of_the_picture(seen: Mapping[str, Any]) -> int | None:
    """The last order of all is the one with the shortest silence."""
    last_day, silence = seen.get("last_day"), seen["least_silence"]
    known = last_day is not None and silence is not None and math.isfinite(silence)
    return round(last_day + silence) if known else None


def _rounded_up(days: float) -> float:
    return float(max(1, math.ceil(round(days, 6))))
