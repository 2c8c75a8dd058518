import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.cluster import HDBSCAN, AgglomerativeClustering
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

import segmentclient as sc


def table(rows):
    return pd.DataFrame(rows, columns=[f"x{i}" for i in range(np.shape(rows)[1])])


@pytest.fixture(scope="module")
def blobs():
    rows, groups = make_blobs(400, centers=4, random_state=3, cluster_std=0.8)
    return table(rows), groups


@pytest.mark.parametrize(
    "segmenter",
    [
        sc.KMeansSegmenter(4),
        sc.MixtureSegmenter("auto"),
        sc.HierarchicalSegmenter("auto"),
        sc.DensitySegmenter(20),
        sc.MixedSegmenter(4),
    ],
    ids=lambda segmenter: type(segmenter).__name__,
)
def test_one_face_for_every_method(blobs, segmenter):
    frame, groups = blobs
    out = sc.segment_clusters(frame, list(frame), segmenter)
    assert adjusted_rand_score(out["cluster"], groups) > 0.9
    lazy = sc.segment_clusters(pl.from_pandas(frame).lazy(), list(frame), segmenter)
    assert isinstance(lazy, pl.LazyFrame)
    fitted = type(segmenter)(**segmenter.get_params()).fit(frame)
    back = type(segmenter).from_json(fitted.to_json())
    np.testing.assert_array_equal(back.predict(frame), fitted.predict(frame))
    assert back.assign(frame)["cluster"].tolist() == fitted.assign(frame)["cluster"].tolist()
    assert fitted.summary()["customers"].sum() == fitted.sizes_.sum()
    assert (np.diff(fitted.cluster_means_[:, 0]) < 0).all()


def test_mixture_chooses_by_bic_like_scikit_learn(blobs):
    frame, _ = blobs
    found = sc.MixtureSegmenter(transform=None, scale=None).fit(frame)
    assert min(found.bic_, key=found.bic_.get) == 4
    theirs = GaussianMixture(4, n_init=3, random_state=0).fit(frame)
    assert found.bic_[4] == pytest.approx(theirs.bic(frame), rel=1e-3)
    probabilities = found.predict_proba(frame)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), found.labels_)


def test_hierarchy_is_ward_s_tree(blobs):
    frame, _ = blobs
    found = sc.HierarchicalSegmenter(4, transform=None, scale=None).fit(frame)
    theirs = AgglomerativeClustering(4).fit(frame)
    assert adjusted_rand_score(found.labels_, theirs.labels_) == 1
    assert len(found.linkage_) == len(frame) - 1


def test_density_finds_shapes_and_names_noise():
    rows, groups = make_moons(500, noise=0.04, random_state=0)
    frame = table(np.vstack([rows, [[30.0, 30.0]]]))
    out = sc.segment_clusters(frame, ["x0", "x1"], sc.DensitySegmenter(30, transform=None))
    assert out["cluster"].iloc[-1] == "noise"
    assert adjusted_rand_score(out["cluster"].iloc[:-1], groups) > 0.95
    fitted = sc.DensitySegmenter(30, transform=None, scale=None).fit(frame)
    theirs = HDBSCAN(30, copy=True).fit(frame)
    assert adjusted_rand_score(fitted.labels_, theirs.labels_) == 1
    np.testing.assert_array_equal(fitted.predict(frame), fitted.labels_)
    assert fitted.predict(pd.DataFrame({"x0": [100.0], "x1": [-100.0]})).tolist() == [-1]


def test_all_noise_is_a_result():
    scattered = pd.DataFrame({"x0": 2.0 ** np.arange(12)})
    out = sc.segment_clusters(scattered, ["x0"], sc.DensitySegmenter(12, transform=None))
    assert set(out["cluster"]) <= {"noise", "c1"}


def people(n=300, seed=0):
    rng = np.random.default_rng(seed)
    channel = rng.choice(["web", "store"], n)
    return pd.DataFrame(
        {"revenue": rng.normal(100, 10, n), "channel": channel, "region": rng.choice(["N", "S", "E"], n)}
    )


def test_categories_weigh_as_asked():
    frame = people()
    heavy = sc.MixedSegmenter(2, categorical=["channel"], category_weight=9).fit(
        frame[["revenue", "channel"]]
    )
    assert adjusted_rand_score(heavy.labels_, frame["channel"]) == 1
    light = sc.MixedSegmenter(2, categorical=["channel"], category_weight=0.01).fit(
        frame[["revenue", "channel"]]
    )
    assert adjusted_rand_score(light.labels_, frame["channel"]) < 0.1
    shown = heavy.category_weights()
    assert shown.loc[0, ["column", "categories", "weight"]].tolist() == ["channel", 2, 9]
    share = (frame["channel"] == "web").mean()
    assert shown.loc[0, "mismatch"] == pytest.approx(2 * 9 / (2 * share * (1 - share)))


def test_a_category_column_has_the_variance_of_a_number():
    frame = people()
    fitted = sc.MixedSegmenter(3, categorical=["region"]).fit(frame[["revenue", "region"]])
    prepared = fitted._prepare(fitted._read(frame, reset=False))
    np.testing.assert_allclose([prepared[:, 0].var(), prepared[:, 1:].var(axis=0).sum()], 1)


def test_mixed_summary_shows_categories_and_engines_agree():
    frame = people()
    model = sc.MixedSegmenter(3, categorical=["channel", "region"])
    out = sc.segment_clusters(frame, ["revenue", "channel", "region"], model)
    other = sc.segment_clusters(pl.from_pandas(frame), ["revenue", "channel", "region"], model)
    assert other["cluster"].to_list() == out["cluster"].tolist()
    fitted = model.fit(frame)
    back = sc.MixedSegmenter.from_json(fitted.to_json())
    np.testing.assert_array_equal(back.predict(frame), fitted.labels_)
    summary = fitted.summary()
    for row in summary.itertuples():
        inside = frame[fitted.labels_ == row.Index]["channel"].value_counts(normalize=True)
        assert row.channel_share == pytest.approx(inside.iloc[0])


def test_categories_alone_order_by_size():
    frame = pd.DataFrame({"channel": ["web"] * 5 + ["store"] * 3})
    out = sc.segment_clusters(frame, ["channel"], sc.MixedSegmenter(2, categorical=["channel"]))
    assert out["cluster"].tolist() == ["c1"] * 5 + ["c2"] * 3


def test_categories_in_trouble():
    frame = people(40)
    with pytest.raises(sc.ColumnError, match="'channel' misses 1 categories"):
        sc.segment_clusters(
            frame.assign(channel=[None, *frame["channel"][1:]]),
            ["channel"],
            sc.MixedSegmenter(2, categorical=["channel"]),
        )
    with pytest.raises(sc.ColumnError, match="60 categories"):
        sc.MixedSegmenter(2, categorical=["id"]).fit(pd.DataFrame({"id": [f"p{i}" for i in range(60)]}))
    with pytest.raises(sc.ColumnError, match="must be among the features"):
        sc.segment_clusters(frame, ["revenue"], sc.MixedSegmenter(2, categorical=["channel"]))
    with pytest.raises(sc.ModelError, match="named columns"):
        sc.MixedSegmenter(2).fit(np.zeros((4, 2)))
    with pytest.raises(sc.ModelError, match="category_weight=0"):
        sc.MixedSegmenter(2, categorical=["channel"], category_weight=0).fit(frame[["revenue", "channel"]])
    fitted = sc.MixedSegmenter(2, categorical=["channel"]).fit(frame[["revenue", "channel"]])
    with pytest.warns(sc.SegmentClientWarning, match="never seen"):
        fitted.predict(pd.DataFrame({"revenue": [100.0], "channel": ["phone"]}))


def test_too_few_rows_for_each_method():
    one = pd.DataFrame({"x0": [1.0, 1.0]})
    for segmenter in (sc.MixtureSegmenter(3), sc.HierarchicalSegmenter(3), sc.HierarchicalSegmenter("auto")):
        with pytest.raises(sc.ModelError, match="different rows"):
            segmenter.fit(one)
    with pytest.raises(sc.ModelError, match="min_cluster_size=1"):
        sc.DensitySegmenter(1).fit(one)
    assert sc.MixtureSegmenter().fit(one).sizes_.tolist() == [2]


def test_large_tables_follow_a_sample():
    rows, groups = make_blobs(21_000, centers=[[0, 0], [9, 0], [0, 9]], random_state=0)
    frame = table(rows)
    for segmenter in (sc.MixtureSegmenter(3), sc.HierarchicalSegmenter(3)):
        assert adjusted_rand_score(segmenter.fit_predict(frame), groups) > 0.99


def test_categories_of_any_type_are_found_again():
    days = pd.Series(pd.to_datetime(["2026-01-01", "2026-02-01"] * 6))
    table = pd.DataFrame({"day": days, "revenue": np.arange(12.0)})
    segmenter = sc.MixedSegmenter(2, categorical=["day"]).fit(table)
    np.testing.assert_array_equal(segmenter.predict(table), segmenter.labels_)
    keys = segmenter.keys_[segmenter.labels_].tolist()
    assert segmenter.assign(table)["cluster"].tolist() == keys
    assert segmenter.assign(pl.from_pandas(table))["cluster"].to_list() == keys


def test_density_is_stored_alike_whatever_the_order_of_rows():
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)).round(1), columns=["a", "b"])
    one, other = (
        sc.DensitySegmenter(5, transform=None, scale=None).fit(table) for table in (rows, rows[::-1])
    )
    np.testing.assert_array_equal(one.rows_, other.rows_)
    np.testing.assert_array_equal(one.row_labels_, other.row_labels_)
    np.testing.assert_array_equal(one.labels_, other.labels_[::-1])


@pytest.mark.parametrize("seed", [-1, 1.5, "x", True, 2**32, float("nan")])
@pytest.mark.parametrize("make", [sc.KMeansSegmenter, sc.MixtureSegmenter, sc.HierarchicalSegmenter])
def test_a_seed_that_is_none_is_refused(blobs, make, seed):
    accepted = r"random_state=.*: expected a whole number from 0 to 2,147,483,647, a generator of numpy.random or None"
    with pytest.raises(sc.ModelError, match=accepted):
        make(2, random_state=seed).fit(blobs[0])


def test_a_generator_is_a_seed(blobs):
    one, two = (sc.KMeansSegmenter(2, random_state=np.random.default_rng(5)).fit(blobs[0]) for _ in range(2))
    assert (one.labels_ == two.labels_).all()


@pytest.mark.parametrize("generator", [np.random.default_rng, np.random.RandomState])
def test_a_generator_is_stored_as_the_seed_that_it_gave(blobs, generator):
    fitted = sc.KMeansSegmenter(2, random_state=generator(5)).fit(blobs[0])
    again = sc.KMeansSegmenter.from_json(fitted.to_json())
    first = generator(5)
    draw = first.integers if hasattr(first, "integers") else first.randint
    assert again.get_params()["random_state"] == draw(2**31 - 1)
    assert (again.fit(blobs[0]).labels_ == fitted.labels_).all()


@pytest.mark.parametrize("features", [None, [], ()])
def test_no_features_are_none(blobs, features):
    with pytest.raises(sc.ColumnError, match="features is empty"):
        sc.segment_kmeans(blobs[0], features)


def test_a_setting_that_is_none_is_an_error_of_ours():
    with pytest.raises(sc.ModelError, match="Invalid parameter 'colour'"):
        sc.KMeansSegmenter().set_params(colour="red")
    assert sc.KMeansSegmenter().set_params(n_clusters=3, transform="log").get_params()["transform"] == "log"


def test_a_category_is_the_same_as_a_whole_number_and_as_a_float():
    table = pd.DataFrame({"revenue": np.tile([1.0, 50.0], 20), "store": np.repeat([1, 2, 3, 4], 10)})
    fitted = sc.MixedSegmenter(3, categorical=["store"]).fit(table)
    assert fitted.predict(table).tolist() == fitted.predict(table.astype({"store": float})).tolist()


def test_one_category_alone_has_a_share_of_one():
    table = pd.DataFrame({"revenue": [1.0, 2.0, 50.0, 51.0], "store": ["a"] * 4})
    summary = sc.MixedSegmenter(2, categorical=["store"]).fit(table).summary()
    assert summary["store"].tolist() == ["a", "a"]
    assert summary["store_share"].tolist() == [1.0, 1.0]


def test_density_without_clusters_is_stored_and_read():
    table = pd.DataFrame({"x": np.arange(12.0) ** 3, "y": np.arange(12.0)[::-1]})
    fitted = sc.DensitySegmenter(min_cluster_size=12).fit(table)
    again = sc.DensitySegmenter.from_json(fitted.to_json())
    assert len(fitted.summary()) == len(again.summary()) == 0
    assert set(again.predict(table)) == {-1}


@pytest.mark.parametrize("key", ["categories_", "prepared_centers_", "means"])
def test_a_stored_mixed_segmenter_that_misses_a_part_is_refused(key):
    import json

    table = pd.DataFrame({"revenue": [1.0, 2.0, 50.0, 51.0], "store": list("abab")})
    stored = json.loads(sc.MixedSegmenter(2, categorical=["store"]).fit(table).to_json())
    place = stored if key in stored else stored["learnt"]
    place[key] = type(place[key])()
    with pytest.raises(sc.ModelError, match="expected the whole text"):
        sc.MixedSegmenter.from_json(json.dumps(stored))
