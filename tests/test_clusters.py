import json
import warnings

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

import segmentclient as sc
from segmentclient.segments import lloyd
from segmentclient.segments.preparation import Preparation, learn_preparation

FEATURES = ["n_orders", "revenue", "days_since_last_order"]


def customers(n=600, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "n_orders": rng.poisson(3, n) + 1,
            "revenue": rng.lognormal(4, 1, n),
            "days_since_last_order": rng.integers(0, 300, n),
        },
        index=rng.permutation(n) + 1000,
    )


def blobs(n=600, k=4, seed=5, **options):
    rows, groups = make_blobs(n, centers=k, random_state=seed, **options)
    return pd.DataFrame(rows, columns=[f"x{i}" for i in range(rows.shape[1])]), groups


# scikit-learn's own 45 checks. The one on array_api needs an environment variable and skips itself with a warning.
@pytest.mark.filterwarnings("ignore")  # one of these checks warns that it skips itself
@parametrize_with_checks(
    [sc.KMeansSegmenter(), sc.MixtureSegmenter(), sc.HierarchicalSegmenter(), sc.DensitySegmenter()]
)
def test_estimators_meet_the_conventions_of_scikit_learn(estimator, check):
    check(estimator)


def test_without_preparation_it_is_plain_k_means_at_its_best():
    table, _ = blobs(200, 5, cluster_std=3.0)
    ours = sc.KMeansSegmenter(5, transform=None, scale=None).fit(table)
    theirs = KMeans(5, n_init=200, random_state=9, tol=1e-8).fit(table)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-6)
    assert sorted(ours.sizes_) == sorted(np.bincount(theirs.labels_))
    assert adjusted_rand_score(ours.labels_, theirs.labels_) > 0.99
    means = table.groupby(ours.labels_).mean().to_numpy()
    np.testing.assert_allclose(ours.cluster_centers_, means, rtol=1e-9)


@pytest.mark.parametrize("k", [2, 3, 5, 7])
def test_separated_groups_are_found(k):
    table, groups = blobs(700, k, cluster_std=0.6, n_features=3, seed=k)
    found = sc.segment_kmeans(table, list(table), n_clusters=k)["cluster"]
    assert adjusted_rand_score(found, groups) >= 0.95


def test_clusters_are_ordered_by_value_the_first_is_the_most_valuable():
    out = sc.segment_kmeans(customers(), FEATURES)
    means = out.groupby("cluster")["revenue"].mean()
    assert list(means.index) == ["c1", "c2", "c3", "c4", "c5"]
    assert means.is_monotonic_decreasing


def test_less_is_better_where_the_only_feature_is_a_delay():
    out = sc.segment_kmeans(customers(), ["days_since_last_order"], n_clusters=2)
    means = out.groupby("cluster")["days_since_last_order"].mean()
    assert means["c1"] < means["c2"]


def test_keys_of_many_clusters_sort_as_text():
    out = sc.segment_kmeans(customers(), FEATURES, n_clusters=11)
    assert sorted(out["cluster"].unique())[:2] == ["c01", "c02"]
    assert out.groupby("cluster")["revenue"].mean().is_monotonic_decreasing


def test_same_rows_same_index_input_unchanged():
    table = customers()
    before = table.copy(deep=True)
    out = sc.segment_kmeans(table, FEATURES)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(out.drop(columns="cluster"), before)


def test_order_of_rows_changes_nothing():
    table = customers()
    out = sc.segment_kmeans(table, FEATURES)["cluster"]
    again = sc.segment_kmeans(table.sample(frac=1, random_state=3), FEATURES)["cluster"]
    assert (again.reindex(out.index) == out).all()


def test_seeds_agree_and_so_do_units(cdnow_customers):
    table = cdnow_customers
    first = sc.segment_kmeans(table, FEATURES)["cluster"]
    for seed in (1, 2, 3):
        other = sc.segment_kmeans(table, FEATURES, random_state=seed)["cluster"]
        assert adjusted_rand_score(first, other) >= 0.98
    hours = table.assign(days_since_last_order=table["days_since_last_order"] * 24.0)
    assert adjusted_rand_score(sc.segment_kmeans(hours, FEATURES)["cluster"], first) >= 0.98


def test_every_customer_of_a_plan_gets_a_cluster():
    """A plan is worked out twice, and threads add sums in any order: the features differ in their last bits."""
    import duckdb

    plan = duckdb.sql(
        "select range as customer_id, range % 7 + 1 as orders, range + 0.1 + 1e-13 * random() as revenue from range(60)"
    )
    found = sc.segment_kmeans(plan, ["orders", "revenue"], n_clusters=3).df()
    assert found["cluster"].notna().all()


@pytest.mark.parametrize("engine", ["polars", "polars lazy", "duckdb"])
def test_engines_agree(engine):
    table = customers()
    table.loc[table.index[:3], "n_orders"] = 0
    expected = (
        sc.segment_kmeans(table, FEATURES).sort_values("customer_id")["cluster"].fillna("none").tolist()
    )
    if engine == "duckdb":
        out = sc.segment_kmeans(duckdb.from_df(table), FEATURES)
        assert isinstance(out, duckdb.DuckDBPyRelation)
        found = out.df()
    else:
        given = pl.from_pandas(table) if engine == "polars" else pl.from_pandas(table).lazy()
        out = sc.segment_kmeans(given, FEATURES)
        assert type(out) is type(given)
        found = out.lazy().collect().to_pandas()
    assert found.sort_values("customer_id")["cluster"].fillna("none").tolist() == expected


def test_people_without_orders_take_no_part():
    table = customers()
    people = pd.DataFrame({"customer_id": [10_001, 10_002]})
    with_prospects = sc.add_prospects(table, people)
    out = sc.segment_kmeans(with_prospects, FEATURES)
    assert out["cluster"].isna().sum() == 2
    assert out["cluster"].dropna().tolist() == sc.segment_kmeans(table, FEATURES)["cluster"].tolist()


def test_next_month_is_labelled_by_the_same_clusters_from_json():
    table = customers()
    fitted = sc.KMeansSegmenter(4).fit(table[FEATURES])
    back = sc.KMeansSegmenter.from_json(fitted.to_json())
    other = customers(seed=2)
    np.testing.assert_array_equal(back.predict(other[FEATURES]), fitted.predict(other[FEATURES]))
    assert back.assign(other)["cluster"].tolist() == [
        f"c{label + 1}" for label in fitted.predict(other[FEATURES])
    ]
    assert back.get_params() == fitted.get_params()
    pd.testing.assert_frame_equal(back.summary(), fitted.summary())
    shuffled = pl.from_pandas(other[["customer_id", *reversed(FEATURES)]]).lazy()
    labelled = back.assign(shuffled).collect().sort("customer_id")
    assert labelled["cluster"].to_list() == back.assign(other)["cluster"].tolist()


def test_json_of_another_kind_or_version_is_refused():
    fitted = sc.KMeansSegmenter(2).fit(customers()[FEATURES])
    stored = json.loads(fitted.to_json())
    with pytest.raises(sc.ModelError, match="expected version 1"):
        sc.KMeansSegmenter.from_json(json.dumps({**stored, "version": 99}))
    with pytest.raises(sc.ModelError, match=r"expected JSON of segmentclient\.MixtureSegmenter"):
        sc.MixtureSegmenter.from_json(fitted.to_json())
    with pytest.raises(sc.ModelError, match="expected the JSON text"):
        sc.KMeansSegmenter.from_json("{")


def test_summary_is_a_plain_group_by():
    table = customers()
    segmenter = sc.KMeansSegmenter(3).fit(table[FEATURES])
    expected = table.assign(cluster=segmenter.labels_).groupby("cluster")[FEATURES].mean()
    np.testing.assert_allclose(segmenter.summary()[FEATURES], expected)
    assert segmenter.summary()["customers"].sum() == len(table)


def test_it_ends_a_pipeline():
    table = customers()
    pipeline = make_pipeline(FunctionTransformer(), sc.KMeansSegmenter(3))
    np.testing.assert_array_equal(
        pipeline.fit_predict(table[FEATURES]), sc.KMeansSegmenter(3).fit_predict(table[FEATURES])
    )
    assert not hasattr(sc.KMeansSegmenter(), "transform")
    assert sc.KMeansSegmenter(transform="log").get_params()["transform"] == "log"


def test_auto_finds_the_number_and_warns_where_there_is_none():
    table, groups = blobs(150, 3, cluster_std=0.7, seed=3)
    found = sc.segment_kmeans(table, list(table), n_clusters="auto")["cluster"]
    assert adjusted_rand_score(found, groups) > 0.95
    noise = pd.DataFrame(np.random.default_rng(0).uniform(size=(150, 2)), columns=["x", "y"])
    with pytest.warns(sc.SegmentClientWarning, match="no natural clusters"):
        sc.segment_kmeans(noise, ["x", "y"], n_clusters="auto")


# --- large tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [3, pytest.param(5, marks=pytest.mark.slow)])
def test_large_tables_reach_the_inertia_of_many_restarts(columns):
    rng = np.random.default_rng(columns)
    rows = np.column_stack(
        [rng.gamma(2, 1, 60_000) if i % 2 else rng.normal(size=60_000) for i in range(columns)]
    )
    found = lloyd.partition(rows, 5, seed=0)
    best = KMeans(5, n_init=10, random_state=0).fit(rows)
    assert found.inertia <= best.inertia_ * 1.001
    assert found.inertia == pytest.approx(((rows - found.centers[found.labels]) ** 2).sum())


def test_large_tables_do_not_depend_on_the_order_of_the_rows():
    rng = np.random.default_rng(0)
    rows = rng.gamma(2, 1, (30_000, 3)).round(1)
    order = rng.permutation(len(rows))
    first, again = lloyd.partition(rows, 4, seed=0), lloyd.partition(rows[order], 4, seed=0)
    assert adjusted_rand_score(first.labels[order], again.labels) > 0.9999


def test_nearest_keeps_its_digits_far_from_the_origin():
    rows = np.array([[1e9], [1e9 + 1], [1e9 + 2]])
    labels, inertia = lloyd.nearest(rows, rows[[0, 2]] + 0.25)
    assert labels.tolist() == [0, 0, 1]
    assert inertia == pytest.approx(0.0625 + 0.5625 + 0.0625)


# --- preparation -------------------------------------------------------------------------------------------


def test_auto_chooses_by_skew_and_shows_it():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(size=4000), rng.lognormal(3, 1, 4000), -rng.gamma(0.5, 2, 4000)])
    shown = learn_preparation(values, ["a", "b", "c"], transform="auto", scale="standard").to_frame()
    assert shown["transform"].tolist() == ["none", "log", "yeo-johnson"]
    assert (shown["skew_after"].abs() <= 1).all()
    assert (shown["skew_before"].abs() > 1).tolist() == [False, True, True]


@pytest.mark.parametrize("transform", ["log", "yeo-johnson", None])
@pytest.mark.parametrize("scale", ["standard", "robust", None])
def test_preparation_is_undone_exactly(transform, scale):
    values = np.random.default_rng(1).gamma(0.7, 30, (500, 2)) - (5 if transform != "log" else 0)
    learnt = learn_preparation(values, ["a", "b"], transform=transform, scale=scale)
    np.testing.assert_allclose(learnt.undo(learnt.apply(values)), values, rtol=1e-9, atol=1e-9)
    assert Preparation.from_dict(json.loads(json.dumps(learnt.to_dict()))) == learnt


SHAPES = {
    "log": lambda spend, rare: spend,
    "signed-log": lambda spend, rare: spend - np.where(rare, 3000.0, 0.0),
    "yeo-johnson": lambda spend, rare: 5000 - spend,
    "none": lambda spend, rare: spend**0.25,
}


def spending(shape, n=300):
    """Customers whose spend "auto" takes by one of its transforms."""
    spend, rare = np.random.default_rng(4).lognormal(4, 1.2, n), np.arange(n) % 20 == 0
    return customers(n).assign(revenue=SHAPES[shape](spend, rare))


@pytest.mark.parametrize(
    ("segmenter", "shape"),
    [
        (sc.KMeansSegmenter(4), "log"),
        (sc.KMeansSegmenter(4, scale="robust"), "signed-log"),
        (sc.MixtureSegmenter(3), "yeo-johnson"),
    ],
    ids=["standard", "robust", "mixture"],
)
def test_the_unit_of_money_changes_no_cluster(segmenter, shape):
    table = spending(shape)
    labels = segmenter.fit(table[FEATURES]).labels_
    assert segmenter.preparation_.features[1].transform == shape
    for unit in (0.01, 2.0**20):
        other = segmenter.fit(table[FEATURES].assign(revenue=table["revenue"] * unit))
        np.testing.assert_array_equal(other.labels_, labels)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", ["standard", "robust"])
def test_the_unit_of_preparation_grows_with_the_values(shape, scale):
    values = spending(shape)[["revenue"]].to_numpy()
    learnt = learn_preparation(values, ["a"], transform="auto", scale=scale)
    assert learnt.features[0].transform == shape
    np.testing.assert_allclose(learnt.undo(learnt.apply(values)), values, rtol=1e-9)
    for times in (0.01, 100, 1e6, 2.0**-20, 2.0**20):
        other = learn_preparation(values * times, ["a"], transform="auto", scale=scale)
        exact = np.log2(times) % 1 == 0  # then no digit of a value changes
        close = {"rtol": 0} if exact else {"rtol": 1e-4, "atol": 1e-6}  # the search for a power ends near it
        np.testing.assert_allclose(other.apply(values * times), learnt.apply(values), **close)
        unit = 1 if shape == "none" else learnt.features[0].unit * times
        assert other.features[0].unit == pytest.approx(unit, rel=1e-15)


def test_counts_are_counted_in_ones_and_rests_of_sums_are_no_unit():
    orders = np.random.default_rng(4).geometric(0.3, 400) * 1.0
    owed = np.where(np.arange(400) % 4 == 0, 1e-14, np.random.default_rng(4).lognormal(4, 1.2, 400))
    held = np.column_stack([orders, owed, np.zeros(400)])
    units = learn_preparation(held, list("abc"), transform="auto", scale="standard").to_frame()["unit"]
    assert units[0] == 1
    assert units[1] == np.sort(owed)[100 + 299 * 5 // 100]
    assert units[2] == 1


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("start", [5_000, 1e5, 1e9])
def test_skewed_values_far_from_nought_keep_their_differences(start, sign):
    values = start + sign * np.random.default_rng(4).lognormal(4, 1.2, (300, 1))
    learnt = learn_preparation(values, ["a"], transform="auto", scale="standard")
    prepared = learnt.apply(values)
    assert prepared.std() == pytest.approx(1)
    assert (np.argsort(prepared[:, 0]) == np.argsort(values[:, 0])).all()


def test_transforms_asked_for_take_values_as_they_are():
    values = np.random.default_rng(2).gamma(0.7, 300, (800, 1))
    learnt = learn_preparation(values, ["a"], transform="log", scale=None)
    np.testing.assert_array_equal(learnt.apply(values), np.log1p(values))
    assert learn_preparation(values, ["a"], transform="yeo-johnson", scale=None).features[0].unit == 1


@pytest.mark.parametrize(
    ("shape", "transform"),
    [("signed-log", "auto"), ("none", "auto"), ("log", "log"), ("signed-log", "yeo-johnson")],
)
def test_segmenters_stored_without_a_unit_label_as_before(shape, transform):
    table = spending(shape)
    fitted = sc.KMeansSegmenter(4, transform=transform).fit(table[FEATURES])
    stored = json.loads(fitted.to_json())
    for feature in stored["preparation"]:
        unit = feature.pop("unit")
        feature["power"] = unit if feature["transform"] == "signed-log" else feature["power"]
    back = sc.KMeansSegmenter.from_json(json.dumps(stored))
    assert back.preparation_ == fitted.preparation_
    np.testing.assert_array_equal(back.predict(table[FEATURES]), fitted.labels_)


@pytest.mark.parametrize("unit", [0, -2.5, None, True, "1"])
def test_stored_units_are_numbers_above_nought(unit):
    stored = json.loads(sc.KMeansSegmenter(4).fit(spending("log")[FEATURES]).to_json())
    stored["preparation"][1]["unit"] = unit
    with pytest.raises(sc.ModelError, match="number"):
        sc.KMeansSegmenter.from_json(json.dumps(stored))


def test_yeo_johnson_is_scikit_learn_s():
    from sklearn.preprocessing import PowerTransformer

    values = np.random.default_rng(2).gamma(0.7, 3, (800, 1)) - 2
    learnt = learn_preparation(values, ["a"], transform="yeo-johnson", scale="standard")
    np.testing.assert_allclose(learnt.apply(values), PowerTransformer().fit_transform(values), atol=1e-4)


def test_robust_scale_is_median_and_quartiles():
    values = np.random.default_rng(2).normal(5, 3, (801, 1))
    prepared = learn_preparation(values, ["a"], transform=None, scale="robust").apply(values)
    assert np.median(prepared) == pytest.approx(0)
    assert np.subtract(*np.quantile(prepared, [0.75, 0.25])) == pytest.approx(1.34898, abs=1e-5)


# --- odd input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"revenue": np.nan}, "'revenue' holds 600 missing \\(NaN\\) values"),
        ({"revenue": np.inf}, "'revenue' holds 600 infinite \\(inf\\) values"),
        ({"revenue": "a"}, "distances need numbers .*MixedSegmenter"),
        ({"cluster": 1}, "'cluster' exists already.*column="),
    ],
)
def test_unusable_columns_are_named(change, message):
    with pytest.raises(sc.ColumnError, match=message):
        sc.segment_kmeans(customers().assign(**change), FEATURES)


@pytest.mark.parametrize("unusable", [np.nan, np.inf, -1e200])
def test_the_advice_for_unusable_cells_helps(unusable):
    table = customers()
    table.loc[table.index[:2], "revenue"] = unusable
    with pytest.raises(sc.ColumnError) as told:
        sc.segment_kmeans(table, FEATURES)
    advice = str(told.value).split("for instance ")[1].split(" in pandas")[0]
    left = eval(advice, {"customers": table, "np": np})  # what a reader would paste
    assert len(sc.segment_kmeans(left, FEATURES)) == len(table) - 2


def test_all_the_problems_come_in_one_message():
    table = customers()
    table.loc[table.index[4], "revenue"] = np.nan
    table["days_since_last_order"] = table["days_since_last_order"].astype(float)
    table.loc[table.index[7], "days_since_last_order"] = np.inf
    with pytest.raises(sc.ColumnError, match=r"(?s)2 problems.*first at row 4.*first at row 7"):
        sc.segment_kmeans(table, FEATURES)


@pytest.mark.parametrize("value", [np.nan, None])
def test_missing_values_are_refused_when_labelling_too(value):
    fitted = sc.KMeansSegmenter(2).fit(customers()[FEATURES])
    table = customers()
    table.loc[table.index[0], "revenue"] = value
    for given in (table, pl.from_pandas(table).lazy(), duckdb.from_df(table)):
        with pytest.raises(sc.ColumnError, match="revenue"):
            fitted.assign(given)


@pytest.mark.parametrize("features", [["revenu"], [], ["revenue", "revenue"], ["customer"]])
def test_features_must_be_columns(features):
    with pytest.raises(sc.ColumnError):
        sc.segment_kmeans(customers(), features)


@pytest.mark.parametrize("n_clusters", [0, -1, 2.5, "many", True, None])
def test_number_of_clusters_must_be_a_number(n_clusters):
    with pytest.raises(sc.ModelError, match="a whole number"):
        sc.segment_kmeans(customers(), FEATURES, n_clusters=n_clusters)


@pytest.mark.parametrize("options", [{"transform": "sqrt"}, {"scale": "minmax"}])
def test_unknown_settings_are_refused(options):
    with pytest.raises(sc.SegmentClientError, match="; accepted: "):
        sc.segment_kmeans(customers(), FEATURES, **options)


def test_logarithm_refuses_negative_values_at_once_and_next_month():
    table = customers()
    with pytest.raises(sc.ColumnError, match="'revenue' holds 600 negative values"):
        sc.segment_kmeans(table.assign(revenue=-1.0), FEATURES, transform="log")
    fitted = sc.KMeansSegmenter(2, transform="log").fit(table[FEATURES])
    with pytest.raises(sc.ColumnError, match="negative"):
        fitted.predict(table[FEATURES] * -1)


def test_fewer_different_rows_than_clusters():
    table = pd.DataFrame({"revenue": [1.0, 1, 1, 2, 2, 3]})
    with pytest.raises(
        sc.ModelError,
        match=r"n_clusters=5 needs at least 5 different rows.*3 of them different\. Ask for n_clusters=3 or fewer",
    ):
        sc.segment_kmeans(table, ["revenue"])
    out = sc.segment_kmeans(table, ["revenue"], n_clusters=3)
    assert out["cluster"].tolist() == ["c3", "c3", "c3", "c2", "c2", "c1"]


def test_duplicate_rows_share_a_cluster():
    table = pd.DataFrame({"revenue": [1.0] * 500 + [2.0] * 300 + [90.0] * 5})
    out = sc.segment_kmeans(table, ["revenue"], n_clusters=2)
    assert (out.groupby("revenue")["cluster"].nunique() == 1).all()


def test_constant_columns_count_for_nothing():
    table = customers()
    plain = sc.segment_kmeans(table, ["revenue"], n_clusters=3)["cluster"]
    beside = sc.segment_kmeans(table.assign(same=7.0), ["revenue", "same"], n_clusters=3)["cluster"]
    assert (plain == beside).all()


def test_one_cluster_one_customer_and_nobody():
    assert set(sc.segment_kmeans(customers(), FEATURES, n_clusters=1)["cluster"]) == {"c1"}
    assert sc.segment_kmeans(customers(1), FEATURES, n_clusters=1)["cluster"].tolist() == ["c1"]
    with pytest.raises(sc.ColumnError, match="nobody to compare"):
        sc.segment_kmeans(customers().head(0), FEATURES)


def test_nullable_boolean_and_decimal_columns_are_numbers():
    table = customers(60)
    table["n_orders"] = table["n_orders"].astype("Int64")
    table["member"] = np.arange(60) % 2 == 0
    out = sc.segment_kmeans(table, ["n_orders", "member"], n_clusters=2)
    assert out["cluster"].notna().all()


def test_unfitted_segmenters_say_so():
    for error in (sc.ModelError, NotFittedError):
        with pytest.raises(error, match="not fitted yet"):
            sc.KMeansSegmenter().assign(customers())


def test_rules_do_not_load_scikit_learn():
    import subprocess
    import sys

    code = "import sys; from segmentclient.segments import Rule; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- against segments --------------------------------------------------------------------------------------


def test_cross_table_is_a_plain_count_with_scikit_learn_s_indices():
    from sklearn.metrics import normalized_mutual_info_score

    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"cluster": rng.choice(["c1", "c2", "c3"], 400), "segment": rng.choice(["loyal", "lost"], 400)}
    )
    table.loc[table["cluster"] == "c1", "segment"] = "loyal"
    expected = pd.crosstab(table["cluster"], table["segment"])
    for given in (table, pl.from_pandas(table).lazy(), duckdb.from_df(table)):
        found = sc.cluster_rfm_table(given)
        pd.testing.assert_frame_equal(
            found.table, expected, check_dtype=False, check_index_type=False, check_column_type=False
        )
        assert found.adjusted_rand == pytest.approx(adjusted_rand_score(table["cluster"], table["segment"]))
        assert found.normalized_mutual_info == pytest.approx(
            normalized_mutual_info_score(table["cluster"], table["segment"])
        )
    assert "adjusted Rand" in found._repr_html_()


def test_cross_table_leaves_unlabelled_customers_out():
    table = pd.DataFrame({"cluster": ["c1", None, "c2"], "segment": ["loyal", "loyal", None]})
    assert sc.cluster_rfm_table(table).table.to_numpy().sum() == 1
    with pytest.raises(sc.ColumnError, match="nobody has both"):
        sc.cluster_rfm_table(table.iloc[1:])
    with pytest.raises(sc.ColumnError, match="'segment' is missing"):
        sc.cluster_rfm_table(table.drop(columns="segment"))


def test_fitting_leaves_warnings_filters_alone():
    before = list(warnings.filters)
    sc.MixtureSegmenter(2).fit(customers()[FEATURES])
    assert list(warnings.filters) == before


def test_truth_values_that_pandas_holds_as_objects_are_a_feature():
    table = pd.DataFrame({"flag": pd.Series([True, False] * 6, dtype=object), "revenue": np.arange(12.0)})
    found = sc.segment_kmeans(table, ["flag", "revenue"], n_clusters=2)
    expected = sc.segment_kmeans(
        table.assign(flag=table["flag"].astype(bool)), ["flag", "revenue"], n_clusters=2
    )
    assert found["cluster"].tolist() == expected["cluster"].tolist()
    assert found["flag"].dtype == object


def test_decimals_are_numbers_to_every_cluster_function():
    plain = pl.DataFrame({"n_orders": [1, 2, 9, 8], "revenue": [1.5, 2.5, 90.0, 80.25]})
    exact = plain.with_columns(pl.col("revenue").cast(pl.Decimal(12, 2)))
    found = [
        sc.segment_kmeans(t, ["n_orders", "revenue"], n_clusters=2)["cluster"].to_list()
        for t in (plain, exact)
    ]
    assert found[0] == found[1] == ["c2", "c2", "c1", "c1"]


def test_rows_too_near_for_squared_distances_are_one_cluster():
    customers = pd.DataFrame({"spent": np.arange(1, 9) * 1e-300})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(sc.ModelError, match="1 of them different"):
            sc.segment_kmeans(customers, ["spent"], n_clusters=2)


def test_orders_that_are_text_are_refused_where_buyers_are_looked_for():
    customers = pd.DataFrame(
        {"n_orders": ["1", "2", "3"], "revenue": [1.0, 2.0, 3.0], "cluster": list("aab")}
    )
    with pytest.raises(sc.ColumnError, match="'n_orders' holds"):
        sc.name_clusters(customers, ["revenue"])
