import json
import math

import numpy as np
import pandas as pd
import pytest

import segmentclient as sc

R_ROWS = pd.DataFrame(
    {
        "customer_id": ["Abbey O'Reilly", "Add Senger", "Aden Lesch", "Aden Murphy", "Admiral Senger"],
        "days_since_last_order": [205, 140, 194, 98, 132],
        "n_orders": [6, 3, 4, 7, 5],
        "revenue": [472, 340, 405, 596, 448],
    }
)
R_CUTS = {"recency": [115, 181, 297.4, 482], "frequency": [4, 5, 6, 8], "monetary": [255.8, 382, 506.4, 666]}


def shop(n=500, one_time=0.6, seed=0):
    rng = np.random.default_rng(seed)
    orders = np.where(rng.random(n) < one_time, 1, 1 + rng.poisson(3, n))
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "days_since_last_order": rng.integers(0, 400, n),
            "n_orders": orders,
            "revenue": np.round(rng.gamma(2, 30, n) * orders, 2),
        }
    )


def scored(table, **options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        return sc.score_rfm(table, **options)


def test_scores_equal_qcut_wherever_qcut_works(on_engine, back):
    table = shop(one_time=0).assign(n_orders=lambda t: t["customer_id"] + 1)
    ours = back(sc.score_rfm(on_engine(table)))
    assert (
        ours["r_score"] == pd.qcut(table["days_since_last_order"], 5, labels=[5, 4, 3, 2, 1]).astype(int)
    ).all()
    assert (ours["f_score"] == pd.qcut(table["n_orders"], 5, labels=[1, 2, 3, 4, 5]).astype(int)).all()
    assert (ours["m_score"] == pd.qcut(table["revenue"], 5, labels=[1, 2, 3, 4, 5]).astype(int)).all()
    assert (ours["rfm_code"] == 100 * ours["r_score"] + 10 * ours["f_score"] + ours["m_score"]).all()


def test_r_rule_gives_the_published_scores_of_r_rfm(on_engine, back):
    scorer = sc.RFMScorer(method="r_rfm")
    scorer.cuts_ = tuple(sc.rfm.scores.Cut(axis, (), tuple(points)) for axis, points in R_CUTS.items())
    assert back(scorer.transform(on_engine(R_ROWS)))["rfm_code"].tolist() == [343, 412, 323, 544, 433]


def test_r_rule_gives_the_published_cut_points_of_mtcars():
    mpg = [
        21,
        21,
        22.8,
        21.4,
        18.7,
        18.1,
        14.3,
        24.4,
        22.8,
        19.2,
        17.8,
        16.4,
        17.3,
        15.2,
        10.4,
        10.4,
        14.7,
        32.4,
        30.4,
    ]
    mpg += [33.9, 21.5, 15.5, 15.2, 13.3, 19.2, 27.3, 26, 30.4, 15.8, 19.7, 15, 21.4]
    table = pd.DataFrame({"days_since_last_order": mpg, "n_orders": mpg, "revenue": mpg})
    cuts = sc.RFMScorer(method="r_rfm").fit(table).thresholds_["monetary"]
    np.testing.assert_allclose(cuts, [16.20, 18.92, 22.00, 25.08], atol=1e-9)


@pytest.mark.parametrize("method", ["quantile", "nested", "jenks", "r_rfm"])
def test_equal_customers_get_equal_scores_whatever_the_row_order_and_engine(on_engine, back, method):
    table = shop()
    plain = scored(table, method=method)
    mixed = back(scored(on_engine(table.sample(frac=1, random_state=3)), method=method))
    assert (mixed["rfm_code"] == plain["rfm_code"]).all()
    same = plain.groupby(["days_since_last_order", "n_orders", "revenue"])["rfm_code"].nunique()
    assert (same == 1).all()


@pytest.mark.parametrize("method", ["quantile", "nested", "jenks"])
@pytest.mark.parametrize("factor", [1000, 0.01])
def test_the_unit_of_money_does_not_matter(method, factor):
    table = shop()
    other = table.assign(revenue=table["revenue"] * factor)
    assert (scored(table, method=method)["rfm_code"] == scored(other, method=method)["rfm_code"]).all()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.8, 0.95, 1.0])
def test_no_one_time_buyer_is_loyal_or_a_champion(share):
    named = sc.segment_rfm(scored(shop(one_time=share)))
    once = named.loc[named["n_orders"] == 1, "segment"]
    assert not set(once) & {"champions", "loyal"}


def test_ties_leave_scores_empty_and_one_warning_says_so(cdnow_customers):
    with pytest.warns(sc.SegmentClientWarning, match=r"some scores stay empty \(frequency 2\)") as caught:
        scorer = sc.RFMScorer().fit(cdnow_customers)
    assert len(caught) == 1
    assert scorer.ties_.query("empty")[["axis", "score"]].to_numpy().tolist() == [["frequency", 2]]
    assert (scorer.transform(cdnow_customers)["f_score"] != 2).all()


def test_published_distribution_of_the_cdnow_master_log():
    customers = sc.summarize_customers(sc.datasets.load_cdnow(sample=False))
    counts = scored(customers)["f_score"].value_counts().reindex(range(1, 6), fill_value=0)
    assert len(customers) == 23_570
    assert counts.tolist() == [12_054, 0, 4_040, 3_641, 3_835]


def test_all_equal_and_one_customer_are_defined():
    equal = pd.DataFrame({"days_since_last_order": [5] * 4, "n_orders": [2] * 4, "revenue": [10.0] * 4})
    assert scored(equal)["rfm_code"].tolist() == [511] * 4
    assert scored(equal.head(1), method="nested")["rfm_code"].nunique() == 1


def test_fixed_cut_points_in_real_units(on_engine, back):
    table = pd.DataFrame(
        {
            "customer_id": [1, 2, 3],
            "days_since_last_order": [180, 181, 366],
            "n_orders": [1, 2, 3],
            "revenue": [1.0, 2, 3],
        }
    )
    options = {
        "bins": {"recency": [180, 365], "frequency": [1, 2], "monetary": 3},
        "method": {"recency": "fixed", "frequency": "fixed"},
    }
    assert back(sc.score_rfm(on_engine(table), **options))[["r_score", "f_score"]].to_numpy().tolist() == [
        [3, 1],
        [2, 2],
        [1, 3],
    ]


def test_nested_scores_are_quantiles_within_the_score_before():
    named = scored(shop(one_time=0).assign(n_orders=lambda t: t["customer_id"]), method="nested")
    for _, group in named.groupby("r_score"):
        assert (group["f_score"] == pd.qcut(group["n_orders"], 5, labels=[1, 2, 3, 4, 5]).astype(int)).all()


def test_one_axis_alone_may_be_nested():
    """Money is cut at its median within each cell of R and F; F at its own median, whatever R."""
    table = pd.DataFrame(
        {
            "days_since_last_order": [1, 1, 1, 1, 9, 9, 9, 9],
            "n_orders": [1, 1, 6, 6, 1, 1, 6, 7],
            "revenue": [1.0, 2.0, 30.0, 40.0, 5.0, 6.0, 7.0, 8.0],
        }
    )
    found = scored(table, bins=2, method={"monetary": "nested"})
    assert found["rfm_code"].tolist() == [211, 212, 221, 222, 111, 112, 121, 122]


def test_a_value_on_a_cut_point_of_nought_does_not_pass_it(on_engine, back):
    table = pd.DataFrame(
        {
            "customer_id": [1, 2, 3],
            "days_since_last_order": [0, 1, 2],
            "n_orders": [0, 1, 2],
            "revenue": [-1.0, 0.0, 1.0],
        }
    )
    found = back(
        scored(
            on_engine(table),
            bins={axis: [0] for axis in ("recency", "frequency", "monetary")},
            method="fixed",
        )
    )
    assert found["rfm_code"].tolist() == [211, 121, 122]


def test_each_group_has_its_own_cut_points(on_engine, back):
    table = shop().assign(market=lambda t: np.where(t["customer_id"] % 3, "north", "south"))
    both = back(scored(on_engine(table), groupby="market"))
    for market, rows in table.groupby("market"):
        alone = scored(rows.drop(columns="market"))
        assert (
            both.loc[both["market"] == market, "rfm_code"].to_numpy() == alone["rfm_code"].to_numpy()
        ).all()
    scorer = sc.RFMScorer(groupby="market").fit(table)
    with pytest.raises(sc.ColumnError, match="groups that the scorer has not learnt: east"):
        scorer.transform(table.assign(market="east"))


def test_fitted_in_january_applied_in_february_and_stored(on_engine, back):
    january, february = (
        shop(seed=1),
        shop(seed=2).assign(days_since_last_order=lambda t: t["days_since_last_order"] + 500),
    )
    scorer = sc.RFMScorer(weights=(3, 2, 1)).fit(january)
    again = sc.RFMScorer.from_json(scorer.to_json())
    a, b = back(scorer.transform(on_engine(february))), back(again.transform(on_engine(february)))
    pd.testing.assert_frame_equal(a, b)
    assert set(a["r_score"]) == {1}
    np.testing.assert_allclose(a["rfm_score"], (3 * a["r_score"] + 2 * a["f_score"] + a["m_score"]) / 6)
    low = scorer.threshold("recency", 5)
    assert (scorer.transform(january)["r_score"] == 5).sum() == (
        january["days_since_last_order"] <= low
    ).sum()


def test_people_who_never_bought_have_no_score(on_engine, back):
    table = pd.concat(
        [shop(20), pd.DataFrame({"customer_id": [99], "n_orders": [0], "revenue": [0.0]})], ignore_index=True
    )
    named = back(sc.segment_rfm(scored(on_engine(table))))
    assert pd.isna(named.loc[20, "r_score"])
    assert named.loc[20, "segment"] == "prospects"
    assert (named.loc[:19, "rfm_code"] == scored(shop(20))["rfm_code"]).all()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"revenue": "x"}, {}, "'revenue' holds .*expected numbers"),
        ({"revenue": np.nan}, {}, "'revenue' has 500 missing or infinite cells"),
        ({"n_orders": np.inf}, {}, "'n_orders' has 500 missing or infinite"),
        ({"days_since_last_order": np.nan}, {}, "nobody to score"),
        ({"r_score": 1}, {}, "scored already"),
        ({}, {"bins": {"frequency": 10}}, "bins=10 for frequency; accepted: 2 to 9"),
        ({}, {"bins": 2.5}, "bins=2.5 .*a whole number"),
        ({}, {"bins": {"recency": ["a"]}}, "finite cut points"),
        ({}, {"method": "octile"}, "method='octile'; accepted: quantile, "),
        ({}, {"method": "fixed"}, "needs cut points"),
        ({}, {"bins": {"when": 3}}, "the axes are"),
        ({}, {"bins": {"recency": [3, 1]}, "method": "fixed"}, "increasing order"),
        ({}, {"weights": (1, 2)}, "three numbers"),
        ({}, {"monetary": "revenu"}, "'revenu' is missing.*did you mean 'revenue'"),
    ],
)
def test_bad_input_is_one_error_of_ours(change, options, message):
    with pytest.raises(sc.SegmentClientError, match=message):
        scored(shop().assign(**change), **options)


def test_nobody_to_score_is_counted(on_engine):
    with pytest.raises(sc.ColumnError, match="nobody to score: 20 rows, 20 without"):
        scored(on_engine(shop(20).assign(days_since_last_order=np.nan)))
    with pytest.raises(sc.ColumnError, match="nobody to score: 0 rows, 0 without"):
        scored(on_engine(shop(20).iloc[:0]))


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"format": "segmentclient.RFMScorer", "version": 2}', "null"]
)
def test_json_that_is_not_a_scorer_is_refused(text):
    with pytest.raises(sc.ModelError, match="from_json"):
        sc.RFMScorer.from_json(text)


def test_unfitted_scorers_say_so():
    with pytest.raises(sc.ModelError, match="not fitted"):
        sc.RFMScorer().transform(shop())


def test_jenks_cuts_minimise_the_variance_within():
    import itertools

    from segmentclient.rfm.breaks import jenks_breaks

    rng = np.random.default_rng(0)
    values = np.sort(rng.gamma(2, 10, 14))

    def cost(ends):
        parts = np.split(values, [end + 1 for end in ends])
        return sum(((part - part.mean()) ** 2).sum() for part in parts)

    best = min(itertools.combinations(range(13), 2), key=cost)
    assert jenks_breaks(values, np.ones(14), 3) == pytest.approx([values[end] for end in best])


def test_the_table_of_a_scorer_lists_every_range():
    """Few days are a high score, many orders are; each range holds its upper end."""
    cuts = {"recency": [10, 30], "frequency": [2], "monetary": [10.5]}
    table = sc.RFMScorer(method="fixed", bins=cuts).fit(shop()).table()
    assert list(table.columns) == ["axis", "within", "score", "above", "up_to"]
    assert table.drop(columns="within").to_numpy().tolist() == [
        ["recency", 1, 30, math.inf],
        ["recency", 2, 10, 30],
        ["recency", 3, -math.inf, 10],
        ["frequency", 1, -math.inf, 2],
        ["frequency", 2, 2, math.inf],
        ["monetary", 1, -math.inf, 10.5],
        ["monetary", 2, 10.5, math.inf],
    ]


def test_index_and_input_stay():
    table = shop(20).set_index(pd.Index(list("abcdefghijklmnopqrst")))
    before = table.copy()
    assert scored(table).index.equals(table.index)
    pd.testing.assert_frame_equal(table, before)


def test_the_card_of_a_scorer_shows_limits_as_they_are():
    table = shop(one_time=0).assign(
        n_orders=lambda t: t["customer_id"] + 1, revenue=lambda t: t["customer_id"] * 1_234.5
    )
    scorer = sc.RFMScorer(bins=5).fit(table)
    cuts = scorer.table().set_index("axis").loc["monetary", "up_to"]
    shown = scorer._repr_html_()
    assert all(f">{cut:.10g}<" in shown for cut in cuts if np.isfinite(cut))
    assert ">up to<" in shown
    assert "inf" not in shown


@pytest.mark.parametrize("weights", [(1, math.inf, 0), (1e308, 1e308, 0)])
def test_weights_without_a_sum_are_refused(weights):
    with pytest.raises(sc.SegmentClientError, match="finite and not all 0"):
        sc.score_rfm(shop(), weights=weights)


def test_groups_that_no_file_can_hold_are_refused_when_written():
    days = shop().assign(
        joined=lambda table: pd.to_datetime("2026-01-01") + pd.to_timedelta(table.index % 2, "D")
    )
    scorer = sc.RFMScorer(groupby="joined").fit(days)
    with pytest.raises(sc.ModelError, match="groups of 'joined' are Timestamp"):
        scorer.to_json()


@pytest.mark.parametrize("bins", [7, {"recency": 4}, {"monetary": [0.2, 0.5]}])
def test_a_stored_scorer_with_other_cut_points_than_bins_is_refused(bins):
    scorer = sc.RFMScorer().fit(
        pd.DataFrame({"days_since_last_order": range(50), "n_orders": range(1, 51), "revenue": range(50)})
    )
    content = json.loads(scorer.to_json())
    content["options"]["bins"] = bins
    with pytest.raises(sc.ModelError, match=r"has 4 cut points, and bins="):
        sc.RFMScorer.from_json(json.dumps(content))


def test_a_nested_cell_where_nobody_was_measures_newcomers_by_everybody(on_engine, back):
    march = pd.DataFrame(
        {
            "customer_id": [1, 2, 3, 4],
            "days_since_last_order": [1, 2, 100, 200],
            "n_orders": [5, 9, 1, 1],  # nobody is both silent and frequent
            "revenue": [10.0, 20.0, 30.0, 40.0],
        }
    )
    scorer = sc.RFMScorer(bins=2, method="nested").fit(on_engine(march))
    june = pd.DataFrame(
        {
            "customer_id": [1, 2],
            "days_since_last_order": [300, 300],
            "n_orders": [7, 7],
            "revenue": [24.0, 26.0],
        }
    )
    assert back(scorer.transform(on_engine(june))).sort_values("revenue")["rfm_code"].tolist() == [121, 122]


@pytest.mark.parametrize("method", ["quantile", "nested"])
def test_a_stored_scorer_that_misses_a_cell_is_refused(method):
    table = shop().assign(market=lambda t: np.where(t["customer_id"] % 2 == 0, "a", "b"))
    stored = json.loads(sc.RFMScorer(bins=2, method=method, groupby="market").fit(table).to_json())
    for damage in (
        lambda cuts: cuts.pop(),
        lambda cuts: cuts[0]["within"].clear(),
        lambda cuts: cuts[0]["within"][0].__setitem__(0, "region"),
        lambda cuts: cuts[0]["within"][0].__setitem__(1, 10**400),
        lambda cuts: cuts[-1]["within"][-1].__setitem__(1, True),
    ):
        broken = json.loads(json.dumps(stored))
        damage(broken["cuts"])
        with pytest.raises(sc.ModelError, match="not a scorer written by to_json"):
            sc.RFMScorer.from_json(json.dumps(broken))


def test_groups_of_numbers_beside_text_are_refused():
    table = shop(20).assign(market=pd.Series([1, "1"] * 10, dtype=object))
    with pytest.raises(sc.ColumnError, match="'market' holds int beside str"):
        sc.score_rfm(table, groupby="market")


def test_a_column_may_be_called_as_a_count_within_was():
    table = shop(60).assign(_n=lambda t: t["revenue"])
    one = scored(table, method="jenks", bins=3, monetary="_n")
    assert one["m_score"].tolist() == scored(table, method="jenks", bins=3)["m_score"].tolist()


@pytest.mark.parametrize("method", ["fixed", "r_rfm"])
def test_rows_at_hand_and_plans_are_scored_alike_at_the_cut_points(method):
    """Numpy searches where rows are at hand, expressions compare on a plan: the same slack, on either side of zero."""
    import polars as pl

    points = np.array([-40.0, -1.0, 0.0, 3.0, 1e12])
    values = np.concatenate([points * (1 + slack) for slack in (0, 5e-10, -5e-10, 2e-9, -2e-9)])
    table = pd.DataFrame({"days_since_last_order": values, "n_orders": values[::-1], "revenue": values})
    axes = dict.fromkeys(("recency", "frequency", "monetary"), points[:4].tolist())
    scorer = (
        sc.RFMScorer(method="fixed", bins=axes) if method == "fixed" else sc.RFMScorer(method="r_rfm")
    ).fit(table)
    plan = scorer.transform(pl.from_pandas(table).lazy()).collect().to_pandas()
    pd.testing.assert_frame_equal(scorer.transform(table), plan)
    if method == "fixed":
        expected = 1 + sum(values - point > np.abs(point) * 1e-9 for point in points[:4])
        assert scorer.transform(table)["m_score"].tolist() == expected.tolist()


def test_a_scorer_without_the_cut_points_of_an_axis_says_so():
    table = pd.DataFrame({"days_since_last_order": [1, 2], "n_orders": [1, 2], "revenue": [1.0, 2.0]})
    scorer = sc.RFMScorer().fit(table)
    scorer.cuts_ = scorer.cuts_[:2]
    with pytest.raises(sc.ModelError, match="no cut points for monetary: fit the scorer again"):
        scorer.transform(table)
