"""Does the model fit? One table of findings, each with a number, a verdict and a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.customers import summarize_customers
from segmentclient.errors import ModelError, not_fitted
from segmentclient.lifetime.catalogue import purchase_of
from segmentclient.lifetime.gaps import check_gaps
from segmentclient.lifetime.histories import Histories, read_columns, read_histories
from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.lifetime.identification import doubts
from segmentclient.lifetime.soundness import COLUMNS, Array
from segmentclient.lifetime.spending import spend_frequency_correlation
from segmentclient.lifetime.tracking import track_purchases
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.schema import check_columns

__all__ = ["check_fit", "estimate_regularity"]

Verdict = Literal["fine", "doubt", "refused", "unknown"]

_BINS = 8  # 0, 1, … 6, 7 and more repeat purchases
_SEASON = 0.2  # a month or so that misses by more than this is a finding
_REGULAR, _CONTRACT = 1.5, 12.0


@dataclass(frozen=True)
class _Finding:
    check: str
    verdict: Verdict
    value: float
    finding: str


def check_fit(model: Any, customers: Any, transactions: Any = None, *, lang: str = "en") -> Any:
    """Check what a fitted model of purchases assumes, and say what was found.

    Parameters
    ----------
    model : a fitted model of purchases, or a `LifetimeModels`.
    customers : the table it was fitted on; with `gaps=True` in `summarize_customers` the regularity of purchases is
        checked without the log.
    transactions : the order log, for tracking and seasonality (optional).
    lang : "en" or "fr", the language of the sentences.

    Returns
    -------
    pandas.DataFrame
        One row a check: `check`, `verdict` ("fine", "doubt", "refused" or "unknown"), `value`, `finding` (a sentence). Checks:
        "identification" (number of doubts), "one_time_buyers" (their share, where the model calls them all
        alive), "frequencies" (share of customers in the wrong class of a chi-square comparison), "tracking" (bias of the
        cumulated purchases), "seasonality" (worst four weeks, actual / expected − 1), "spend" (correlation of
        frequency and spend), "regularity" (Erlang shape of the gaps; 1 is random) and "contract" (the same: beyond 12
        purchases come by the calendar, as subscriptions do, and these models do not apply).

    Examples
    --------
    >>> import segmentclient as sc
    >>> log = sc.datasets.load_cdnow()
    >>> customers = sc.split_periods(log, calibration_end="1997-09-30")
    >>> model = sc.MBGNBD().fit(customers)
    >>> sc.check_fit(model, customers)[["check", "verdict"]].head(3)
                check verdict
    0  identification    fine
    1     frequencies    fine
    2           spend    fine
    """
    check_options(check_fit, locals(), error=ModelError)
    import pandas as pd

    L = language(lang)
    purchase = purchase_of(model)
    if not hasattr(purchase, "params_"):
        raise not_fitted(purchase)
    known = frames.give_back(_buyers(frames.read(customers)))
    histories = read_histories(*read_columns(known, COLUMNS))
    findings = [
        _identification(purchase, L),
        *_one_time_buyers(purchase, histories, L),
        _frequencies(purchase, histories, L),
    ]
    if transactions is not None:
        findings += _over_time(purchase, histories, transactions, L)
    findings += [*_spend(known, L), *_gaps(purchase, known, transactions, L)]
    return pd.DataFrame([vars(finding) for finding in findings])


def _buyers(frame: frames.Frame) -> frames.Frame:
    check_columns(frames.schema_of(frame), ["frequency"])
    return frame.filter(~nw.col("frequency").is_null())


def _identification(model: Any, L: Language) -> _Finding:
    found = doubts(model, L)
    sentence = " ".join(found) or L.text("The data determine every parameter.")
    return _Finding("identification", "doubt" if found else "fine", len(found), sentence)


def _one_time_buyers(model: Any, histories: Histories, L: Language) -> Iterator[_Finding]:
    """BG/NBD and its kin call everyone alive who bought once: nobody leaves before a second purchase."""
    if type(model).__name__ not in {"BGNBD", "BGCNBD"}:
        return
    share = float(histories.counts[histories.frequency == 0].sum() / histories.n_customers)
    sentence = L.text(
        "P(alive) is 1 for all who bought once, {share} of customers, because nobody can leave before a second purchase: never "
        "call customers lost by it; MBG/NBD can tell them apart.",
        share=L.percent(share),
    )
    yield _Finding("one_time_buyers", "doubt" if share > 0 else "fine", share, sentence)


# ---------------------------------------------------------------- how often


def _frequencies(model: Any, histories: Histories, L: Language) -> _Finding:
    observed, expected = frequency_classes(model, histories)
    kept = expected > 0
    chi_square = float((((observed - expected) ** 2)[kept] / expected[kept]).sum())
    wrong = float(np.abs(observed - expected).sum() / 2.0 / observed.sum())
    degrees = max(_BINS - 1 - len(model.params_), 1)
    p_value = _chi_square_tail(chi_square, degrees)
    sentence = L.text(
        "{share} of customers fall into another class of 0 to 7 and more repeat purchases than expected (chi-square {chi}, p = {p}).",
        share=L.percent(wrong),
        chi=L.number(chi_square, 1),
        p=L.number(p_value, 3),
    )
    return _Finding("frequencies", "doubt" if p_value < 0.01 and wrong > 0.02 else "fine", wrong, sentence)


def frequency_classes(model: Any, histories: Histories) -> tuple[Array, Array]:
    """Count customers by repeat purchases (0 to 6, 7 and more): observed, and expected from their ages `T`."""
    ages, place = np.unique(histories.T, return_inverse=True)
    sizes = np.bincount(place, histories.counts)
    if ages.size > 500:
        ages, sizes = _thinned(ages, sizes, 500)
    n = np.arange(_BINS - 1)
    expected = sizes @ np.asarray(model.pmf(n[None, :], ages[:, None]), float)
    observed = np.bincount(
        np.minimum(histories.frequency, _BINS - 1).astype(int), histories.counts, minlength=_BINS
    )
    return observed, np.append(expected, max(observed.sum() - expected.sum(), 0.0))


def _thinned(ages: Array, sizes: Array, most: int) -> tuple[Array, Array]:
    """Merge neighbouring ages into at most so many, each at its mean."""
    group = np.arange(ages.size) * most // ages.size
    total = np.bincount(group, sizes)
    return np.bincount(group, ages * sizes) / total, total


def _chi_square_tail(value: float, degrees: int) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(degrees / 2.0, value / 2.0))


# ---------------------------------------------------------------- when


def _over_time(model: Any, histories: Histories, transactions: Any, L: Language) -> Iterator[_Finding]:
    """Tracking bias, and the worst four weeks of the calendar beyond what chance explains."""
    steps = track_purchases(transactions, model)
    bias = float(steps["cumulative_expected"].iloc[-1] / max(steps["cumulative_actual"].iloc[-1], 1) - 1.0)
    more = L.text(
        "Over the whole log the model expects {share} more purchases than were made.",
        share=L.percent(abs(bias)),
    )
    fewer = L.text(
        "Over the whole log the model expects {share} fewer purchases than were made.",
        share=L.percent(abs(bias)),
    )
    sentence = more if bias >= 0 else fewer
    yield _Finding("tracking", "doubt" if abs(bias) > 0.1 else "fine", bias, sentence)
    months = (
        steps.assign(month=np.arange(len(steps)) // 4)
        .groupby("month")
        .agg(
            end=("end", "max"), actual=("actual", "sum"), expected=("expected", "sum"), weeks=("end", "size")
        )
    )
    months = months[(months["weeks"] == 4) & (months["expected"] > 0)]
    if months.empty:
        yield _Finding("seasonality", "unknown", math.nan, L.text("The log is shorter than four weeks."))
        return
    level = months["expected"] / (1.0 + bias)
    miss = months["actual"] / level - 1.0
    sure = (months["actual"] - level).abs() > 3.0 * np.sqrt(level)
    worst = miss.where(sure, 0.0).abs().idxmax()
    value = float(miss[worst])
    found = bool(sure[worst] and abs(value) > _SEASON)
    places = {"day": L.date(months["end"][worst].date()), "share": L.percent(abs(value))}
    high = L.text(
        "The four weeks to {day} brought {share} more purchases than their level: these models know no season.",
        **places,
    )
    low = L.text(
        "The four weeks to {day} brought {share} fewer purchases than their level: these models know no season.",
        **places,
    )
    calm = L.text("No four weeks miss by more than {share} beyond chance.", share=L.percent(_SEASON, 0))
    yield _Finding(
        "seasonality", "doubt" if found else "fine", value, (high if value > 0 else low) if found else calm
    )


# ---------------------------------------------------------------- how much, how regularly


def _spend(customers: Any, L: Language) -> Iterator[_Finding]:
    if "monetary_value" not in frames.read(customers).collect_schema():
        return
    facts = spend_frequency_correlation(customers)
    value = max((facts["plain"], facts["logs"]), key=abs)
    sentence = L.text(
        "Spend and frequency correlate at {plain} ({logs} in logarithms) over {n} repeat buyers; Gamma-Gamma takes them for independent.",
        plain=L.number(facts["plain"], 2),
        logs=L.number(facts["logs"], 2),
        n=L.number(facts["repeaters"]),
    )
    yield _Finding("spend", "doubt" if abs(value) > _SEASON else "fine", value, sentence)


def _gaps(model: Any, customers: Any, transactions: Any, L: Language) -> Iterator[_Finding]:
    unit_days = days_a_unit(model.get_params().get("time_unit", "D"))
    columns = frames.read(customers).collect_schema()
    if "sum_log_gaps" in columns:
        k = estimate_regularity(customers, unit_days=unit_days)
    elif transactions is not None:
        k = estimate_regularity(summarize_customers(transactions, gaps=True))
    else:
        sentence = L.text("Not checked: summarize_customers(gaps=True), or the log, is needed.")
        yield _Finding("regularity", "unknown", math.nan, sentence)
        return
    if math.isnan(k):
        yield _Finding("regularity", "unknown", k, L.text("Too few customers bought often enough to tell."))
        return
    shape = L.number(k, 2)
    told = {
        False: L.text("Purchases come at random times (Erlang shape {k}).", k=shape),
        True: L.text(
            "Purchases come more regularly than at random (Erlang shape {k}): BG/CNBD-k or MBG/CNBD-k suits better.",
            k=shape,
        ),
    }
    yield _Finding("regularity", "doubt" if k > _REGULAR else "fine", k, told[k > _REGULAR])
    if k > _CONTRACT:
        sentence = L.text(
            "Purchases come by the calendar (Erlang shape {k}), as subscriptions do: whether such a customer has left is known, "
            "not to be inferred, so these models do not apply.",
            k=shape,
        )
        yield _Finding("contract", "refused", k, sentence)


def estimate_regularity(customers: Any, *, unit_days: float = 1.0) -> float:
    """Estimate the Erlang shape k of the days between purchases, shared by all customers (1 is Poisson).

    Solves Σ (ln of the mean gap − mean of ln gaps) = Σ (ψ(n·k) − ln n − ψ(k)) over customers with n ≥ 3 gaps, which
    is unbiased however few gaps each has.

    Parameters
    ----------
    customers : table with `frequency`, `recency` and `sum_log_gaps`; two sums are collected a frequency.
    unit_days : days of the unit of `recency`.

    Returns
    -------
    float
        NaN with fewer than 30 such customers.
    """
    frame = frames.read(customers)
    table = frames.collect(
        frame.select("frequency", "recency", "sum_log_gaps").filter(nw.col("frequency") >= 3)
    )
    if len(table) < 30:
        return math.nan
    check_gaps(frame, unit_days)
    n = table["frequency"].to_numpy(dtype=float)
    unevenness = (
        np.log(table["recency"].to_numpy(dtype=float) * unit_days / n)
        - table["sum_log_gaps"].to_numpy(dtype=float) / n
    )
    return _solve_shape(n, float(unevenness.sum()))


def _solve_shape(n: Array, unevenness: float, low: float = 0.05, high: float = 1000.0) -> float:
    from scipy.special import psi

    sizes, counts = np.unique(n, return_counts=True)
    for _ in range(80):
        k = math.sqrt(low * high)
        expected = float(counts @ (psi(sizes * k) - np.log(sizes) - psi(k)))
        low, high = (k, high) if expected > unevenness else (low, k)
    return math.sqrt(low * high)
