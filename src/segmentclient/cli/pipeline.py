"""The main job, from orders to labelled customers, as the commands need it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import segmentclient as sc
from segmentclient import frames
from segmentclient.cli.progress import Progress
from segmentclient.cli.tables import read_orders
from segmentclient.errors import SegmentClientError
from segmentclient.writing import whole_file

__all__ = ["STEPS", "Analysis", "analyse"]

STEPS = 6


@dataclass(frozen=True)
class Analysis:
    """Everything that the report, the charts and the files are made of; the customers are a pandas frame."""

    clean: sc.CleanTransactions
    customers: Any
    scorer: sc.RFMScorer
    models: Any
    values: Any
    terms: Mapping[str, Any]


def analyse(options: argparse.Namespace, progress: Progress) -> Analysis:
    """Read, clean, sum, score, name, fit and predict."""
    progress.step("reading {path} and setting faulty rows aside", path=options.orders)
    clean = _read_once(clean_orders(read_orders(options), options), options.orders)
    progress.step("summing the rows into customers ({n})", n=clean.kept_rows)
    summary = frames.read(sc.summarize_customers(clean.transactions, as_of=options.as_of))
    customers = frames.collect(summary).sort_values("customer_id", ignore_index=True)
    return label(clean, customers, options, progress)


def _read_once(clean: sc.CleanTransactions, path: str) -> sc.CleanTransactions:
    """Hold the rows kept of a text file in DuckDB, which spills to disk: each later step would parse the text again."""
    relation = clean.transactions
    if not hasattr(relation, "create") or path.lower().endswith((".parquet", ".pq")):
        return clean
    relation.create("segmentclient_orders")
    return replace(clean, transactions=relation.query("cleaned", "select * from segmentclient_orders"))


def clean_orders(raw: Any, options: argparse.Namespace) -> sc.CleanTransactions:
    """Clean the orders as the options say."""
    if options.exclude and options.exclude_column:
        raise SegmentClientError(
            "--exclude and --exclude-column do not go together: mark these customers in the column too"
        )
    return sc.clean_transactions(
        raw,
        customer_id=options.customer_id,
        date=options.date,
        amount=options.amount,
        order_id=options.order_id,
        quantity=options.quantity,
        unit_price=options.unit_price,
        returns=options.returns,
        duplicates=options.duplicates,
        exclude=options.exclude_column or options.exclude or None,
        timezone=options.timezone,
        date_format=options.date_format,
        decimal=options.decimal,
    )


def label(
    clean: sc.CleanTransactions, customers: Any, options: argparse.Namespace, progress: Progress
) -> Analysis:
    """Score and name the customers, then predict what they will bring."""
    progress.step("scoring and naming the customers ({n})", n=len(customers))
    scorer = _scorer(customers, options)
    customers = sc.segment_rfm(scorer.transform(customers), segments=options.segments)
    progress.step("fitting the models of purchases and spend")
    models = sc.fit_lifetime_models(customers, purchase=options.purchase, spend=options.spend)
    progress.step("predicting the value up to the horizon, {horizon}", horizon=options.horizon)
    terms = {
        "horizon": options.horizon,
        "margin": options.margin,
        "annual_discount_rate": options.annual_discount_rate,
        "interval": 0.9,
    }
    customers = sc.predict_lifetime_value(customers, models=models, **terms)
    progress.step("simulating the value of each segment")
    values = sc.value_by_segment(customers, models=models, n_draws=200, **terms)
    return Analysis(clean, customers, scorer, models, values, terms)


def _scorer(customers: Any, options: argparse.Namespace) -> sc.RFMScorer:
    """Apply the stored cut points where there are some, else learn them for the chosen map (and store them)."""
    stored = Path(options.scorer) if getattr(options, "scorer", None) else None
    if stored is not None and stored.exists():
        return sc.RFMScorer.from_json(stored.read_text(encoding="utf-8", errors="replace"))
    scorer = sc.RFMScorer(bins=sc.SegmentMap.preset(options.segments).bins).fit(customers)
    if stored is not None:
        with whole_file(stored) as draft:
            draft.write_text(scorer.to_json(), encoding="utf-8")
    return scorer
