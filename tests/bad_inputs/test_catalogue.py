"""Every quirk against every function: a result or one error of ours, never a foreign exception or warning."""

import datetime as dt
import inspect
from decimal import Decimal
from functools import partial

import catalogue
import functions
import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from conftest import DUCKDB, ENGINES
from segmentclient import frames

mpl.use("Agg")
CUSTOMERS, ORDERS, PEOPLE = functions.customers(), functions.orders(), functions.people()


def cases():
    """Name, function, and the making of a hostile pandas table, for every case of the catalogue."""
    for name, (function, columns) in functions.ON_CUSTOMERS.items():
        yield from _of(name, function, CUSTOMERS, columns)
    for name, function in functions.ON_ORDERS.items():
        yield from _of(name, function, ORDERS, ORDERS.columns)
    for name, function in functions.ON_PEOPLE.items():
        yield from _of(name, function, PEOPLE, PEOPLE.columns)


def _of(name, function, table, columns):
    for quirk, spoilt in catalogue.QUIRKS.items():
        for column in columns:
            yield (
                f"{name}: {column} {quirk}",
                function,
                lambda column=column, spoilt=spoilt: table.assign(**{column: spoilt(table[column])}),
            )
    for shape, formed in catalogue.SHAPES.items():
        yield f"{name}: {shape}", function, lambda formed=formed: formed(table)
    for what, thing in catalogue.NOT_TABLES.items():
        yield f"{name}: not a table, {what}", function, lambda thing=thing: thing


def cases_on_engines():
    """The same for what only polars and DuckDB can hold."""
    every = [
        *(
            (name, function, CUSTOMERS, columns)
            for name, (function, columns) in functions.ON_CUSTOMERS.items()
        ),
        *((name, function, ORDERS, ORDERS.columns) for name, function in functions.ON_ORDERS.items()),
        *((name, function, PEOPLE, PEOPLE.columns) for name, function in functions.ON_PEOPLE.items()),
    ]
    for name, function, table, columns in every:
        company = table.assign(extra=0)
        for engine, make in MADE.items():
            for quirk in catalogue.DUCKDB_QUIRKS if engine == "DuckDB" else catalogue.POLARS_QUIRKS:
                for column in [*columns, "extra"]:
                    yield (
                        f"{name}: {column} {quirk} on {engine}",
                        function,
                        partial(make, company, column, quirk),
                    )
        for shape, formed in catalogue.SHAPES_ANYWHERE.items():
            for engine in ("polars", "polars-lazy", "duckdb"):
                yield (
                    f"{name}: {shape} on {engine}",
                    function,
                    lambda e=engine, f=formed, t=table: ENGINES[e](f(t)),
                )


MADE = {
    "polars": catalogue.on_polars,
    "lazy polars": lambda *spoilt: catalogue.on_polars(*spoilt).lazy(),
    "DuckDB": catalogue.on_duckdb,
}


UNEQUAL = ("lists", "objects", "signalling")  # cells that pandas cannot compare


def checked(some):
    wrong = []
    for name, function, make in some:
        table = make()
        before = table.copy() if isinstance(table, pd.DataFrame) else None
        try:
            found = catalogue.answer(function, table)
        except Exception as error:
            wrong.append(f"{name}: {type(error).__name__}: {error}"[:300])
            continue
        if "not a table" in name and "None" not in name and "Segmenter" not in name and found != "error":
            wrong.append(f"{name}: a result for what is no table")
        if before is not None and not any(word in name for word in UNEQUAL):
            pd.testing.assert_frame_equal(table, before)
    assert not wrong, "\n".join(wrong)


SLOW = ("build_", "export_", "plot.", "ideal", "fit_", "value_by", "compare_models", "choose_k")
FAST = [case for case in cases() if not case[0].startswith(SLOW)]
FAST_ON_ENGINES = [case for case in cases_on_engines() if not case[0].startswith(SLOW)]


@pytest.mark.parametrize("part", range(3))
def test_a_sample_of_the_catalogue(part):
    """Each function meets other quirks: the step has no factor in common with the length of the catalogue."""
    checked(FAST[part * 17 :: 199])


def test_a_sample_of_the_catalogue_on_engines():
    checked(FAST_ON_ENGINES[7::421])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(40))
def test_the_whole_catalogue(part):
    checked(list(cases())[part::40])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(40))
def test_the_whole_catalogue_on_engines(part):
    checked(list(cases_on_engines())[part::40])


# ------------------------------------------------------------------------- stated answers, with their sums


def spoilt(**columns):
    return ORDERS.assign(**columns)


def reconciles(clean, n_rows, money):
    assert clean.audit["rows"].sum() == n_rows
    assert clean.audit["amount"].sum() == pytest.approx(money, abs=0.005)
    kept = clean.audit.set_index("reason").loc["kept"]
    assert kept["rows"] == len(clean.transactions)
    assert clean.transactions["amount"].sum() == pytest.approx(kept["amount"], abs=0.005)
    assert len(clean.rejected) == n_rows - kept["rows"]


FRENCH = "\ufeffNuméro client;Date de commande;Montant TTC;Magasin;\r\n007;31/01/2026;1 234,56;Évry;\r\n;01/02/2026;10,00;Évry;\r\n  ;;;;\r\n17850.0;2/2/2026;-5,50;L'Isle;\r\nO'Brien;29/02/2026;7,00;Évry;\r\n17850.0;03/02/2026;20,00;Évry;\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "utf-16"])
def test_a_french_export_of_a_till(tmp_path, encoding):
    path = tmp_path / "ventes.csv"
    path.write_text(FRENCH if encoding.startswith("utf") else FRENCH[1:], encoding=encoding, newline="")
    raw = sc.scan_orders(path, separator=";", encoding=encoding)
    clean = sc.clean_transactions(
        raw.df(), customer_id="Numéro client", date="Date de commande", amount="Montant TTC", date_format="%d/%m/%Y", decimal=","
    )  # fmt: skip
    audit = clean.audit.set_index("reason")
    assert audit["rows"].to_dict() == {"kept": 3, "missing_customer_id": 2, "unreadable_date": 1}
    assert audit["amount"].sum() == pytest.approx(1234.56 + 10 - 5.5 + 7 + 20)
    assert sorted(clean.transactions["customer_id"]) == ["007", "17850.0", "17850.0"]


@pytest.mark.parametrize(("content", "said"), [(b"PAR1 cut", "cannot be read"), (b"", "cannot be read")])
def test_a_truncated_parquet_file(tmp_path, content, said):
    path = tmp_path / "orders.parquet"
    path.write_bytes(content)
    with pytest.raises(sc.ColumnError, match=said):
        sc.scan_orders(path)


def test_a_csv_cut_off_in_its_last_line(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer_id,date,amount\na,2026-01-01,10\nb,2026-01-02,20\nc,2026-01-0", encoding="utf-8"
    )
    try:
        clean = sc.clean_transactions(sc.scan_orders(path).df())
    except sc.ColumnError:
        return
    assert clean.audit.set_index("reason")["rows"].sum() == 3
    assert clean.audit.set_index("reason").loc["kept", "amount"] == 30.0


def test_overlapping_extracts_are_counted_or_dropped():
    twice = pd.concat([ORDERS, ORDERS[ORDERS["date"] >= "2026-01-01"]])
    copies = len(twice) - len(ORDERS.drop_duplicates())
    assert sc.clean_transactions(twice).notes["exact_duplicates_kept"] == copies
    dropped = sc.clean_transactions(twice, duplicates="drop")
    reconciles(dropped, len(twice), twice["amount"].sum())
    assert dropped.audit.set_index("reason").loc["duplicate", "rows"] == copies


def test_ten_thousand_amounts_to_the_cent():
    cents = np.random.default_rng(1).integers(1, 10**9, 10_000)
    raw = pd.DataFrame({"customer_id": "a", "date": pd.Timestamp("2026-01-01"), "amount": [Decimal(int(one)) / 100 for one in cents]})  # fmt: skip
    clean = sc.clean_transactions(raw)
    assert round(clean.audit["amount"].sum() * 100) == int(cents.sum())
    assert round(sc.summarize_customers(clean.transactions)["revenue"].sum() * 100) == int(cents.sum())


def test_a_million_orders_of_one_customer():
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(1_000_000) % 1000, "D")
    log = pd.DataFrame({"customer_id": 7, "date": days, "amount": 0.01, "order_id": np.arange(1_000_000)})
    row = sc.summarize_customers(log).iloc[0]
    assert (row["n_orders"], row["frequency"], row["T"]) == (1_000_000, 999, 999.0)
    assert row["revenue"] == pytest.approx(10_000.0, abs=0.005)


def test_refunds_without_a_sale_are_set_aside():
    raw = pd.concat([ORDERS, pd.DataFrame({"customer_id": ["refunder"], "date": [pd.Timestamp("2025-05-05")], "amount": [-9.99]})])  # fmt: skip
    clean = sc.clean_transactions(raw)
    reconciles(clean, len(raw), raw["amount"].sum())
    assert clean.audit.set_index("reason").loc["refunds_only"].tolist() == [1, -9.99]


def test_ids_that_differ_by_case_stay_apart_and_are_counted():
    clean = sc.clean_transactions(pd.DataFrame({"customer_id": ["Ann", " Ann ", "ANN"], "date": ["2026-01-01"] * 3, "amount": [1, 2, 4]}))  # fmt: skip
    assert sc.summarize_customers(clean.transactions).set_index("customer_id")["revenue"].to_dict() == {"ANN": 4, "Ann": 3}  # fmt: skip
    assert clean.notes["customer_ids_alike"] == 1


def test_ids_that_differ_by_how_accents_are_stored_stay_apart_and_are_counted(on_engine):
    """The same names in one sign a letter and, as macOS writes them, in several; Hangul and kana are so too."""
    composed = [
        "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}",
        "\N{HANGUL SYLLABLE GAG}",
        "\N{HIRAGANA LETTER GA}",
    ]
    decomposed = ["Zoe\N{COMBINING DIAERESIS}", "\N{HANGUL CHOSEONG KIYEOK}\N{HANGUL JUNGSEONG A}\N{HANGUL JONGSEONG KIYEOK}", "\N{HIRAGANA LETTER KA}\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}"]  # fmt: skip
    ids = [*composed, *decomposed, composed[0].upper(), "Zoe", "zoe", "Ann"]
    clean = sc.clean_transactions(on_engine(pd.DataFrame({"customer_id": ids, "date": ["2026-01-01"] * 10, "amount": 1.0})))  # fmt: skip
    assert clean.notes["customers"] == 10
    assert clean.notes["customer_ids_alike"] == 3 + 1 + 1  # the other spellings, one in capitals, and zoe


def test_dates_with_a_zone_count_by_its_wall_clock():
    local = ORDERS.assign(date=ORDERS["date"].dt.tz_localize("Europe/Paris"))
    pd.testing.assert_frame_equal(sc.summarize_customers(local), sc.summarize_customers(ORDERS))


def test_tables_of_two_duckdb_connections():
    import duckdb

    with duckdb.connect() as one, duckdb.connect() as other:
        table, log = one.from_df(functions.BEFORE), other.from_df(functions.later_orders())
        with pytest.raises(sc.ColumnError, match="DuckDB connections"):
            sc.update_customers(table, log)


def test_several_currencies_are_refused():
    mixed = spoilt(currency=np.where(np.arange(len(ORDERS)) % 4, "EUR", "USD"))
    with pytest.raises(sc.TransactionError, match="2 currencies \\(rows: EUR 206, USD 69\\)"):
        sc.clean_transactions(mixed, currency="currency")
    alone = sc.clean_transactions(mixed.assign(currency="EUR"), currency="currency")
    reconciles(alone, len(ORDERS), ORDERS["amount"].sum())
    with pytest.raises(sc.ColumnError, match="'money' is missing"):
        sc.clean_transactions(ORDERS, currency="money")


# ------------------------------------------------------------------------- found by attack, each once a foreign error


def _polars_customers(**columns):
    import polars as pl

    return pl.from_pandas(CUSTOMERS).with_columns(**columns)


def _closed():
    import duckdb

    with duckdb.connect() as connection:
        return connection.sql("select 'a' as customer_id, date '2026-01-01' as date, 1.0 as amount")


def _arrow_lists():
    import pyarrow as pa

    return pd.Series([[1]] * len(CUSTOMERS), dtype=pd.ArrowDtype(pa.list_(pa.int64())))


ATTACKS = {
    "as_of is a table": (lambda: sc.summarize_customers(ORDERS, as_of=ORDERS), "as_of=<pandas DataFrame> is not a day"),
    "as_of goes on": (lambda: sc.summarize_customers(ORDERS, as_of="2026-01-01x"), "is not a day"),
    "the last day of all": (lambda: sc.summarize_customers(ORDERS, as_of=dt.date.max), "1900 to 2199"),
    "no name of a group": (lambda: sc.score_rfm(ORDERS, groupby=""), "column '' is missing"),
    "weights read once": (lambda: sc.score_rfm(CUSTOMERS, weights=iter([1, 2, 3])), "weights="),
    "half a character": (lambda: sc.segment_rfm(CUSTOMERS, column="\ud800"), "column="),
    "a path of null": (lambda: sc.load_rules("\x00.toml"), "not a TOML file"),
    "a path too long": (lambda: sc.export_audiences(CUSTOMERS, "z" * 5_000), "cannot write"),
    "measure as segment": (lambda: sc.profile_segments(CUSTOMERS, by="revenue"), "is a measure"),
    "label as feature": (lambda: sc.cluster_rules(CUSTOMERS, ["revenue"], by="revenue"), "as label and as feature"),
    "no date": (lambda: sc.value_by_segment(CUSTOMERS, models=functions.MODELS, horizon=pd.NaT), "cannot be read"),
    "eight thousand years": (lambda: sc.value_by_segment(CUSTOMERS, models=functions.MODELS, horizon="2000Y"), "a thousand years|last calendar year"),
    "no draws": (lambda: sc.value_by_segment(CUSTOMERS, models=functions.MODELS, n_draws=0), "n_draws=0"),
    "no model": (lambda: sc.check_fit(None, CUSTOMERS), "model=None"),
    "a model unfitted": (lambda: sc.check_fit(sc.BGNBD(), CUSTOMERS), "not fitted"),
    "no step": (lambda: sc.track_purchases(ORDERS, functions.MBGNBD, calibration_end="2025-12-31", step_days=0), "step_days=0"),
    "no axis": (lambda: sc.RFMScorer(bins=3).fit(CUSTOMERS).threshold("age", 2), "axis='age'"),
    "no range": (lambda: sc.SegmentMap.from_ranges(iter([1])), "each range is a mapping"),
    "a scorer that is none": (lambda: sc.build_report(CUSTOMERS, scorer=5), "accepted: a RFMScorer or None"),
    "objects in polars": (lambda: sc.score_rfm(_polars_customers(extra=catalogue.POLARS_QUIRKS["Object"](55))), "Python objects"),
    "structures as segments": (lambda: sc.profile_segments(_polars_customers(segment=catalogue.POLARS_QUIRKS["Struct"](55))), "'segment' holds Struct"),
    "durations as segments": (lambda: sc.compare_periods(*[_polars_customers(segment=catalogue.POLARS_QUIRKS["Duration"](55))] * 2), "holds Duration"),
    "maps as clusters": (lambda: sc.name_clusters(catalogue.on_duckdb(CUSTOMERS, "cluster", "MAP"), ["revenue"]), "(?i)holds map"),
    "ids of an enumeration": (lambda: sc.add_prospects(catalogue.on_duckdb(CUSTOMERS, "customer_id", "ENUM"), ENGINES["duckdb"](PEOPLE)), "cast one of them"),
    "a closed connection": (lambda: sc.clean_transactions(_closed()), "duckdb could not read"),
    "half characters as ids": (lambda: sc.summarize_customers(spoilt(customer_id=pd.Series(["a\udce9"] * len(ORDERS), dtype=object))), r"lone surrogates: 'a\\udce9'\)"),
    "clusters of half floats": (lambda: sc.cluster_rfm_table(CUSTOMERS.assign(cluster=np.float16(2))), "holds float16"),
    "clusters of Arrow lists": (lambda: sc.name_clusters(CUSTOMERS.assign(cluster=_arrow_lists()), ["revenue"]), "holds List"),
    "a measure without numbers": (lambda: sc.plot.score_histograms(CUSTOMERS.assign(revenue=np.nan)), "'revenue' is missing in every row"),
    "infinite features on a chart": (lambda: sc.plot.snake_plot(CUSTOMERS.assign(revenue=np.inf), features=["revenue"], by="segment"), "'revenue' holds 55 infinite"),
    "gaps of text": (lambda: sc.BGCNBD().fit(CUSTOMERS.assign(sum_log_gaps="x")), "'sum_log_gaps'"),
    "frequencies of text": (lambda: sc.MBGCNBD().fit(CUSTOMERS.assign(frequency="x")), "'frequency'"),
    "categories of dictionaries": (lambda: sc.MixedSegmenter(2, categorical=["shop"]).fit(pd.DataFrame({"n": [1, 2, 3], "shop": [{}, {}, {}]})), "'shop' holds dict"),
    "opportunities without end": (lambda: sc.BGBB().fit(pd.DataFrame({"frequency": [1, 2], "recency": [1, 2], "T": [1e9, 5]})), "at most 1,000,000"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_that_once_succeeded(name):
    call, message = ATTACKS[name]
    with pytest.raises(sc.SegmentClientError, match=message):
        call()


def test_scores_with_nan_on_polars_are_prospects():
    table = _polars_customers(r_score=catalogue.POLARS_QUIRKS["NaN and null"](55)).drop("segment")
    found = sc.segment_rfm(table, segments="klaviyo")["segment"].to_list()
    assert [one == "prospects" for one in found[:3]] == [True, True, False]


def test_days_of_arrow_and_times_with_a_zone_of_arrow_are_dates():
    import pyarrow as pa

    days = spoilt(date=ORDERS["date"].astype(pd.ArrowDtype(pa.date32())))
    for name in ("summarize_customers", "split_periods"):
        day = {"as_of": "2025-12-31"} if name.startswith("sum") else {"calibration_end": "2025-12-31"}
        found, expected = (getattr(sc, name)(log, **day) for log in (days, ORDERS))
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    zoned = (
        CUSTOMERS["last_order"]
        .dt.tz_localize("Europe/Paris")
        .astype(pd.ArrowDtype(pa.timestamp("us", "Europe/Paris")))
    )
    cards = [
        sc.build_personas(table, min_size=2) for table in (CUSTOMERS, CUSTOMERS.assign(last_order=zoned))
    ]
    assert cards[0]._repr_html_() == cards[1]._repr_html_()


TABLES = {
    "customers",
    "transactions",
    "raw",
    "orders",
    "people",
    "before",
    "after",
    "prospects",
    "attributes",
    "X",
}  # names of first arguments
ELSEWHERE = {  # drawn from tables that the library makes itself: tests/test_plot_promises.py; files: tests/test_order_files.py
    "plot.segment_values", "plot.cohort_heatmap", "plot.tracking", "scan_orders", "RFMScorer.transform",
    "BGCNBD.discounted_purchases", "MBGCNBD.discounted_purchases",  # seconds each; they read as the others do
}  # fmt: skip


def _readers():
    """Name every public function, and every method of a public class, whose first argument is a table."""
    for home, prefix in ((sc, ""), (sc.plot, "plot.")):
        for name in home.__all__:
            thing = getattr(home, name)
            if inspect.isclass(thing) and home is sc:
                methods = inspect.getmembers(thing, inspect.isfunction)
                yield from (
                    f"{name}.{method}"
                    for method, call in methods
                    if method[0] != "_" and method != "fit_predict" and _reads(call, 1)
                )
            elif inspect.isfunction(thing) and _reads(thing, 0):
                yield prefix + name


def _reads(call, place):
    names = list(inspect.signature(call).parameters)
    return len(names) > place and names[place] in TABLES


def test_every_function_of_a_table_is_in_the_catalogue():
    known = {*functions.ON_CUSTOMERS, *functions.ON_ORDERS, *functions.ON_PEOPLE}
    tried = {name.split("(")[0] for name in known}
    tried |= {f"{name}.fit" for name in tried if inspect.isclass(getattr(sc, name, None))}
    missing = {name for name in _readers() if name not in tried | ELSEWHERE}
    assert not missing


OTHER_CAPITALS = {
    "score_rfm": ("R_Score", lambda t: sc.score_rfm(t, bins=3)),
    "segment_rfm": ("Segment", lambda t: sc.segment_rfm(t, segments="klaviyo")),
    "segment_by_rules": ("RULED", lambda t: sc.segment_by_rules(t, functions.RULES, column="ruled")),
    "lifecycle": ("Status", sc.lifecycle),
    "segment_kmeans": ("CLUSTER", lambda t: sc.segment_kmeans(t, functions.FEATURES, n_clusters=2)),
    "BGNBD.predict": ("P_Alive", lambda t: functions.BGNBD.predict(t, t=30)),
    "GammaGamma.predict": ("Expected_Purchase_Value", functions.SPEND.predict),
    "predict_lifetime_value": (
        "Lifetime_Value", lambda t: sc.predict_lifetime_value(t, models=functions.MODELS)
    ),
    "IdealCustomer.score": ("Likeness", functions.IDEAL.score),
    "apply_typology": ("EXPERTISE", sc.apply_typology),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_CAPITALS)
def test_a_column_that_differs_by_capitals_is_there_already_on_duckdb(name):
    """DuckDB has one name for both: it renamed one, mixed them up or failed."""
    column, function = OTHER_CAPITALS[name]
    made = ["r_score", "f_score", "m_score", "rfm_code", "segment", "cluster", "p_alive", "lifetime_value"]
    table = functions.customers()
    if name == "segment_rfm":
        made = made[4:]
    if name in {"IdealCustomer.score", "apply_typology"}:
        table = functions.people()
    table = table.drop(columns=made, errors="ignore").assign(**{column: 7})
    with pytest.raises(sc.ColumnError, match=f"(?i){column}"):
        function(DUCKDB.from_df(table))
    found = frames.collect(frames.read(function(pl.from_pandas(table).lazy())))
    assert (found[column] == 7).all()
