"""Published logs as published; an invented shop that is plausible, repeatable, and equal to its files."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentclient import datasets
from segmentclient.errors import SegmentClientError

SAMPLES = Path(__file__).parents[1] / "data" / "samples"


@pytest.fixture(scope="module")
def shop():
    return datasets.load_sample()


def test_cdnow_sample_is_the_published_one():
    orders = datasets.load_cdnow()
    assert (len(orders), orders["customer_id"].nunique()) == (6_919, 2_357)
    assert set(orders["customer_id"]) == set(range(1, 2_358))
    assert orders["date"].min() == pd.Timestamp("1997-01-01")
    assert orders["date"].max() == pd.Timestamp("1998-06-30")
    first = orders[orders["customer_id"] == 1]
    assert first["amount"].tolist() == [29.33, 29.73, 14.96, 26.48]
    assert first["quantity"].tolist() == [2, 2, 1, 2]


def test_cdnow_master_holds_every_customer():
    orders = datasets.load_cdnow(sample=False)
    assert (len(orders), orders["customer_id"].nunique()) == (69_659, 23_570)


def test_cdnow_summary_is_what_the_log_says():
    """Frequencies of the published table, counted again as purchase days of the log."""
    log = datasets.load_cdnow()
    days = log[log["date"] <= "1997-09-30"].drop_duplicates(["customer_id", "date"])
    counted = days.groupby("customer_id").size() - 1
    published = datasets.load_cdnow_summary().set_index("customer_id")
    assert published["frequency"].sum() == 2_457
    pd.testing.assert_series_equal(published["frequency"], counted, check_names=False)


def test_donations_are_the_published_ones():
    donations = datasets.load_donations()
    assert list(donations.columns) == ["frequency", "recency", "T", "weights"]
    assert (len(donations), donations["weights"].sum()) == (22, 11_104)


def test_loading_does_not_import_lifetimes():
    load = "import sys; from segmentclient import datasets; datasets.load_cdnow()"
    subprocess.run([sys.executable, "-c", f"{load}; assert 'lifetimes' not in sys.modules"], check=True)


def test_missing_lifetimes_is_one_error_of_ours(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SegmentClientError, match="pip install lifetimes"):
        datasets.load_cdnow()


def test_sample_equals_its_files(shop):
    orders = pd.read_csv(SAMPLES / "transactions.csv")
    people = pd.read_csv(SAMPLES / "people.csv", parse_dates=["birth_date"])
    pd.testing.assert_frame_equal(shop.transactions, orders, check_dtype=False)
    people = people.astype({"birth_date": shop.people["birth_date"].dtype})
    pd.testing.assert_frame_equal(shop.people, people, check_dtype=False)


def test_readme_of_the_sample_counts_right(shop):
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    orders, people = shop
    dates = pd.to_datetime(orders["date"], format="%Y-%m-%d", errors="coerce")
    assert (dates.isna().sum(), orders["amount"].isna().sum()) == (9, 9)
    counts = [
        len(orders),
        len(people),
        orders["order_id"].nunique(),
        orders["customer_id"].isna().sum(),
        (orders["amount"] < 0).sum(),
        orders["staff"].sum(),
        orders.duplicated().sum(),
        (people["customer_type"] == "B2B").sum(),
        people["satisfaction"].notna().sum(),
    ]
    for count in counts:
        assert f"{count:,}" in text
    for column in [*orders.columns, *people.columns]:
        assert f"`{column}`" in text


def test_sample_has_every_fault_of_an_export(shop):
    orders = shop.transactions
    refunded = orders[orders["amount"] < 0]
    assert refunded["order_id"].isin(orders.loc[orders["amount"] > 0, "order_id"]).all()
    assert orders.loc[orders["staff"], "customer_id"].dropna().str.startswith("STAFF").all()


def test_same_seed_same_table_and_another_seed_another():
    again = datasets.make_transactions(300, random_state=4)
    pd.testing.assert_frame_equal(datasets.make_transactions(300, random_state=4), again)
    assert not datasets.make_transactions(300, random_state=5).equals(again)


def test_clean_shop_is_clean():
    orders = datasets.make_transactions(500, start="2023-02-01", end="2023-11-30", random_state=1)
    assert orders["customer_id"].nunique() == 500
    assert orders["date"].between("2023-02-01", "2023-11-30").all()
    assert orders["date"].is_monotonic_increasing
    assert (orders["amount"] > 0).all()
    assert not orders.isna().any().any()
    assert not orders["staff"].any()
    assert orders.groupby("order_id")["customer_id"].nunique().max() == 1


def test_people_are_the_customers_and_some_prospects():
    orders = datasets.make_transactions(400, random_state=2)
    people = datasets.make_people(400, n_prospects=30, random_state=2)
    assert set(orders["customer_id"]) == set(people["customer_id"][:400])
    assert people["customer_id"].is_unique
    assert people["customer_id"].str.startswith("P").sum() == 30


def test_people_differ_with_what_they_buy(shop):
    orders, people = shop
    spent = orders.groupby("customer_id")["amount"].sum()
    persons = people[people["customer_type"] == "B2C"].set_index("customer_id")
    value = spent.reindex(persons.index).groupby(persons["income_band"]).mean()
    assert value["plus de 70 k€"] > 1.5 * value["moins de 25 k€"]
    bought_in_store = (orders["channel"] == "store").groupby(orders["customer_id"]).mean()
    share = bought_in_store.reindex(persons.index).groupby(persons["channel"]).mean()
    assert share["store"] > share["online"] + 0.2


def test_companies_have_no_birthday_and_persons_no_headcount(shop):
    company = shop.people["customer_type"] == "B2B"
    assert shop.people.loc[company, ["sex", "birth_date", "household"]].isna().all().all()
    assert shop.people.loc[~company, ["sector", "headcount", "turnover"]].isna().all().all()
    assert shop.people.loc[company, "sector"].notna().all()


def test_gaps_of_regular_circles_are_more_even():
    """Companies order with gamma gaps of shape 4, explorers with exponential ones."""
    orders = datasets.make_transactions(6_000, random_state=11)
    people = datasets.make_people(6_000, n_prospects=0, random_state=11).set_index("customer_id")
    days = orders.drop_duplicates(["customer_id", "date"])
    gaps = days.groupby("customer_id")["date"].diff().dt.days.dropna()
    spread = gaps.groupby(days["customer_id"].reindex(gaps.index)).agg(["mean", "std", "size"])
    ratio = (spread["std"] / spread["mean"])[spread["size"] >= 5]
    kind = people["customer_type"].reindex(ratio.index)
    assert ratio[kind == "B2B"].mean() < ratio[kind == "B2C"].mean() - 0.15


@pytest.mark.parametrize("n", [0, -3, 2.5])
def test_number_of_customers_must_be_a_count(n):
    with pytest.raises(SegmentClientError, match="n_customers"):
        datasets.make_transactions(n)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"start": "2025-01-02", "end": "2025-01-01"}, "is after"),
        ({"start": "soon"}, "expected dates"),
        ({"random_state": -1}, "random_state=-1"),
        ({"quality": "dirty"}, "'clean', 'messy'"),
    ],
)
def test_bad_options_say_what_is_accepted(options, said):
    with pytest.raises(SegmentClientError, match=said):
        datasets.make_transactions(5, **options)


@pytest.mark.parametrize("quality", ["clean", "messy"])
def test_one_customer_on_one_day(quality):
    orders = datasets.make_transactions(1, start="2025-06-01", end="2025-06-01", quality=quality)
    assert len(orders) >= 1
    assert np.issubdtype(orders["amount"].dtype, np.floating)
