"""Which scores nobody can get: ranges and empty scores counted by hand."""

import warnings

import numpy as np
import pandas as pd
import pytest

import segmentclient as sc
from segmentclient.rfm.cuts import Cut, conditions_text, score_ranges

INF = float("inf")
FOUR = pd.DataFrame(
    {
        "customer_id": range(4),
        "days_since_last_order": [3, 10, 20, 30],
        "n_orders": [1, 1, 1, 2],
        "revenue": [5.0, 6.0, 7.0, 8.0],
    }
)


def fitted(table, **options):
    return sc.RFMScorer(**options).fit(table)


def rows(scorer, axis):
    of_axis = scorer.ties_[scorer.ties_["axis"] == axis]
    return of_axis[["score", "above", "up_to", "empty"]].to_numpy().tolist()


def test_ranges_and_empty_scores():
    """Three of four bought once: a quarter, a half of them lie at 1; nobody spent more than 8."""
    scorer = fitted(
        FOUR,
        bins={"recency": [10, 20], "frequency": 4, "monetary": [6, 8, 9]},
        method={"recency": "fixed", "monetary": "fixed"},
    )
    assert rows(scorer, "recency") == [[1, 20, INF, False], [2, 10, 20, False], [3, -INF, 10, False]]
    assert rows(scorer, "frequency") == [
        [1, -INF, 1, False],
        [2, 1, 1, True],
        [3, 1, 1.25, False],
        [4, 1.25, INF, False],
    ]
    assert rows(scorer, "monetary") == [
        [1, -INF, 6, False],
        [2, 6, 8, False],
        [3, 8, 9, True],
        [4, 9, INF, True],
    ]
    assert scorer.ties_.columns.tolist() == ["axis", "within", "score", "above", "up_to", "empty"]
    assert set(scorer.ties_["within"]) == {""}


def test_one_warning_lists_the_empty_scores_of_each_axis():
    """The axes in their own order, not that of the alphabet."""
    table = FOUR.assign(days_since_last_order=[3, 3, 3, 9])
    options = {"bins": {"recency": 4, "frequency": 4, "monetary": [6, 8, 9]}, "method": {"monetary": "fixed"}}
    with pytest.warns(sc.SegmentClientWarning) as caught:
        sc.RFMScorer(**options).fit(table)
    assert len(caught) == 1
    assert str(caught[0].message).startswith(
        "so many customers share a value that some scores stay empty "
        "(recency 3; frequency 2; monetary 3, 4); equal customers"
    )


def test_where_every_score_is_reached_nothing_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scorer = sc.RFMScorer(
            bins={"recency": 4, "frequency": [1], "monetary": 4}, method={"frequency": "fixed"}
        ).fit(FOUR)
    assert not scorer.ties_["empty"].any()


def test_groups_and_nested_cells_are_named_and_have_their_own_points():
    markets = FOUR.assign(market=list("nnss"))
    ties = fitted(markets, bins=2, groupby="market").ties_
    assert ties["within"].unique().tolist() == ["market=n", "market=s"]
    cut = ties[(ties["score"] == 1) & (ties["axis"] == "monetary")]
    assert cut["up_to"].tolist() == [5.5, 7.5]
    nested = fitted(FOUR, bins=2, method="nested").ties_
    assert nested["within"].unique().tolist() == [
        "",
        *(f"r_score={r}" for r in (1, 2)),
        *(f"r_score={r}, f_score={f}" for r in (1, 2) for f in (1, 2)),
    ]


def test_scores_of_recency_run_backwards():
    recent, often = Cut("recency", (), (3.0, 9.0)), Cut("frequency", (), (3.0, 9.0))
    assert list(score_ranges(recent)) == [(1, 9.0, INF), (2, 3.0, 9.0), (3, -INF, 3.0)]
    assert list(score_ranges(often)) == [(1, -INF, 3.0), (2, 3.0, 9.0), (3, 9.0, INF)]
    assert conditions_text((("market", "n"), ("r_score", 2))) == "market=n, r_score=2"


@pytest.mark.parametrize("options", [{"groupby": "shop"}, {"method": "nested"}], ids=str)
def test_a_score_is_called_empty_where_nobody_of_its_group_has_it(options):
    """Shop a sells for pence and shop b for pounds: the highest value of all says nothing of shop a."""
    rng = np.random.default_rng(0)
    customers = pd.DataFrame(
        {
            "shop": np.repeat(["a", "b"], 100),
            "days_since_last_order": rng.integers(0, 300, 200),
            "n_orders": np.r_[np.ones(100, int), rng.integers(1, 9, 100)],
            "revenue": np.r_[np.full(100, 0.5), rng.gamma(2, 50, 100)],
        }
    )
    scorer = sc.RFMScorer(bins=4, **options).fit(customers)
    scored = scorer.transform(customers)
    names = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}
    found = []
    for row in scorer.ties_.itertuples():
        conditions = dict(pair.split("=") for pair in row.within.split(", ") if pair)
        inside = scored
        for name, value in conditions.items():
            inside = inside[inside[name].astype(str) == value]
        found.append(not (inside[names[row.axis]] == row.score).any())
    assert scorer.ties_["empty"].tolist() == found
    assert any(found)
