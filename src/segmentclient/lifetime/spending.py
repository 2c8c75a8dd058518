"""Fit the model of spend, and warn where its assumption fails: that spend and frequency are independent."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import ModelError, SegmentClientWarning
from segmentclient.lifetime.catalogue import model_class
from segmentclient.lifetime.sentences import Sentence
from segmentclient.locale import language

__all__ = ["fit_spend", "spend_frequency_correlation"]

_CORRELATED = 0.2


def fit_spend(customers: Any, name: str, time_unit: str) -> tuple[Any, list[Sentence]]:
    """Fit the model of spend called `name`; the sentences say what had to be done otherwise."""
    frame = frames.read(customers)
    facts = _spend_facts(frame)
    if not facts["repeaters"]:
        return _one_mean(frame, time_unit)
    if name == "gamma_gamma":
        _warn_correlation(facts)
    return model_class(name)(time_unit=time_unit).fit(customers), []


def _one_mean(frame: frames.Frame, time_unit: str) -> tuple[Any, list[Sentence]]:
    """Without a repeat purchase there is nothing to shrink towards: everyone gets the mean purchase (1 if unknown)."""
    columns = frame.collect_schema()
    mean = None
    if {"revenue", "frequency"} <= set(columns):
        row = frames.one_row(frame, money=nw.col("revenue").sum(), days=(nw.col("frequency") + 1).sum())
        mean = row["money"] / row["days"] if row["money"] and row["money"] > 0 else None
    if mean is None:
        raise ModelError(
            "nobody bought again for a positive amount, and there is no positive revenue: the value of a purchase is unknown"
        )
    sentence = Sentence(
        "Nobody bought again: every purchase is taken to bring the mean, {mean}.", {"mean": float(mean)}
    )
    warnings.warn(sentence.tell(language("en")), SegmentClientWarning, stacklevel=5)
    return model_class("gamma_gamma").from_params(p=1.0, q=1e6, v=mean * (1e6 - 1.0), time_unit=time_unit), [
        sentence
    ]


def spend_frequency_correlation(customers: Any) -> dict[str, float]:
    """Give the correlation of frequency and spend among repeat buyers: plain, and of their logarithms."""
    return _spend_facts(frames.read(customers))


def _spend_facts(frame: frames.Frame) -> dict[str, Any]:
    x, m = nw.col("frequency").cast(nw.Float64), nw.col("monetary_value").cast(nw.Float64)
    with frames.said_by_engine("customers"):
        bought = frame.select(frequency=x, monetary_value=m).filter(
            (x > 0) & (m > 0) & x.is_finite() & m.is_finite()
        )
    pair = bought.with_columns(u=nw.col("frequency").log(), w=nw.col("monetary_value").log())
    names = {"plain": ("frequency", "monetary_value"), "logs": ("u", "w")}
    sums = {"repeaters": nw.len()}
    for key, (one, two) in names.items():
        for tag, value in (
            ("x", nw.col(one)),
            ("y", nw.col(two)),
            ("xx", nw.col(one) ** 2),
            ("yy", nw.col(two) ** 2),
        ):
            sums[f"{key}_{tag}"] = value.sum()
        sums[f"{key}_xy"] = (nw.col(one) * nw.col(two)).sum()
    row = frames.one_row(pair, **sums)
    n = row["repeaters"] or 0
    return {"repeaters": n, **{key: _correlation(row, key, n) for key in names}}


def _correlation(row: Mapping[str, Any], key: str, n: int) -> float:
    if n < 3:
        return 0.0
    x, y, xx, yy, xy = (float(row[f"{key}_{tag}"]) / n for tag in ("x", "y", "xx", "yy", "xy"))
    spread = np.sqrt(max(xx - x * x, 0.0) * max(yy - y * y, 0.0))
    return float((xy - x * y) / spread) if spread > 1e-12 * (abs(x * y) + 1e-300) else 0.0


def _warn_correlation(facts: Mapping[str, Any]) -> None:
    worst = max((facts["plain"], facts["logs"]), key=abs)
    if abs(worst) > _CORRELATED and abs(worst) * np.sqrt(facts["repeaters"]) > 3:
        warnings.warn(
            f"spend and frequency are correlated ({facts['plain']:+.2f}, of logarithms {facts['logs']:+.2f}, over {facts['repeaters']:,.0f} "
            'repeat buyers), and Gamma-Gamma assumes that they are not; spend="gamma_gamma_by_frequency" allows for it',
            SegmentClientWarning,
            stacklevel=5,
        )
