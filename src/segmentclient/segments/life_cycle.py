"""Where customers stand: prospect, active, inactive; potential, current, loyal, former; new; soon lost.

Two steps: `lifecycle_thresholds` learns the thresholds from the gaps between purchases (a dozen numbers), `lifecycle`
compares each row with them, in the caller's engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, raise_all
from segmentclient.options import check_options
from segmentclient.segments.thresholds import (
    BOUGHT,
    GAP,
    REPEATS,
    SILENCE,
    SPAN,
    LifecycleThresholds,
    check_standing,
    known,
    lifecycle_thresholds,
    measured,
)

__all__ = ["lifecycle"]

OUTPUT = ("status", "relation", "is_new", "soon_lost", "retention_due")
SHARES = ("share_of_wallet", "brand_share", "store_share")
_ACTIVE, _LOYAL = "_segmentclient_active", "_segmentclient_loyal"


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
    customers : the customers table: `n_orders`, `days_since_last_order`, and the dates `first_order` and `last_order`
        (without them `recency`, taken as days); with prospects or without (see `add_prospects`).
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
    A customer with orders but without a known last order is "inactive". Nobody who is known to have bought on one day
    only is loyal; where gaps are unknown, regularity is not asked for.
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
    check_options(lifecycle, locals())
    frame = frames.read(customers)
    schema = frames.schema_of(frame)
    check_standing(schema)
    there = frames.taken(frame, OUTPUT)
    if there:
        raise ColumnError(
            f"customers: {', '.join(there)} are there already; drop them before calling lifecycle again"
        )
    limits = thresholds or lifecycle_thresholds(
        customers, active_days=active_days, new_days=new_days, retention_days=retention_days
    )
    return frames.give_back(_labelled(frame, limits, schema))


@frames.said_by_engine("customers")
def _labelled(frame: frames.Frame, limits: LifecycleThresholds, schema: Any) -> frames.Frame:
    silence, gap = nw.col(SILENCE), nw.col(GAP)
    active, bought = nw.col(_ACTIVE), nw.col(BOUGHT)
    seen = measured(frame)
    _refuse_unknown_standing(seen)
    stands = seen.with_columns(
        (nw.col(BOUGHT) & (silence <= limits.active_days).fill_null(False)).alias(_ACTIVE),
        _habitual(limits, schema, gap).alias(_LOYAL),
    )
    loyal = active & nw.col(_LOYAL)
    labelled = stands.with_columns(
        status=_chosen((active, "active"), (bought, "inactive"), otherwise="prospect"),
        relation=_chosen((loyal, "loyal"), (active, "current"), (bought, "former"), otherwise="potential"),
        is_new=bought & (silence + nw.col(SPAN) <= limits.new_days).fill_null(False),
        soon_lost=active & _fading(limits, schema, silence, gap),
        retention_due=_forgotten(limits, schema, silence),
    )
    return labelled.select(*schema, *OUTPUT)


def _refuse_unknown_standing(seen: frames.Frame) -> None:
    """Who bought, and nobody knows when, is neither active nor inactive; fewer than no orders are no prospect's."""
    silence = nw.col(SILENCE)
    facts = frames.one_row(
        seen,
        unknown=frames.count_of(nw.col(BOUGHT) & (silence.is_null() | ~silence.is_finite())),
        odd=frames.count_of((known("n_orders") < 0).fill_null(False)),
    )
    raise_all(_standing_problems(facts), table="customers")


def _standing_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts["unknown"]:
        yield (
            f"column 'days_since_last_order' has {facts['unknown']:,.0f} missing or infinite cells where n_orders is above 0; "
            "summarize_customers makes it, or leave those rows out"
        )
    if facts["odd"]:
        yield f"column 'n_orders' has {facts['odd']:,.0f} cells below 0; expected counts of orders, as summarize_customers makes them"


def _chosen(*cases: tuple[nw.Expr, str], otherwise: str) -> nw.Expr:
    value: nw.Expr = nw.lit(otherwise)
    for condition, name in reversed(cases):
        value = nw.when(condition).then(nw.lit(name)).otherwise(value)
    return value


def _habitual(limits: LifecycleThresholds, schema: Any, gap: nw.Expr) -> nw.Expr:
    """Repeats, regularity and, where it is known, the share of wallet."""
    repeats = (nw.col(REPEATS) >= limits.loyal_repeats).fill_null(False)
    habitual = repeats & ((gap <= limits.active_days).fill_null(False) | nw.col(SPAN).is_null())
    if "gap_sd" in schema:
        habitual = habitual & ~(known("gap_sd") > gap).fill_null(False)
    shares = [known(name) for name in SHARES if name in schema]
    if shares:
        enough = frames.any_true((share >= 0.5).fill_null(False) for share in shares)
        told = frames.any_true(~share.is_null() for share in shares)
        habitual = habitual & (enough | ~told)
    return habitual


def _fading(limits: LifecycleThresholds, schema: Any, silence: nw.Expr, gap: nw.Expr) -> nw.Expr:
    fading = known("p_alive") < 0.5 if "p_alive" in schema else silence > gap * limits.overdue_factor
    if limits.valuable_revenue is None or "revenue" not in schema:
        return fading.fill_null(False)
    return fading.fill_null(False) & (known("revenue") >= limits.valuable_revenue).fill_null(False)


def _forgotten(limits: LifecycleThresholds, schema: Any, silence: nw.Expr) -> nw.Expr:
    """No order and no contact for too long; what is not known does not count as forgotten."""
    long_silence = (silence >= limits.retention_days).fill_null(False)
    if "last_contact" not in schema or limits.as_of is None:
        return long_silence
    contact = float(limits.as_of) - frames.days(frames.day_column(schema, "last_contact"), dtype=nw.Float64)
    long_ago = (contact >= limits.retention_days).fill_null(False)
    return (long_silence & (long_ago | contact.is_null())) | (long_ago & silence.is_null())
