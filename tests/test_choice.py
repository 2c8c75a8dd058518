import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
)

import segmentclient as sc
from segmentclient.segments import quality, stability
from segmentclient.segments.agreement import adjusted_rand, contingency, mutual_information
from segmentclient.segments.lloyd import ordered_sample, partition
from segmentclient.segments.progress import run
from segmentclient.segments.verdict import criteria_votes, elected

COLUMNS = [
    "k",
    "inertia",
    "knee",
    "silhouette",
    "silhouette_low",
    "silhouette_high",
    "calinski_harabasz",
    "davies_bouldin",
    "gap",
    "gap_se",
    "bic",
    "stability_ari",
    "prediction_strength",
    "smallest_share",
]


def table(rows):
    return pd.DataFrame(rows, columns=[f"x{i}" for i in range(np.shape(rows)[1])])


@pytest.fixture(scope="module")
def four():
    rows, _ = make_blobs(300, centers=4, random_state=3, cluster_std=0.8)
    return table(rows)


@pytest.fixture(scope="module")
def choice(four):
    return sc.choose_k(four, list(four), transform=None, scale=None)


def test_known_structure_is_found(choice):
    assert choice.best_k == 4
    assert choice.natural
    assert "natural" not in choice.verdict
    assert choice.verdict.startswith("k = 4")
    assert list(choice.table.columns) == COLUMNS
    assert choice.table["k"].tolist() == choice.table.index.tolist() == list(range(2, 11))
    assert choice.table.notna().all(axis=None)
    assert choice.table["knee"].sum() == 1
    assert (choice.clusters["verdict"] == "stable").all()
    assert "k = 4" in choice._repr_html_()


@pytest.mark.parametrize(
    "k",
    [
        pytest.param(2, marks=pytest.mark.slow),
        pytest.param(3, marks=pytest.mark.slow),
        5,
        pytest.param(6, marks=pytest.mark.slow),
    ],
)
def test_other_numbers_are_found(k):
    rows, _ = make_blobs(400, centers=k, n_features=3, random_state=k, cluster_std=0.7)
    found = sc.choose_k(table(rows), ["x0", "x1", "x2"], k=range(2, 9))
    assert (found.best_k, found.natural) == (k, True)


@pytest.mark.parametrize(
    ("shape", "columns"),
    [
        ("uniform", 2),
        ("normal", 3),
        pytest.param("uniform", 3, marks=pytest.mark.slow),
        pytest.param("normal", 2, marks=pytest.mark.slow),
    ],
)
def test_noise_has_no_natural_clusters(shape, columns):
    rng = np.random.default_rng(columns)
    noise = table(rng.uniform(size=(400, columns)) if shape == "uniform" else rng.normal(size=(400, columns)))
    found = sc.choose_k(noise, list(noise), k=range(2, 7))
    assert not found.natural
    assert "no natural clusters: any cut is a convenience" in found.verdict
    assert found.best_k in range(2, 7)


def test_criteria_are_scikit_learn_s(four, choice):
    for k in (3, 4, 7):
        labels = sc.KMeansSegmenter(k, transform=None, scale=None).fit(four).labels_
        row = choice.table.loc[k]
        theirs = KMeans(k, n_init=30, random_state=0).fit(four)
        assert row["inertia"] <= theirs.inertia_ * 1.0005
        assert row["silhouette"] == pytest.approx(silhouette_samples(four, labels).mean())
        assert row["calinski_harabasz"] == pytest.approx(calinski_harabasz_score(four, labels), rel=1e-6)
        assert row["davies_bouldin"] == pytest.approx(davies_bouldin_score(four, labels), rel=1e-4)


def test_bic_by_hand():
    rows = np.array([[0.0, 0], [0, 2], [10, 0], [10, 2]])
    cut = partition(rows, 2, seed=0)
    variance = 4 / 8
    density = 4 * np.log(0.5) - sum(
        np.log(2 * np.pi * variance) / 2 * 2 + 1 / (2 * variance) for _ in range(4)
    )
    assert quality.bic(rows, cut) == pytest.approx(-2 * density + (1 + 4 + 1) * np.log(4))


def test_silhouettes_share_distances_and_stay_in_memory(monkeypatch):
    rows, _ = make_blobs(200, centers=3, random_state=0)
    cuts = [partition(rows, k, seed=0).labels for k in (2, 5)]
    monkeypatch.setattr(quality, "BLOCK_VALUES", 1500)
    for widths, labels in zip(quality.silhouettes(rows, cuts), cuts, strict=True):
        np.testing.assert_allclose(widths, silhouette_samples(rows, labels), atol=1e-9)


def test_silhouette_of_a_row_alone_is_nought():
    rows = np.array([[0.0], [0.1], [9.0]])
    assert quality.silhouettes(rows, [np.array([0, 0, 1])])[0][2] == 0


def test_knee_is_the_farthest_below_the_chord():
    assert quality.knee([2, 3, 4, 5], [100, 30, 25, 20]).tolist() == [False, True, False, False]
    assert not quality.knee([2, 3], [5, 4]).any()


def test_agreement_by_scikit_learn():
    from sklearn.metrics import normalized_mutual_info_score

    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 4, 300), rng.integers(0, 3, 300)
    cells = contingency(first, second)
    assert adjusted_rand(cells) == pytest.approx(adjusted_rand_score(first, second))
    assert mutual_information(cells) == pytest.approx(normalized_mutual_info_score(first, second))
    assert adjusted_rand(contingency(first, first)) == 1


def test_resampling_tells_clusters_from_noise():
    rows, groups = make_blobs(300, centers=3, random_state=1, cluster_std=0.5)
    noise = np.random.default_rng(0).normal(size=(300, 2))
    cut, cut_noise = partition(rows, 3, seed=0), partition(noise, 3, seed=0)
    assert stability.bootstrap_ari(rows, cut.centers, times=5, seed=0) > 0.99
    assert stability.bootstrap_ari(noise, cut_noise.centers, times=5, seed=0) < 0.9
    assert stability.prediction_strength(rows, 3, times=3, seed=0) > 0.95
    assert stability.prediction_strength(noise, 3, times=3, seed=0) < 0.8
    assert stability.jaccards(rows, groups.astype(np.int64), 3, times=5, seed=0).min() > 0.95


def test_gap_is_expected_minus_observed_log_inertia(four, choice):
    rows = ordered_sample(four.to_numpy(), 1000, seed=0)
    logs = [stability.chance(rows, [4], kind="box", seed=place).log_inertia[0] for place in range(10)]
    expected = np.mean(logs) - np.log(choice.table.loc[4, "inertia"])
    assert choice.table.loc[4, "gap"] == pytest.approx(expected, abs=0.02)


def test_votes_and_election():
    frame = pd.DataFrame(
        {
            "silhouette": [0.5, 0.6, 0.4],
            "calinski_harabasz": [10, 20, 30],
            "davies_bouldin": [1.0, 0.5, 0.9],
            "gap": [0.1, 0.5, 0.4],
            "gap_se": [0.01] * 3,
            "bic": [9, 8, 7],
            "prediction_strength": [0.9, 0.85, 0.3],
        },
        index=[2, 3, 4],
    )
    votes = criteria_votes(frame)
    assert votes == {"silhouette": 3, "davies_bouldin": 3, "gap": 3, "prediction_strength": 3}
    assert elected(votes) == 3
    assert elected({"silhouette": 5, "bic": 4}) == 5
    assert elected({"silhouette": 5, "bic": 4, "gap": 4}) == 4


def test_french_verdict():
    noise = table(np.random.default_rng(0).uniform(size=(200, 2)))
    found = sc.choose_k(noise, ["x0", "x1"], k=[2, 3, 4], lang="fr")
    assert "pas de groupes naturels\N{NO-BREAK SPACE}: tout découpage est une commodité" in found.verdict
    assert "0," in found.verdict


def test_order_of_rows_and_engine_change_nothing(four, choice):
    shuffled = four.sample(frac=1, random_state=1)
    for given in (shuffled, pl.from_pandas(shuffled).lazy()):
        again = sc.choose_k(given, list(four), transform=None, scale=None, k=[3, 4])
        pd.testing.assert_frame_equal(
            again.table.drop(columns="knee"),
            choice.table.loc[[3, 4]].drop(columns="knee"),
            check_index_type=False,
            rtol=1e-6,
        )


@pytest.mark.parametrize("k", [[], [1, 2], [2.5], 1, [True], "ab"])
def test_numbers_to_compare_are_whole_and_at_least_two(four, k):
    with pytest.raises(sc.ModelError, match=r"k=.*whole number"):
        sc.choose_k(four, list(four), k=k)


def test_numbers_beyond_the_different_rows_are_left_out():
    few = pd.DataFrame({"x": [1.0, 1, 2, 2, 9, 9, 9, 30]})
    assert sc.choose_k(few, ["x"], k=range(2, 9)).table["k"].max() == 3
    with pytest.raises(sc.ModelError, match="1 different rows"):
        sc.choose_k(pd.DataFrame({"x": [1.0] * 9}), ["x"])


def test_the_unit_of_money_changes_no_choice():
    rng = np.random.default_rng(0)
    spend = rng.lognormal(rng.choice([2.0, 5.0, 8.0], 120), 0.3)
    people = pd.DataFrame({"orders": rng.poisson(3, 120) + 1.0, "spend": spend})
    euros, cents = (sc.choose_k(people.assign(spend=spend * unit), [*people], k=[2, 3]) for unit in (1, 100))
    assert (euros.best_k, euros.verdict) == (cents.best_k, cents.verdict)
    pd.testing.assert_frame_equal(euros.table, cents.table, rtol=1e-6)


def test_constant_columns_and_missing_values():
    noise = table(np.random.default_rng(0).uniform(size=(120, 2))).assign(same=1.0)
    assert not sc.choose_k(noise, ["x0", "x1", "same"], k=[2, 3]).natural
    with pytest.raises(sc.ColumnError, match="'same' holds 120 missing"):
        sc.choose_k(noise.assign(same=np.nan), ["x0", "same"])


def test_progress_is_shown_when_asked_and_answers_keep_their_order(capfd):
    tasks = {"a": lambda: 1, "b": lambda: 2}
    assert list(run(tasks, title="Cutting", progress="on").items()) == [("a", 1), ("b", 2)]
    run(tasks, title="Cutting", progress="auto")
    assert capfd.readouterr().out == ""


def test_cluster_stability_tells_real_from_arbitrary():
    rows, _ = make_blobs(200, centers=3, random_state=1, cluster_std=0.5)
    real = sc.cluster_stability(table(rows), ["x0", "x1"], sc.KMeansSegmenter(3), times=6)
    assert list(real.columns) == ["cluster", "share", "jaccard", "jaccard_low", "verdict"]
    assert (real["verdict"] == "stable").all()
    assert real["share"].sum() == pytest.approx(1)
    noise = table(np.random.default_rng(0).normal(size=(200, 3)))
    arbitrary = sc.cluster_stability(noise, list(noise), sc.KMeansSegmenter(6), times=6)
    assert arbitrary["jaccard"].mean() < 0.75
    with pytest.raises(sc.ModelError, match="times=0"):
        sc.cluster_stability(noise, list(noise), sc.KMeansSegmenter(2), times=0)


@pytest.mark.parametrize("random_state", [None, -1, 0.5, True])
def test_seeds_are_whole_numbers(four, random_state):
    with pytest.raises(sc.ModelError, match="random_state="):
        sc.choose_k(four, list(four), random_state=random_state)


def test_a_cluster_too_small_to_be_looked_at_has_no_verdict():
    rows = np.vstack([np.random.default_rng(0).normal(size=(50, 2)), [[40.0, 40.0]]])
    scores = stability.jaccards(rows[:50], np.zeros(50, dtype=np.int64), 2, times=3, seed=0)
    assert np.isnan(scores[:, 1]).all()
    alone = stability.jaccards(np.zeros((9, 1)), np.zeros(9, dtype=np.int64), 2, times=3, seed=0)
    assert np.isnan(alone).all()
