"""Every public function that takes a table of customers, orders or people, with the columns that it reads."""

import functools
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from sklearn.base import clone

import segmentclient as sc
from segmentclient.personas import check_people

RULES = [sc.Rule("good", "revenue > 100 and n_orders >= 2")]


def orders(n_customers=55, seed=3):
    """A small sound log: dates, money, order numbers and one more column."""
    rng = np.random.default_rng(seed)
    n = 5 * n_customers
    who = np.r_[np.arange(n_customers), rng.integers(0, n_customers, n - n_customers)]
    return pd.DataFrame(
        {
            "customer_id": [f"c{one:03}" for one in who],
            "date": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 500, n), "D"),
            "amount": rng.integers(100, 20_000, n) / 100,
            "shop": rng.choice(["north", "south"], n),
        }
    )


@functools.cache
def _customers(n_customers):
    """A sound customers table, with every column that the functions below may want."""
    table = sc.segment_rfm(
        sc.score_rfm(sc.summarize_customers(orders(n_customers), gaps=True), bins=3), segments="klaviyo"
    )
    rng = np.random.default_rng(5)
    return table.assign(
        lifetime_value=table["revenue"] * 1.5,
        p_alive=rng.uniform(0, 1, len(table)).round(3),
        cluster=np.where(table["revenue"] > table["revenue"].median(), "a", "b"),
    )


def customers(n_customers=55):
    """A sound customers table of its own."""
    return _customers(n_customers).copy()


def people(n_customers=55):
    """What is known of the people: numbers, text and dates."""
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "customer_id": [f"c{one:03}" for one in range(n_customers)],
            "age": rng.integers(18, 80, n_customers),
            "city": rng.choice(["Lyon", "Paris", "Nice"], n_customers),
            "birth_date": pd.Timestamp("1980-01-01")
            + pd.to_timedelta(rng.integers(0, 9_000, n_customers), "D"),
        }
    )


FEATURES = ["n_orders", "revenue"]
LIFETIME = ["frequency", "recency", "T"]


def _scratch():
    return Path(tempfile.mkdtemp(prefix="bad-inputs-"))


def _close(axes):
    import matplotlib.pyplot as plt

    plt.close("all")
    return axes


PARAMS = {"r": 0.5, "alpha": 20.0, "a": 0.8, "b": 2.5}
BGNBD = sc.BGNBD.from_params(**PARAMS)
MBGNBD = sc.MBGNBD.from_params(**PARAMS)
PARETO = sc.ParetoNBD.from_params(r=0.5, alpha=20.0, s=0.6, beta=40.0)
SPEND = sc.GammaGamma.from_params(p=6.0, q=4.0, v=50.0)
MODELS = sc.LifetimeModels(MBGNBD, SPEND)
BANDS = sc.GammaGammaByFrequency().fit(customers())
MIXED = sc.MixedSegmenter(3, categorical=["segment"])
MIXTURE = sc.MixtureSegmenter(2)
SEGMENTERS = [sc.KMeansSegmenter(3), sc.DensitySegmenter(10), sc.HierarchicalSegmenter(3), MIXTURE]
for one, names in ((MIXED, [*FEATURES, "segment"]), *((one, FEATURES) for one in SEGMENTERS)):
    one.fit(customers()[names])
PROCESSES = [
    BGNBD,
    MBGNBD,
    PARETO,
    sc.NBD.from_params(r=0.5, alpha=20.0),
    sc.BGCNBD.from_params(k=1, **PARAMS),
    sc.MBGCNBD.from_params(k=2, **PARAMS),
    sc.BGBB.from_params(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8),
]
ASKED = {
    "predict": {"t": 30},
    "expected_purchases": {"t": 30},
    "probability_alive": {},
    "conditional_pmf": {"n": 1, "t": 30},
    "purchase_interval": {"t": 30},
    "discounted_purchases": {"rate": 0.01},
    "next_purchase": {},
    "log_likelihood": {},
}
ANY = ["segment", *FEATURES]
# chart: its options, and the columns of a customers table that it reads
CHARTS = {
    "segment_grid": ({}, ["segment", "revenue", "r_score"]),
    "share_pairs": ({}, ["segment", "revenue"]),
    "value_distribution": ({}, ["lifetime_value"]),
    "score_histograms": ({}, ["days_since_last_order", "n_orders", "revenue"]),
    "snake_plot": ({"features": FEATURES, "by": "segment"}, ANY),
    "index_chart": ({"features": FEATURES}, ANY),
    "silhouette_plot": ({"features": FEATURES, "by": "segment"}, ANY),
    "pca_map": ({"features": FEATURES, "by": "segment"}, ANY),
    "persona_radar": ({"features": [*FEATURES, "frequency"], "segment": "champions"}, ANY),
    "persona_index": ({"features": FEATURES, "segment": "champions"}, ANY),
    "calibration_by_frequency": ({"expected": "p_alive", "actual": "n_orders"}, ["frequency", "p_alive", "n_orders"]),
    "calibration_by_decile": ({"expected": "p_alive", "actual": "n_orders"}, ["p_alive", "n_orders"]),
    "lifecycle_flow": ({"by": "segment"}, ["segment"]),
}  # fmt: skip


def _nameless(predict, table):
    """Predict from the features; scikit-learn warns of arrays, which have no names to compare."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        return predict(only(table, *FEATURES))


def only(table, *names):
    """Keep some columns, where they are."""
    if isinstance(table, pd.DataFrame):
        return table[[name for name in table.columns if name in names]]
    known = (
        table.columns
        if hasattr(table, "project")
        else table.collect_schema().names()
        if hasattr(table, "collect_schema")
        else []
    )
    return drop(table, *(name for name in known if name not in names))


# name: (function of a customers table, the columns of that table that it reads)
ON_CUSTOMERS = {
    "score_rfm": (lambda t: sc.score_rfm(drop(t, "r_score", "f_score", "m_score", "rfm_code", "segment"), bins=3), ["days_since_last_order", "n_orders", "revenue"]),
    "RFMScorer.fit": (lambda t: sc.RFMScorer(bins=3).fit(t).transform(drop(t, "r_score", "f_score", "m_score", "rfm_code", "segment")), ["days_since_last_order", "n_orders", "revenue"]),
    "segment_rfm": (lambda t: sc.segment_rfm(drop(t, "segment"), segments="klaviyo"), ["r_score", "f_score", "m_score"]),
    "segment_by_rules": (lambda t: sc.segment_by_rules(t, RULES, column="ruled"), ["revenue", "n_orders"]),
    "check_rules": (lambda t: sc.check_rules(RULES, t), ["revenue", "n_orders"]),
    "lifecycle": (lambda t: sc.lifecycle(t), ["days_since_last_order", "n_orders", "first_order", "last_order", "gap_sd", "T", "recency", "revenue"]),
    "add_prospects": (lambda t: sc.add_prospects(t, like(t, people(75))), ["customer_id"]),
    "segment_kmeans": (lambda t: sc.segment_kmeans(drop(t, "cluster"), FEATURES, n_clusters=3), FEATURES),
    "choose_k": (lambda t: sc.choose_k(t, FEATURES, k=(2, 3), progress="off"), FEATURES),
    "name_clusters": (lambda t: sc.name_clusters(t, FEATURES), ["cluster", *FEATURES]),
    "cluster_rules": (lambda t: sc.cluster_rules(t, FEATURES), ["cluster", *FEATURES]),
    "cluster_rfm_table": (lambda t: sc.cluster_rfm_table(t), ["cluster", "segment"]),
    "BGNBD": (lambda t: sc.BGNBD().fit(t), LIFETIME),
    "MBGNBD": (lambda t: sc.MBGNBD().fit(t), LIFETIME),
    "ParetoNBD": (lambda t: sc.ParetoNBD().fit(t), LIFETIME),
    "NBD": (lambda t: sc.NBD().fit(t), LIFETIME),
    "GammaGamma": (lambda t: sc.GammaGamma().fit(t), ["frequency", "monetary_value"]),
    "BGNBD.predict": (lambda t: BGNBD.predict(drop(t, "p_alive"), t=30), LIFETIME),
    "MBGNBD.predict": (lambda t: MBGNBD.predict(drop(t, "p_alive"), t=30), LIFETIME),
    "ParetoNBD.predict": (lambda t: PARETO.predict(drop(t, "p_alive"), t=30), LIFETIME),
    "BGNBD.expected_purchases": (lambda t: BGNBD.expected_purchases(t, t=30), LIFETIME),
    "BGNBD.probability_alive": (lambda t: BGNBD.probability_alive(t), LIFETIME),
    "GammaGamma.expected_purchase_value": (lambda t: SPEND.expected_purchase_value(t), ["frequency", "monetary_value"]),
    "fit_lifetime_models": (lambda t: sc.fit_lifetime_models(t, purchase="mbgnbd"), [*LIFETIME, "monetary_value"]),
    "predict_lifetime_value": (lambda t: sc.predict_lifetime_value(drop(t, "p_alive", "lifetime_value"), models=MODELS), [*LIFETIME, "monetary_value", "n_orders", "first_order", "last_order", "days_since_last_order"]),
    "value_by_segment": (lambda t: sc.value_by_segment(t, models=MODELS, n_draws=20), [*LIFETIME, "monetary_value", "segment"]),
    "profile_segments": (lambda t: sc.profile_segments(t), ["segment", "revenue", "n_orders", "lifetime_value", "p_alive", "days_since_last_order"]),
    "profile_segments(attributes)": (lambda t: sc.profile_segments(t, attributes=like(t, people())), ["customer_id", "segment"]),
    "explain_segments": (lambda t: sc.explain_segments(t, "segment", FEATURES), ["segment", *FEATURES]),
    "compare_periods": (lambda t: sc.compare_periods(t, like(t, customers())), ["customer_id", "segment", "revenue"]),
    "compare_periods(after)": (lambda t: sc.compare_periods(like(t, customers()), t), ["customer_id", "segment", "revenue"]),
    "update_customers": (lambda t: sc.update_customers(drop(t, "gap_sd", "sum_log_gaps", "clumpiness"), like(t, later_orders())), ["customer_id", "first_order", "last_order", "revenue", "n_orders", "first_day_revenue", "frequency", "days_since_last_order"]),
    "build_personas": (lambda t: sc.build_personas(t, attributes=like(t, people()), min_size=2), ["customer_id", "segment", "revenue", "n_orders", "last_order", "lifetime_value"]),
    "ideal_customer": (lambda t: sc.ideal_customer(t, like(t, people())), ["customer_id", "lifetime_value"]),
    "join_people": (lambda t: sc.join_people(t, like(t, people())), ["customer_id"]),
    "check_people": (lambda t: check_people(t, like(t, people())), ["customer_id"]),
    "build_report": (lambda t: sc.build_report(t), ["customer_id", "segment", "revenue", "n_orders", "first_order", "last_order", "days_since_last_order", "lifetime_value", "p_alive", "r_score"]),
    "export_excel": (lambda t: sc.export_excel(t, _scratch() / "book.xlsx"), ["customer_id", "segment", "revenue", "n_orders", "last_order", "r_score"]),
    "export_audiences": (lambda t: sc.export_audiences(t, _scratch() / "audiences"), ["customer_id", "segment", "revenue"]),
    "plot.segment_treemap": (lambda t: _close(sc.plot.segment_treemap(t)), ["segment", "revenue"]),
    "plot.segment_bars": (lambda t: _close(sc.plot.segment_bars(t)), ["segment", "revenue"]),
    "plot.rf_heatmap": (lambda t: _close(sc.plot.rf_heatmap(t)), ["r_score", "f_score", "revenue"]),
    "plot.lorenz_curve": (lambda t: _close(sc.plot.lorenz_curve(t)), ["revenue"]),
    "BGBB": (lambda t: sc.BGBB().fit(t), LIFETIME),
    "BGCNBD": (lambda t: sc.BGCNBD(k=2).fit(t), [*LIFETIME, "sum_log_gaps"]),
    "MBGCNBD": (lambda t: sc.MBGCNBD().fit(t), [*LIFETIME, "sum_log_gaps"]),
    "GammaGammaByFrequency": (lambda t: sc.GammaGammaByFrequency().fit(t), ["frequency", "monetary_value"]),
    "GammaGamma.log_likelihood": (lambda t: SPEND.log_likelihood(t), ["frequency", "monetary_value"]),
    "fit_with_lifetimes": (lambda t: sc.fit_with_lifetimes("bgnbd", t), LIFETIME),
    "fit_with_lifetimes(spend)": (lambda t: sc.fit_with_lifetimes("gamma_gamma", t), ["frequency", "monetary_value"]),
    "bootstrap_parameters": (lambda t: sc.bootstrap_parameters(sc.MBGNBD(), t, n=2), LIFETIME),
    "check_fit": (lambda t: sc.check_fit(MBGNBD, t), LIFETIME),
    "lifecycle_thresholds": (lambda t: sc.lifecycle_thresholds(t), ["days_since_last_order", "n_orders", "first_order", "last_order", "gap_sd"]),
    "cluster_stability": (lambda t: sc.cluster_stability(t, FEATURES, sc.KMeansSegmenter(3), times=2, progress="off"), FEATURES),
    "MixedSegmenter": (lambda t: sc.segment_clusters(drop(t, "cluster"), [*FEATURES, "segment"], sc.MixedSegmenter(3, categorical=["segment"])), [*FEATURES, "segment"]),
    "MixtureSegmenter.predict_proba": (lambda t: _nameless(MIXTURE.predict_proba, t), FEATURES),
    "MixedSegmenter.predict": (lambda t: MIXED.predict(only(t, *FEATURES, "segment")), [*FEATURES, "segment"]),
    "MixedSegmenter.assign": (lambda t: MIXED.assign(drop(t, "cluster")), [*FEATURES, "segment"]),
    "GammaGamma.predict": (lambda t: SPEND.predict(t), ["frequency", "monetary_value"]),
    "GammaGammaByFrequency.expected_purchase_value": (lambda t: BANDS.expected_purchase_value(t), ["frequency", "monetary_value"]),
    **{f"{type(one).__name__}.predict": (lambda t, one=one: _nameless(one.predict, t), FEATURES) for one in SEGMENTERS},
    **{f"{type(one).__name__}.assign": (lambda t, one=one: one.assign(drop(t, "cluster")), FEATURES) for one in SEGMENTERS},
    **{f"{type(one).__name__}.fit": (lambda t, one=one: clone(one).fit(only(t, *FEATURES)), FEATURES) for one in SEGMENTERS},
    **{f"segment_clusters({type(one).__name__})": (lambda t, one=one: sc.segment_clusters(drop(t, "cluster"), FEATURES, clone(one)), FEATURES) for one in SEGMENTERS},
    **{f"{type(model).__name__}.{method}": (lambda t, model=model, method=method, given=given: getattr(model, method)(drop(t, "p_alive"), **given), LIFETIME)
        for model in PROCESSES for method, given in ASKED.items() if f"{type(model).__name__}.{method}" not in {"BGNBD.predict", "MBGNBD.predict", "ParetoNBD.predict", "BGNBD.expected_purchases", "BGNBD.probability_alive"} and not (method == "discounted_purchases" and "CNBD" in type(model).__name__)},
    **{f"plot.{name}": (lambda t, name=name, given=given: _close(getattr(sc.plot, name)(t, **given)), columns) for name, (given, columns) in CHARTS.items()},
}  # fmt: skip

with warnings.catch_warnings(
    action="ignore", category=sc.SegmentClientWarning
):  # chance tells these people apart
    IDEAL = sc.ideal_customer(customers(), people())

# name: (function of an order log with customer_id, date, amount)
ON_ORDERS = {
    "clean_transactions": lambda t: sc.clean_transactions(t),
    "summarize_customers": lambda t: sc.summarize_customers(t),
    "summarize_customers(gaps)": lambda t: sc.summarize_customers(t, gaps=True),
    "summarize_customers(period)": lambda t: sc.summarize_customers(t, period="W"),
    "split_periods": lambda t: sc.split_periods(t, calibration_end="2025-12-31"),
    "update_customers(new)": lambda t: sc.update_customers(like(t, BEFORE), t),
    "compare_models": lambda t: sc.compare_models(t, calibration_end="2025-12-31", models=["mbgnbd"]),
    "cohort_retention": lambda t: sc.cohort_retention(t),
    "track_purchases": lambda t: sc.track_purchases(t, MBGNBD, calibration_end="2025-12-31"),
    "calibration_by_decile": lambda t: sc.calibration_by_decile(t, MBGNBD, calibration_end="2025-12-31"),
    "plot.alive_history": lambda t: _close(sc.plot.alive_history(t, model=MBGNBD, customer="c003")),
    "build_personas(transactions)": lambda t: sc.build_personas(
        like(t, customers()), transactions=t, min_size=2
    ),
}

# name: (function of a people table)
ON_PEOPLE = {
    "add_prospects(people)": lambda t: sc.add_prospects(like(t, customers()), t),
    "join_people(people)": lambda t: sc.join_people(like(t, customers()), t),
    "check_people(people)": lambda t: check_people(like(t, customers()), t),
    "profile_segments(people)": lambda t: sc.profile_segments(like(t, customers()), attributes=t),
    "build_personas(people)": lambda t: sc.build_personas(like(t, customers()), attributes=t, min_size=2),
    "ideal_customer(people)": lambda t: sc.ideal_customer(like(t, customers()), t),
    "IdealCustomer.score(people)": lambda t: IDEAL.score(t),
    "apply_typology": lambda t: sc.apply_typology(t, "expertise"),
}

BEFORE = sc.summarize_customers(orders().assign(date=lambda t: t["date"] - pd.Timedelta(days=600)))


def later_orders():
    """Orders after those of `customers()`."""
    return orders(60, seed=11).assign(date=lambda t: t["date"] + pd.Timedelta(days=600))


def like(table, other):
    """Turn a pandas table into one on the engine of `table` (and on its DuckDB connection)."""
    name = type(table).__module__.split(".")[0]
    if name == "polars":
        made = pl.from_pandas(other)
        return made.lazy() if isinstance(table, pl.LazyFrame) else made
    if "duckdb" in name:
        import conftest

        return conftest.DUCKDB.from_df(other)
    return other


def drop(table, *names):
    """Leave out columns that the function will make, where they are."""
    if hasattr(table, "project"):
        kept = [name for name in table.columns if name not in names]
        return table.project(", ".join('"' + name.replace('"', '""') + '"' for name in kept))
    if hasattr(table, "collect_schema"):
        return table.drop(*[name for name in names if name in table.collect_schema().names()])
    if isinstance(table, pd.DataFrame):
        return table.drop(columns=[name for name in names if name in table.columns])
    return table
