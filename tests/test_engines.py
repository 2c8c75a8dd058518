"""One suite on every engine: the same numbers as pandas on the same log, and the same kind of table back."""

import shutil

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
import segmentclient as sc
from conftest import ENGINES
from segmentclient import frames

STRICT = ["polars", "polars-lazy", "duckdb", "pyarrow"]


def spark_session():
    if shutil.which("java") is None:
        pytest.skip("PySpark needs Java")
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    builder = sql.SparkSession.builder.master("local[2]").appName("segmentclient")
    quiet = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    for name, value in quiet.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def on_spark(table):
    return spark_session().createDataFrame(table)


def on_dask(table):
    dd = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
    return dd.from_pandas(table, npartitions=2)


def on_ibis(table):
    ibis = pytest.importorskip("ibis", reason="Ibis is not installed")
    return ibis.memtable(table)


OTHERS = {"pyspark": on_spark, "dask": on_dask, "ibis": on_ibis}
LONG = [
    pytest.param("pyspark", marks=pytest.mark.spark),
    pytest.param("dask", marks=pytest.mark.dask),
    pytest.param("ibis", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def log():
    rng = np.random.default_rng(11)
    n = 4000
    who = rng.integers(0, 700, n)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 600, n), unit="D")
    amount = np.round(np.where(rng.random(n) < 0.03, -1, 1) * rng.gamma(2, 15, n), 2)
    return pd.DataFrame(
        {
            "customer_id": who,
            "date": days.astype("datetime64[us]"),
            "amount": amount,
            "order_id": rng.integers(0, 2500, n),
        }
    )


@pytest.fixture(scope="module")
def models(log):
    customers = sc.summarize_customers(sc.clean_transactions(log).transactions, as_of="2025-12-31")
    return sc.LifetimeModels(sc.MBGNBD().fit(customers), sc.GammaGamma().fit(customers))


def clean(table, models):
    return sc.clean_transactions(table, order_id="order_id", exclude=[5]).transactions


def summary(table, models):
    return sc.summarize_customers(clean(table, models), as_of="2025-12-31")


def weekly(table, models):
    return sc.summarize_customers(clean(table, models), as_of="2025-12-31", period="W")


def split(table, models):
    return sc.split_periods(clean(table, models), calibration_end="2025-03-31")


def scores(table, models):
    return sc.segment_rfm(sc.score_rfm(summary(table, models)))


def rules(table, models):
    made = [
        sc.Rule("big", "revenue > 150 and n_orders >= 3"),
        sc.Rule("recent", "last_order >= date('2025-05-01')"),
    ]
    return sc.segment_by_rules(summary(table, models), made)


def stages(table, models):
    return sc.lifecycle(summary(table, models), active_days=300, new_days=60)


def predictions(table, models):
    return models.purchase.predict(summary(table, models), t=90)


def values(table, models):
    return sc.predict_lifetime_value(
        summary(table, models), models=models, margin=0.3, annual_discount_rate=0.1, interval=None
    )


STEPS = [clean, summary, weekly, split, scores, rules, stages, predictions, values]


def as_pandas(table):
    found = frames.collect(frames.read(table))
    return found.sort_values(list(found.columns[:3]), ignore_index=True)


def same(found, expected):
    assert list(found.columns) == list(expected.columns)
    assert len(found) == len(expected)
    for name in expected:
        left, right = found[name], expected[name]
        if pd.api.types.is_datetime64_any_dtype(right):
            assert (
                pd.to_datetime(left).to_numpy("datetime64[us]") == right.to_numpy("datetime64[us]")
            ).all(), name
        elif pd.api.types.is_numeric_dtype(right) and not pd.api.types.is_bool_dtype(right):
            np.testing.assert_allclose(
                left.to_numpy(float), right.to_numpy(float), rtol=1e-9, atol=1e-9, err_msg=name
            )
        else:
            assert left.astype(str).tolist() == right.astype(str).tolist(), name


@pytest.mark.filterwarnings("ignore::Warning")  # engines of others warn about themselves
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("engine", [*STRICT, *LONG])
def test_each_step_gives_what_pandas_gives(engine, step, log, models):
    table = {**ENGINES, **OTHERS}[engine](log)
    answer = step(table, models)
    assert type(answer) is type(table)
    same(as_pandas(answer), as_pandas(step(log, models)))


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("engine", [*STRICT, *LONG])
def test_small_results_are_the_same_pandas_tables(engine, log, models):
    table = {**ENGINES, **OTHERS}[engine](log)
    named, expected = scores(table, models), scores(log, models)
    same(sc.profile_segments(named), sc.profile_segments(expected))
    fit, plain = sc.BGNBD().fit(named), sc.BGNBD().fit(expected)
    np.testing.assert_allclose(fit.params_, plain.params_, rtol=1e-9)


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.skipif(shutil.which("java") is None, reason="PySpark needs Java")
def test_spark_in_short(log, models):
    """A smoke part of the Spark suite, wherever Java and PySpark are there."""
    pytest.importorskip("pyspark", reason="PySpark is not installed")
    answer = summary(on_spark(log), models)
    same(as_pandas(answer), as_pandas(summary(log, models)))


def test_plans_stay_plans(log, models):
    for engine in ("polars-lazy", "duckdb"):
        answer = values(ENGINES[engine](log), models)
        assert isinstance(frames.read(answer), nw.LazyFrame)
