"""Every chart with what it is drawn from, plain and hard, for the tests that look at all of them."""

import functools

import numpy as np
import pandas as pd

import segmentclient as sc
from segmentclient import plot

LONG = "Clients fidèles à reconquérir absolument"


def base(n=600, seed=3):
    rng = np.random.default_rng(seed)
    revenue = rng.lognormal(3.6, 1.2, n).round(2)
    return pd.DataFrame(
        {
            "segment": rng.choice(
                ["champions", "loyal", "about_to_sleep", "cant_lose", "lost", "potential_loyalists"], n
            ),
            "r_score": rng.integers(1, 6, n),
            "f_score": rng.integers(1, 6, n),
            "m_score": rng.integers(1, 6, n),
            "days_since_last_order": rng.integers(0, 400, n),
            "n_orders": rng.geometric(0.4, n),
            "frequency": rng.geometric(0.4, n) - 1,
            "revenue": revenue,
            "average_order_value": revenue / 2,
            "customer_id": np.arange(n),
            "expected_purchases": rng.gamma(1, 1, n).round(2),
            "holdout_purchases": rng.poisson(1, n),
            "lifetime_value": revenue * 0.4,
        }
    )


def table(case):
    customers = base()
    if case == "one segment":
        customers["segment"] = "champions"
    if case == "fifteen segments":
        customers["segment"] = [f"Segment numéro {n % 15}" for n in range(len(customers))]
        customers["revenue"] *= 1.6 ** (np.arange(len(customers)) % 15)
    if case == "long labels":
        customers["segment"] = customers["segment"].map(
            {key: f"{LONG[:-1]}{n}" for n, key in enumerate(customers["segment"].unique())}
        )
    if case == "zero revenue":
        customers[["revenue", "lifetime_value"]] = 0.0
    if case == "negative revenue":
        customers.loc[customers["segment"] == "lost", ["revenue", "lifetime_value"]] *= -1
    if case == "millions":
        customers[["revenue", "lifetime_value"]] *= 123_456
        customers["n_orders"] *= 10_007
    if case == "one customer":
        customers = customers.head(1)
    if case == "empty":
        customers = customers.head(0)
    return customers


CASES = [
    "plain",
    "one segment",
    "fifteen segments",
    "long labels",
    "zero revenue",
    "negative revenue",
    "millions",
    "one customer",
    "empty",
]
CUTS = {"recency": [30, 31, 180, 300], "frequency": [1, 1, 2, 3], "monetary": [15, 16, 45, 80]}
FEATURES = ["days_since_last_order", "n_orders", "revenue", "average_order_value", "frequency"]
PANELS = {"score_histograms": (3, 1), "k_page": (2, 2)}

# What each chart is drawn from, made from the customers of a case.
CHARTS = {
    "segment_treemap": {"currency": True},
    "share_pairs": {},
    "segment_bars": {"currency": True},
    "segment_grid": {},
    "rf_heatmap": {"currency": True},
    "lorenz_curve": {},
    "value_distribution": {"currency": True},
    "score_histograms": {"currency": True, "scorer": CUTS},
    "snake_plot": {"by": "segment", "features": FEATURES},
    "index_chart": {"features": FEATURES},
    "silhouette_plot": {"by": "segment", "features": FEATURES},
    "pca_map": {"by": "segment", "features": FEATURES},
    "persona_radar": {"features": FEATURES, "segment": True},
    "persona_index": {"features": FEATURES, "segment": True},
    "calibration_by_frequency": {},
    "calibration_by_decile": {},
}
MOVES = {"transition_heatmap": {}, "transition_flow": {}, "value_bridge": {"currency": True}}


def draw(name, table, lang, size, **given):
    """Draw a chart on a figure of one of our sizes, as a reader of that size would see it."""
    whole = plot.figure(size)
    if name in PANELS:
        whole.set_figheight(6)
    axes = whole.subplots(*PANELS.get(name, (1, 1)))
    getattr(plot, name)(table, ax=axes, lang=lang, **fill(table, lang, given))
    return whole


def fill(table, lang, given):
    """Put a currency and a segment where the options ask for some."""
    filled = dict(given)
    if filled.pop("currency", False):
        filled["currency"] = "EUR" if lang == "fr" else "USD"
    if filled.get("segment") is True:
        filled["segment"] = table["segment"].iloc[0]
    return filled


@functools.cache
def sources():
    """Every chart: what it is drawn from, and its options."""
    customers, rng = base(), np.random.default_rng(5)
    after = customers.assign(segment=np.roll(customers["segment"], 1), revenue=customers["revenue"] * 1.1)
    moved = sc.compare_periods(customers.iloc[:500], after.iloc[50:])
    model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
    log = sc.datasets.load_cdnow()
    weeks = sc.summarize_customers(log, as_of="1998-06-30", time_unit="W")
    totals = customers.groupby("segment", as_index=False)["lifetime_value"].sum()
    bounds = {
        f"lifetime_value_{end}": totals["lifetime_value"] * by for end, by in (("low", 0.8), ("high", 1.3))
    }
    stages = pd.DataFrame({"relation": rng.choice(["potential", "current", "loyal", "former"], 90)})
    found = {name: (customers, fill(customers, "en", CHARTS[name])) for name in CHARTS}
    found |= {name: (moved, fill(customers, "en", MOVES[name])) for name in MOVES}
    return found | {
        "lifecycle_flow": (stages, {}),
        "segment_values": (totals.assign(**bounds), {"currency": "USD"}),
        "k_page": (sc.choose_k(base(200), ["n_orders", "revenue"], k=range(2, 4), progress="off"), {}),
        "probability_alive_matrix": (model, {}),
        "expected_purchases_matrix": (model, {}),
        "alive_history": (
            log,
            {"model": model, "customer": log["customer_id"].iloc[0], "as_of": "1998-06-30"},
        ),
        "parameter_intervals": (sc.MBGNBD(time_unit="W").fit(weeks), {}),
        "tracking": (sc.track_purchases(log, model, calibration_end="1997-09-30"), {}),
        "cohort_heatmap": (sc.cohort_retention(log), {}),
    }
