import warnings

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import segmentclient as sc
from segmentclient.personas import check_people

CUSTOMERS = pd.DataFrame({"customer_id": ["b", "a", "c"], "revenue": [3.0, 2.0, 1.0]}, index=[7, 5, 9])
PEOPLE = pd.DataFrame(
    {
        "customer_id": ["a", "b", "z", None],
        "city": ["Lyon", "Paris", "Nice", "Brest"],
        "opt_in": [True, False, True, True],
    }
)
LOG = pd.DataFrame(
    {
        "customer_id": ["a", "a", "a", "b", "q", None],
        "kind": ["visit", "nps", "nps", "visit", "visit", "visit"],
        "score": [None, 9.0, 7.0, None, None, None],
        "date": pd.to_datetime(
            ["2024-01-01", "2024-03-01", "2024-02-01", "2023-01-01", "2024-01-01", "2024-01-01"]
        ),
    }
)


def test_one_row_a_customer_in_the_order_of_the_customers():
    joined = sc.join_people(CUSTOMERS, PEOPLE, LOG)
    assert joined.index.tolist() == [7, 5, 9]
    assert joined.customer_id.tolist() == ["b", "a", "c"]
    assert joined.city.fillna("").tolist() == ["Paris", "Lyon", ""]
    assert joined.n_contacts.tolist() == [1, 3, 0]
    assert joined.n_visit.tolist() == [1, 1, 0]
    assert joined.nps_score.iloc[1] == 8.0
    assert joined.nps_score.isna().tolist() == [True, False, True]
    assert "visit_score" not in joined
    assert joined.last_contact.iloc[1] == pd.Timestamp("2024-03-01")


def test_engines_give_the_same_and_lazy_stays_lazy():
    expected = sc.join_people(CUSTOMERS, PEOPLE, LOG).sort_values("customer_id", ignore_index=True)
    tables = (CUSTOMERS.reset_index(drop=True), PEOPLE, LOG)
    lazy = sc.join_people(*(pl.from_pandas(table).lazy() for table in tables))
    mixed = sc.join_people(pl.from_pandas(tables[0]), PEOPLE, LOG)
    relation = sc.join_people(*(duckdb.from_df(table) for table in tables))
    assert isinstance(lazy, pl.LazyFrame)
    assert isinstance(mixed, pl.DataFrame)
    for got in (lazy.collect().to_pandas(), mixed.to_pandas(), relation.df()):
        got = got.sort_values("customer_id", ignore_index=True)
        assert list(got.columns) == list(expected.columns)
        for column in ("n_contacts", "n_visit", "n_nps"):
            assert got[column].tolist() == expected[column].tolist()
        assert got.city.fillna("").tolist() == expected.city.fillna("").tolist()
        assert got.nps_score.fillna(-1).tolist() == expected.nps_score.fillna(-1).tolist()


def test_rows_of_one_person_are_merged_without_inventing():
    repeated = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b"], "city": ["Lyon", None, "Paris", "Nice"], "age": [30.0, 30.0, None, 40.0],
            "opt_in": [True, False, True, True], "email_opt_out": [False, True, False, False],
        }
    )  # fmt: skip
    with pytest.warns(
        sc.SegmentClientWarning, match=r"differ in city \(1\), email_opt_out \(1\), opt_in \(1\)"
    ):
        joined = sc.join_people(CUSTOMERS, repeated).set_index("customer_id")
    assert joined.loc["a", "city"] == "Lyon"
    assert pd.isna(joined.loc["b", "city"])
    assert joined.loc["b", "age"] == 40
    assert not joined.loc["a", "opt_in"]
    assert joined.loc["a", "email_opt_out"]
    with pytest.warns(sc.SegmentClientWarning):
        again = sc.join_people(CUSTOMERS, repeated.iloc[::-1]).set_index("customer_id")
    pd.testing.assert_frame_equal(again, joined)


@pytest.mark.parametrize(
    ("column", "answers", "kept"),
    [
        ("opt_out", ["Yes", "no"], "Yes"),
        ("opt_out", ["false", "TRUE"], "TRUE"),
        ("opt_out", ["non", " Oui "], " Oui "),
        ("opt_out", ["1", "no"], "1"),
        ("opt_out", ["no", "never again"], "never again"),
        ("consent", ["Yes", "no"], "no"),
        ("consent", ["1", "no"], "no"),
        ("consent", ["yes", "perhaps"], "perhaps"),
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_the_most_careful_answer_counts_however_it_is_spelt(on_engine, back, column, answers, kept, turn):
    customers = pd.DataFrame({"customer_id": ["a"], "segment": ["loyal"]})
    people = pd.DataFrame({"customer_id": ["a", "a"], column: answers[::turn]})
    with pytest.warns(sc.SegmentClientWarning, match=column):
        joined = back(sc.join_people(on_engine(customers), on_engine(people)))
    assert joined[column].tolist() == [kept]


def test_one_answer_spelt_in_two_ways_is_no_contradiction():
    people = pd.DataFrame({"customer_id": ["a", "a"], "opt_out": ["oui", "Yes"]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sc.join_people(CUSTOMERS, people)["opt_out"].isin(["oui", "Yes"]).sum() == 1


def test_equal_rows_are_merged_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        joined = sc.join_people(CUSTOMERS, pd.concat([PEOPLE, PEOPLE]))
    assert len(joined) == 3


def test_a_second_table_of_people_may_stand_for_interactions():
    scores = pd.DataFrame({"customer_id": ["a"], "csat": [4.5]})
    assert sc.join_people(CUSTOMERS, PEOPLE, scores).csat.fillna(0).tolist() == [0, 4.5, 0]


def test_any_key_serves():
    customers = CUSTOMERS.rename(columns={"customer_id": "household_id"})
    people = PEOPLE.rename(columns={"customer_id": "household_id"})
    assert sc.join_people(customers, people, key="household_id").city.notna().sum() == 2


def test_the_report_counts_what_does_not_fit():
    report = check_people(CUSTOMERS, pd.concat([PEOPLE, PEOPLE.head(1).assign(city="Nantes")]), LOG)
    table = report.set_index(["table", "check", "column"]).n
    assert table["people", "rows", ""] == 5
    assert table["people", "without_id", ""] == 1
    assert table["people", "repeated", ""] == 1
    assert table["people", "unknown", ""] == 1
    assert table["people", "covered", ""] == 2
    assert table["people", "known", "city"] == 2
    assert table["people", "contradicted", "city"] == 1
    assert table["interactions", "unknown", ""] == 1
    assert report.share.dropna().between(0, 1).all()


@pytest.mark.parametrize(
    ("people", "interactions", "message"),
    [
        (PEOPLE.drop(columns="customer_id"), None, "people: column 'customer_id' is missing"),
        (PEOPLE.assign(customer_id=[1, 2, 3, 4]), None, "cast one of them"),
        (PEOPLE.assign(revenue=1.0), None, "columns revenue are in customers too"),
        (PEOPLE, LOG.assign(date="yesterday"), "expected dates"),
        (PEOPLE, LOG.assign(kind=["Visit", "visit ", "a", "b", "c", "d"]), "give them one spelling"),
        (PEOPLE, "log.csv", "expected a table"),
    ],
)
def test_mistakes_get_one_error_of_ours(people, interactions, message):
    with pytest.raises(sc.ColumnError, match=message):
        sc.join_people(CUSTOMERS, people, interactions)


def test_personas_read_the_joined_row():
    customers = pd.DataFrame({"customer_id": range(30), "segment": "a", "revenue": 1.0})
    people = pd.DataFrame({"customer_id": range(30), "city": "Lyon"})
    assert sc.build_personas(sc.join_people(customers, people))[0].field("city").value == "Lyon"


def test_people_of_nobody_are_checked():
    people = pd.DataFrame({"customer_id": [], "city": []}, dtype=object)
    checks = check_people(pd.DataFrame({"customer_id": ["a"]}), people).set_index("check")["n"]
    assert checks.to_dict() == dict.fromkeys(
        ["rows", "without_id", "repeated", "unknown", "covered", "known"], 0
    )


def test_a_column_of_people_that_differs_by_capitals_is_named_on_duckdb():
    connection = duckdb.connect()
    customers = connection.sql("select 1 as customer_id, 2.0 as revenue")
    people = connection.sql("select 1 as customer_id, 3 as Revenue")
    with pytest.raises(sc.ColumnError, match="columns Revenue are in customers too"):
        sc.join_people(customers, people)


GAPS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "b"],
        "city": [None, "Paris", "Paris"],
        "opt_in": [True, None, None],
        "age": [30.0, None, 41.0],
        "born": pd.to_datetime(["1990-01-01", None, None]),
    }
)


@pytest.mark.parametrize(
    "engine",
    [
        pl.DataFrame,
        pl.LazyFrame,
        lambda data: pa.table(data),
        lambda data: duckdb.connect().from_arrow(pa.table(data)),
    ],
    ids=["polars", "lazy", "pyarrow", "duckdb"],
)
@pytest.mark.parametrize("people", [GAPS, pl.from_pandas(GAPS)], ids=["pd", "pl"])
def test_people_with_gaps_join_customers_of_any_other_engine(engine, people):
    joined = sc.join_people(engine({"customer_id": ["a", "b", "c"]}), people, LOG)
    rows = joined.collect() if isinstance(joined, pl.LazyFrame) else joined
    table = rows.df() if hasattr(rows, "df") else rows.to_pandas()
    table = table.sort_values("customer_id").astype(object)
    plain = table.where(table.notna(), None)
    assert plain.city.tolist() == [None, "Paris", None]
    assert plain.opt_in.tolist() == [True, None, None]
    assert plain.age.tolist() == [30.0, 41.0, None]
    assert plain.n_contacts.tolist() == [3, 1, 0]


def test_what_another_engine_has_no_type_for_is_named():
    people = pd.DataFrame(
        {"customer_id": ["a", "b"], "month": pd.period_range("2026", periods=2), "x": [1, "one"]}
    )
    with pytest.raises(sc.ColumnError, match=r"(?s)'month' holds period.*'x' holds int beside str"):
        sc.join_people(pl.DataFrame({"customer_id": ["a"]}), people)


def test_contacts_of_no_kind_and_none_at_all_are_counted():
    for log in (LOG.iloc[:0], LOG.assign(kind=None), LOG.assign(kind=" ")):
        for customers in (CUSTOMERS, pl.DataFrame(CUSTOMERS.to_dict("list"))):
            joined = sc.join_people(customers, PEOPLE, log)
            assert list(joined["n_contacts"]) == ([1, 3, 0] if len(log) else [0, 0, 0])
            assert "n_" not in joined.columns


@pytest.mark.parametrize(
    ("kinds", "message"),
    [(["contacts"] * 6, "would be counted as n_contacts"), (["★"] * 6, "'★' has no letter and no digit")],
)
def test_kinds_that_can_name_no_column_are_refused(kinds, message):
    with pytest.raises(sc.ColumnError, match=message):
        sc.join_people(CUSTOMERS, PEOPLE, LOG.assign(kind=kinds))


def test_a_score_that_the_customers_have_already_is_neither_overwritten_nor_lost():
    for name in ("nps_score", "visit_score"):  # visits are never scored, and get no column
        with pytest.raises(sc.ColumnError, match=f"{name} are in customers too"):
            sc.join_people(CUSTOMERS.assign(**{name: 1.0}), PEOPLE, LOG)


def test_several_rows_of_a_person_that_cannot_be_compared_are_refused():
    twice = PEOPLE.assign(customer_id=["a", "a", "b", "c"])
    lists = twice.assign(tags=pd.Series([["x"], ["y"], [], []], dtype=pd.ArrowDtype(pa.list_(pa.string()))))
    with pytest.raises(sc.ColumnError, match=r"'tags' holds List.*cannot be compared"):
        sc.join_people(CUSTOMERS, lists)
    halves = twice.assign(city=pd.Series(["\ud800", "x", "y", "z"], dtype=object))
    if pd.__version__.startswith("2."):  # which compares them
        assert len(sc.join_people(CUSTOMERS, halves)) == len(CUSTOMERS)
        return
    with pytest.raises(sc.ColumnError, match="people: pandas could not read the table: half characters"):
        sc.join_people(CUSTOMERS, halves)


def test_people_of_whom_only_the_id_is_known_join_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        joined = sc.join_people(CUSTOMERS, PEOPLE[["customer_id"]].iloc[[0, 0, 1]])
    pd.testing.assert_frame_equal(joined, CUSTOMERS)


def test_ids_that_whole_numbers_cannot_hold_are_nobody_on_pyarrow_too():
    people = pd.DataFrame({"customer_id": [1.0, 1.5], "city": ["Lyon", "Nice"]})
    joined = sc.join_people(pa.table({"customer_id": [1, 2]}), people)
    assert joined["city"].to_pylist() == ["Lyon", None]


@pytest.mark.parametrize(
    "convert",
    [lambda t: t, pl.from_pandas, lambda t: pl.from_pandas(t).lazy(), duckdb.from_df, pa.Table.from_pandas],
)
def test_people_of_whom_nobody_is_a_customer_are_told(convert):
    """`001` is not `1`: who refused to be written to would be written to, without a word."""
    customers = pd.DataFrame({"customer_id": ["001", "002"], "revenue": [1.0, 2.0]})
    people = pd.DataFrame({"customer_id": ["1", "2"], "email_opt_out": ["yes", "yes"]})
    with pytest.warns(sc.SegmentClientWarning, match="people: no customer_id of the customers is found"):
        sc.join_people(convert(customers), convert(people))
    log = people.assign(kind="visit")[["customer_id", "kind"]]
    with pytest.warns(
        sc.SegmentClientWarning, match="interactions: no customer_id of the customers is found"
    ):
        sc.join_people(convert(customers), convert(people.assign(customer_id=["001", "3"])), convert(log))


@pytest.mark.parametrize(
    "convert",
    [lambda t: t, pl.from_pandas, lambda t: pl.from_pandas(t).lazy(), duckdb.from_df, pa.Table.from_pandas],
)
def test_ids_of_fixed_width_are_told_in_every_table_of_people(convert):
    """CHAR(4) fills ids up with blanks, which clean_transactions takes away: `b   ` meets no `b`."""
    customers = pd.DataFrame(
        {"customer_id": ["aaaa", "b"], "n_orders": [2, 1], "revenue": [3.0, 2.0], "segment": ["x", "y"]}
    )
    people = pd.DataFrame(
        {"customer_id": ["aaaa", "b   ", "    ", None], "city": ["Lyon", "Nice", "Brest", "Metz"]}
    )
    told = r"1 ids have blanks around them \(for instance 'b   '\)"
    with pytest.warns(sc.SegmentClientWarning, match=f"people: {told}"):
        sc.join_people(convert(customers), convert(people))
    with pytest.warns(sc.SegmentClientWarning, match=f"people: {told}"):
        sc.add_prospects(convert(customers), convert(people))
    with pytest.warns(sc.SegmentClientWarning, match=f"attributes: {told}"):
        sc.profile_segments(convert(customers), attributes=convert(people))
