"""One suite on every engine: the same numbers as pandas on the same log, and the same kind of table back."""

import shutil

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import segmentclient as sc
from conftest import ENGINES
from segmentclient import frames

others_may_warn = pytest.mark.filterwarnings("ignore::Warning")  # engines warn about themselves
STRICT = ["polars", "polars-lazy", "duckdb", "pyarrow"]


def spark_session():
    if shutil.which("java") is None:
        pytest.skip("PySpark needs Java")
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    builder = sql.SparkSession.builder.master("local[2]").appName("segmentclient")
    quiet = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.default.parallelism": "2",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.codegen.wholeStage": "false",  # small tables: compiling each plan costs more than it saves
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    for name, value in quiet.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def skip_what_is_not_there(engine, step):
    if (engine, step) in NOT_THERE:
        pytest.skip(NOT_THERE[engine, step])


def on_spark(table):
    return spark_session().createDataFrame(table).cache()


def on_dask(table):
    dd = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
    return dd.from_pandas(table, npartitions=2)


def on_ibis(table):
    ibis = pytest.importorskip("ibis", reason="Ibis is not installed")
    return ibis.memtable(table)


OTHERS = {"pyspark": on_spark, "dask": on_dask, "ibis": on_ibis}
NOT_THERE = {
    ("dask", "gaps"): "Dask has no ordered windows",
    ("dask", "profile"): "Dask has no medians by group",
}
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
def stages_of_work(log):
    """The pandas table at each stage, from which every step starts on its own."""
    transactions = sc.clean_transactions(log, order_id="order_id").transactions
    cut = pd.Timestamp("2025-04-01")
    before, after = transactions[transactions["date"] < cut], transactions[transactions["date"] >= cut]
    customers = sc.summarize_customers(transactions, as_of="2025-12-31")
    return {
        "log": log,
        "transactions": transactions,
        "old": sc.summarize_customers(before),
        "new": after,
        "customers": customers,
        "named": sc.segment_rfm(sc.score_rfm(customers)),
    }


@pytest.fixture(scope="module")
def models(stages_of_work):
    customers = stages_of_work["customers"]
    return sc.LifetimeModels(sc.MBGNBD().fit(customers), sc.GammaGamma().fit(customers))


MADE = {}  # tables of each engine, made once: a Spark table costs seconds


@pytest.fixture
def at(stages_of_work, models):
    """Give the table of a stage on an engine; `at("pandas")("customers")`."""

    def on(engine):
        def table(stage):
            if (engine, stage) not in MADE:
                MADE[engine, stage] = {**ENGINES, **OTHERS}[engine](stages_of_work[stage])
            return MADE[engine, stage]

        table.models = models
        return table

    return on


def clean(at):
    return sc.clean_transactions(at("log"), order_id="order_id", exclude=[5]).transactions


def summary(at):
    return sc.summarize_customers(at("transactions"), as_of="2025-12-31")


def weekly(at):
    return sc.summarize_customers(at("transactions"), as_of="2025-12-31", period="W")


def gaps(at):
    return sc.summarize_customers(at("transactions"), as_of="2025-12-31", gaps=True)


def split(at):
    return sc.split_periods(at("transactions"), calibration_end="2025-03-31")


def update(at):
    return sc.update_customers(at("old"), at("new"), as_of="2025-12-31")


def scores(at):
    return sc.segment_rfm(sc.score_rfm(at("customers")))


def rules(at):
    made = [
        sc.Rule("big", "revenue > 150 and n_orders >= 3"),
        sc.Rule("recent", "last_order >= date('2025-05-01')"),
    ]
    return sc.segment_by_rules(at("customers"), made)


def stages(at):
    return sc.lifecycle(at("customers"), active_days=300, new_days=60)


def predictions(at):
    return at.models.purchase.predict(at("customers"), t=90)


def values(at):
    return sc.predict_lifetime_value(
        at("customers"), models=at.models, margin=0.3, annual_discount_rate=0.1, interval=None
    )


def chain(table, models):
    """From the raw log to values without a halt, as one plan on engines that make plans."""
    transactions = sc.clean_transactions(table, order_id="order_id").transactions
    customers = sc.score_rfm(sc.summarize_customers(transactions, as_of="2025-12-31"))
    return sc.predict_lifetime_value(customers, models=models, interval=None)


STEPS = [clean, summary, weekly, gaps, split, update, scores, rules, stages, predictions, values]


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


@others_may_warn
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("engine", [*STRICT, *LONG])
def test_each_step_gives_what_pandas_gives(engine, step, at):
    skip_what_is_not_there(engine, step.__name__)
    answer = step(at(engine))
    assert type(answer) is type(at(engine)("log"))
    same(as_pandas(answer), as_pandas(step(at("pandas"))))


@others_may_warn
@pytest.mark.parametrize("engine", STRICT)
def test_the_whole_chain(engine, log, models):
    table = ENGINES[engine](log)
    answer = chain(table, models)
    assert type(answer) is type(table)
    same(as_pandas(answer), as_pandas(chain(log, models)))


@others_may_warn
@pytest.mark.parametrize("engine", [*STRICT, *LONG])
def test_profiles_are_the_same_pandas_tables(engine, at):
    skip_what_is_not_there(engine, "profile")
    same(sc.profile_segments(at(engine)("named")), sc.profile_segments(at("pandas")("named")))


@others_may_warn
@pytest.mark.parametrize("engine", [*STRICT, *LONG])
def test_a_model_fitted_on_any_engine_is_the_same(engine, at):
    for model in (sc.BGNBD, sc.GammaGamma):
        found, expected = (model().fit(at(one)("customers")).params_ for one in (engine, "pandas"))
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_plans_stay_plans(log, models):
    for engine in ("polars-lazy", "duckdb"):
        assert isinstance(frames.read(chain(ENGINES[engine](log), models)), nw.LazyFrame)


@pytest.mark.parametrize("engine", ["pandas", *STRICT])
def test_month_by_month_equals_the_whole_log(engine, log):
    """Refunds of a month without a purchase still reach customers who bought before."""
    to_engine = ENGINES[engine]
    log = log.drop(columns="order_id")  # an order with lines in both months would count once in each
    bought = log[log["amount"] >= 0].groupby("customer_id")["date"].min()
    log = log[
        log["date"] >= log["customer_id"].map(bought)
    ]  # a refund before any purchase is in no month's table
    cut = pd.Timestamp("2025-06-01")
    old = to_engine(
        sc.summarize_customers(sc.clean_transactions(log[log["date"] < cut]).transactions)
    )  # kept, as the guide advises
    month = to_engine(log[log["date"] >= cut])
    late = sc.clean_transactions(month)
    assert "refunds_only" in late.audit["reason"].tolist()
    new = sc.clean_transactions(month, known_customers=old)
    assert "refunds_only" not in new.audit["reason"].tolist()
    found = sc.update_customers(old, new.transactions, as_of="2025-12-31")
    whole = sc.summarize_customers(sc.clean_transactions(to_engine(log)).transactions, as_of="2025-12-31")
    same(as_pandas(found), as_pandas(whole))
