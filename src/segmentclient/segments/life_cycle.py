"""Where customers stand: prospect, active, inactive; potential, current, loyal, former; new; soon lost.

Two steps: `lifecycle_thresholds` learns the thresholds from the gaps between purchases (two small passes of the
engine), `lifecycle` compares each row with them, in place.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, SegmentClientError, SegmentClientWarning
from segmentclient.locale import Language, language
from segmentclient.render import html_card, html_table
from segmentclient.schema import check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LifecycleThresholds", "lifecycle", "lifecycle_thresholds"]

OUTPUT = ("status", "relation", "is_new", "soon_lost", "retention_due")
SHARES = ("share_of_wallet", "brand_share", "store_share")
FEWEST_REPEATERS = 10
FALLBACK_DAYS = 365.0
_BOUGHT, _SILENCE, _REPEATS, _SPAN, _GAP = "_bought", "_silence", "_repeats", "_span", "_gap"
_ACTIVE, _LOYAL = "_active", "_loyal"


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
    customers : the customers table with `first_order`, `last_order`, `n_orders` and `days_since_last_order`.
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
    frame = frames.read(customers)
    schema = frame.collect_schema()
    check_columns(schema, ["first_order", "last_order", "n_orders", "days_since_last_order"])
    for name, value in {
        "active_days": active_days,
        "new_days": new_days,
        "retention_days": retention_days,
    }.items():
        _check_days(name, value)
    seen = frames.one_row(_measured(frame), **_aggregates(schema))
    learnt = _thresholds(seen, active_days, new_days)
    return replace(learnt, retention_days=float(retention_days))


def _check_days(name: str, value: Any) -> None:
    if value is None:
        return
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or value <= 0
    ):
        raise SegmentClientError(f"{name}={value!r}: a number of days above 0 is expected")


def _measured(frame: frames.Frame) -> frames.Frame:
    """Add, under names of our own, what every threshold and label looks at: computed once, NaN made missing."""
    schema = frame.collect_schema()
    first, last = (frames.days(nw.col(name), dtype=nw.Float64) for name in ("first_order", "last_order"))
    orders = nw.col("n_orders").cast(nw.Float64)
    repeats = nw.col("frequency").cast(nw.Float64) if "frequency" in schema else orders - 1.0
    measured = frame.with_columns(
        (orders > 0).fill_null(False).alias(_BOUGHT),
        _known("days_since_last_order").alias(_SILENCE),
        repeats.alias(_REPEATS),
        (last - first).alias(_SPAN),
    )
    came_back = (nw.col(_REPEATS) > 0) & (nw.col(_SPAN) > 0)
    return measured.with_columns(nw.when(came_back).then(nw.col(_SPAN) / nw.col(_REPEATS)).alias(_GAP))


def _known(name: str) -> nw.Expr:
    values = nw.col(name).cast(nw.Float64)
    return nw.when(~values.is_nan()).then(values)


def _aggregates(schema: Any) -> dict[str, nw.Expr]:
    wanted = {f"p{at}": nw.col(_GAP).quantile(at / 100, interpolation="linear") for at in (50, 75, 90)}
    wanted["n_repeaters"] = (~nw.col(_GAP).is_null()).cast(nw.Int64).sum()
    wanted["last_day"] = frames.days(nw.col("last_order").max(), dtype=nw.Float64)
    wanted["least_silence"] = nw.col(_SILENCE).min()
    if "revenue" in schema:
        wanted["revenue"] = nw.when(nw.col(_BOUGHT)).then(_known("revenue")).median()
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
    if seen["last_day"] is None or seen["least_silence"] is None:
        return None
    return round(seen["last_day"] + seen["least_silence"])


def _rounded_up(days: float) -> float:
    return float(max(1, math.ceil(round(days, 6))))


def lifecycle(
    customers: Any,
    *,
    active_days: float | None = None,
    new_days: float | None = None,
    retention_days: float = 1096,
    thresholds: LifecycleThresholds | None = None,
) -> Any:
    """Say where each customer stands: their status, their relation, whether they are new, soon lost, or due for deletion.

    Parameters
    ----------
    customers : the customers table with `first_order`, `last_order`, `n_orders` and `days_since_last_order`, with
        prospects or without (see `add_prospects`).
    active_days, new_days, retention_days : the windows in days; see `lifecycle_thresholds` for the defaults,
        learnt from the gaps between purchases.
    thresholds : thresholds learnt before, to judge the next period by the same measure; the windows above are
        then not looked at.

    Returns
    -------
    The same rows in the same kind of table, plus

    - `status` : "prospect" (no order), "active" (last order at most `active_days` ago), "inactive".
    - `relation` : "potential" (prospects), "current" (active), "loyal" (active, at least two repeat purchases, a mean gap
      within the activity window and, where `gap_sd` is there, gaps no more irregular than chance; where one of
      `share_of_wallet`, `brand_share`, `store_share` is there and known, at least half), "former" (inactive).
    - `is_new` : the first order is at most `new_days` old.
    - `soon_lost` : active with at least the median revenue, and about to stop: `p_alive` below 0.5 where it is there,
      else silent for more than three times their own mean gap (chance alone does that once in twenty).
    - `retention_due` : no order, and no contact where a date column `last_contact` is there, for `retention_days`; false
      for a prospect without a known contact.

    Raises
    ------
    ColumnError
        When a needed column is missing or one of the new ones is there already.

    Notes
    -----
    A customer with orders but without a known last order is "inactive". Nobody who bought on one day only is loyal.
    A gap sequence is called regular when its standard deviation does not exceed its mean: purchases at random moments
    (exponential gaps) have equal ones.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({
    ...     "first_order": pd.to_datetime(["2025-01-01", "2025-01-01", "2026-05-20", None]),
    ...     "last_order": pd.to_datetime(["2026-05-01", "2025-03-01", "2026-05-20", None]),
    ...     "n_orders": [12, 2, 1, 0],
    ...     "days_since_last_order": [30, 456, 11, None],
    ... })
    >>> sc.lifecycle(customers, active_days=90, new_days=30)[["status", "relation", "is_new"]]
         status   relation  is_new
    0    active      loyal   False
    1  inactive     former   False
    2    active    current    True
    3  prospect  potential   False
    """
    frame = frames.read(customers)
    schema = frame.collect_schema()
    check_columns(schema, ["first_order", "last_order", "n_orders", "days_since_last_order"])
    there = [name for name in OUTPUT if name in schema]
    if there:
        raise ColumnError(
            f"customers: {', '.join(there)} are there already; drop them before calling lifecycle again"
        )
    limits = thresholds or lifecycle_thresholds(
        customers, active_days=active_days, new_days=new_days, retention_days=retention_days
    )
    return frames.give_back(_labelled(frame, limits, schema))


def _labelled(frame: frames.Frame, limits: LifecycleThresholds, schema: Any) -> frames.Frame:
    silence, gap = nw.col(_SILENCE), nw.col(_GAP)
    active, bought = nw.col(_ACTIVE), nw.col(_BOUGHT)
    measured = _measured(frame).with_columns(
        (nw.col(_BOUGHT) & (silence <= limits.active_days).fill_null(False)).alias(_ACTIVE),
        _habitual(limits, schema, gap).alias(_LOYAL),
    )
    loyal = active & nw.col(_LOYAL)
    labelled = measured.with_columns(
        status=_chosen((active, "active"), (bought, "inactive"), otherwise="prospect"),
        relation=_chosen((loyal, "loyal"), (active, "current"), (bought, "former"), otherwise="potential"),
        is_new=bought & (silence + nw.col(_SPAN) <= limits.new_days).fill_null(False),
        soon_lost=active & _fading(limits, schema, silence, gap),
        retention_due=_forgotten(limits, schema, silence),
    )
    return labelled.select(*schema, *OUTPUT)


def _chosen(*cases: tuple[nw.Expr, str], otherwise: str) -> nw.Expr:
    value: nw.Expr = nw.lit(otherwise)
    for condition, name in reversed(cases):
        value = nw.when(condition).then(nw.lit(name)).otherwise(value)
    return value


def _habitual(limits: LifecycleThresholds, schema: Any, gap: nw.Expr) -> nw.Expr:
    """Repeats, regularity and, where it is known, the share of wallet."""
    repeats = (nw.col(_REPEATS) >= limits.loyal_repeats).fill_null(False)
    habitual = repeats & (gap <= limits.active_days).fill_null(False)
    if "gap_sd" in schema:
        habitual = habitual & ~(_known("gap_sd") > gap).fill_null(False)
    shares = [_known(name) for name in SHARES if name in schema]
    if shares:
        enough = frames.any_true((share >= 0.5).fill_null(False) for share in shares)
        known = frames.any_true(~share.is_null() for share in shares)
        habitual = habitual & (enough | ~known)
    return habitual


def _fading(limits: LifecycleThresholds, schema: Any, silence: nw.Expr, gap: nw.Expr) -> nw.Expr:
    fading = _known("p_alive") < 0.5 if "p_alive" in schema else silence > gap * limits.overdue_factor
    if limits.valuable_revenue is None or "revenue" not in schema:
        return fading.fill_null(False)
    return fading.fill_null(False) & (_known("revenue") >= limits.valuable_revenue).fill_null(False)


def _forgotten(limits: LifecycleThresholds, schema: Any, silence: nw.Expr) -> nw.Expr:
    """No order and no contact for too long; what is not known does not count as forgotten."""
    long_silence = (silence >= limits.retention_days).fill_null(False)
    if "last_contact" not in schema or limits.as_of is None:
        return long_silence
    contact = float(limits.as_of) - frames.days(nw.col("last_contact"), dtype=nw.Float64)
    long_ago = (contact >= limits.retention_days).fill_null(False)
    return (long_silence & (long_ago | contact.is_null())) | (long_ago & silence.is_null())
