import datetime as dt
import gzip
import os
import subprocess
import sys
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import segmentclient as sc
from segmentclient.order_files.common_types import common_type


def write(tmp_path, text, name="orders.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_french_export_is_read_as_it_is(tmp_path):
    text = "Numéro client;Date;Montant;\n007;31/12/2025;1 234,50;\n  ;01/01/2026;5,00;\n042;2/1/2026;-3,00;\n042;3/1/2026;9,00;\n"
    raw = sc.scan_orders(write(tmp_path, text, encoding="latin-1"), separator=";", encoding="latin-1")
    clean = sc.clean_transactions(
        raw, customer_id="Numéro client", date="Date", amount="Montant", date_format="%d/%m/%Y", decimal=","
    )
    kept = clean.transactions.df().sort_values("date")
    assert kept["customer_id"].tolist() == ["007", "042", "042"]
    assert kept["amount"].tolist() == [1234.5, -3.0, 9.0]
    assert clean.audit["rows"].tolist() == [3, 1]


def test_patterns_and_parquet(tmp_path):
    table = pd.DataFrame(
        {"customer_id": [1, 2], "date": pd.to_datetime(["2026-01-01"] * 2), "amount": [1.0, 2.0]}
    )
    for month in (1, 2):
        table.to_parquet(tmp_path / f"{month}.parquet")
    relation = sc.scan_orders(str(tmp_path / "*.parquet"), memory_limit="1GB", spill_folder=tmp_path)
    assert sc.clean_transactions(relation).kept_rows == 4


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("orders.parquet", "no parquet", "cannot be read as parquet"),
        ("orders.xyz", "a", "expected a file that ends in"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, text, message):
    with pytest.raises(sc.SegmentClientError, match=message):
        sc.scan_orders(write(tmp_path, text, name))


def test_missing_files(tmp_path):
    with pytest.raises(sc.ColumnError, match="cannot be read as csv"):
        sc.scan_orders(tmp_path / "none.csv")


HEAD = "customer_id,date,amount\n"


def orders(n, end="\n", first=0, amount=5):
    return "".join(f"c{first + i},2026-01-01,{amount}{end}" for i in range(n))


def read(path, **options):
    return sc.scan_orders(path, **options).df()


@pytest.mark.parametrize("separator", [None, ","])
@pytest.mark.parametrize(("before", "after"), [(5, 3), (100, 50), (1000, 3000)])
def test_a_second_export_in_one_file_is_an_error_that_names_its_line(tmp_path, before, after, separator):
    text = HEAD + orders(before) + "customer_id,date,amount,coupon\n" + orders(after, ",x\n")
    path = write(tmp_path, text)
    with pytest.raises(sc.ColumnError, match=rf"orders\.csv: line {before + 2} has 4 fields"):
        sc.clean_transactions(sc.scan_orders(path, separator=separator))


def test_a_second_export_of_the_same_columns_is_read_on(tmp_path):
    path = write(tmp_path, HEAD + orders(1000) + HEAD + orders(3000))
    clean = sc.clean_transactions(sc.scan_orders(path))
    assert clean.audit.set_index("reason")["rows"].to_dict() == {"kept": 4000, "unreadable_date": 1}


@pytest.mark.parametrize("title", ["Sales of 2026\n", "Sales of 2026\n\n", "Shop: Paris, rue Mouffetard\n"])
def test_title_lines_are_an_error_until_their_number_is_given(tmp_path, title):
    path = write(tmp_path, title + HEAD + orders(4))
    with pytest.raises(sc.ColumnError, match=r"line \d has 3 fields, and line 1 names .* skip_lines="):
        sc.scan_orders(path)
    table = read(path, skip_lines=title.count("\n"))
    assert table["amount"].tolist() == ["5"] * 4
    assert list(table) == ["customer_id", "date", "amount"]


def test_blank_lines_are_no_lines(tmp_path):
    table = read(write(tmp_path, "\n \n" + HEAD + orders(2) + "\n\n" + orders(3) + "\n"))
    assert table["amount"].tolist() == ["5"] * 5


@pytest.mark.parametrize("separator", [None, ","])
def test_an_apostrophe_is_no_quote(tmp_path, separator):
    text = "name,customer_id,date,amount\n'Abs,c1,2026-01-01,5\nz,c2,2026-01-01,5\nb',c3,2026-01-01,5\nq,c4,2026-01-01,7\n"
    clean = sc.clean_transactions(sc.scan_orders(write(tmp_path, text), separator=separator))
    assert (clean.kept_rows, clean.transactions.df()["amount"].sum()) == (4, 22)


def test_quotes_and_hashes(tmp_path):
    text = HEAD + '"Doe, Jane",2026-01-01,5\n#b,2026-01-01,6\n"a ""b""",2026-01-01,7\n'
    table = read(write(tmp_path, text))
    assert table["customer_id"].tolist() == ["Doe, Jane", "#b", 'a "b"']


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator):
    text = (HEAD + orders(3)).replace(",", separator)
    assert read(write(tmp_path, text))["customer_id"].tolist() == ["c0", "c1", "c2"]


def test_the_separator_that_makes_most_columns_is_taken(tmp_path):
    text = "client;date;amount, EUR\na;2026-01-01;1,5\nb;2026-01-02;2,5\n"
    assert read(write(tmp_path, text))["amount, EUR"].tolist() == ["1,5", "2,5"]


def test_a_separator_that_cannot_be_told_is_asked_for(tmp_path):
    path = write(tmp_path, "a;b,c\n1;2,3\n")
    with pytest.raises(sc.ColumnError, match="separated by ',' or ';'; say which with separator="):
        sc.scan_orders(path)
    assert list(sc.scan_orders(path, separator=";").columns) == ["a", "b,c"]


@pytest.mark.parametrize("separator", ["||", "^", " "])
def test_other_separators_are_taken_as_they_are_given(tmp_path, separator):
    text = (HEAD + orders(3)).replace(",", separator)
    assert read(write(tmp_path, text), separator=separator)["amount"].tolist() == ["5"] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + orders(3) + "d,2026-01\n" + orders(2), "line 5 has 2 fields, and line 1 names 3 columns"),
        (HEAD + orders(3) + "d,2026-01-01,1,250\n", "line 5 has 4 fields, and line 1 names 3 columns"),
        (HEAD + orders(500) + "d,2026-01-0", "line 502 has 2 fields"),
        (
            HEAD + orders(500) + '"d,2026-01-01,5\n' + orders(9),
            "line 502 cannot be read: .*unterminated quote",
        ),
        (HEAD + orders(3) + orders(3, "\r\n"), "its lines end in several ways"),
        ("customer_id,date,date\na,b,c\n", "column names must be unique, found twice: date, date"),
        ("a,Date,date\na,b,c\n", "column names must be unique, found twice: Date, date"),
        ("", "the file is empty"),
        ('"customer_id,date\na,b\n', "no line after the first 0 names the columns"),
    ],
)
def test_a_faulty_line_of_a_csv_file_is_named(tmp_path, text, said):
    with pytest.raises(sc.ColumnError, match=rf"orders\.csv: {said}"):
        sc.clean_transactions(sc.scan_orders(write(tmp_path, text)))


def test_a_negative_number_of_lines_is_refused(tmp_path):
    with pytest.raises(sc.SegmentClientError, match="skip_lines=-1; accepted: 0 or more"):
        sc.scan_orders(write(tmp_path, HEAD), skip_lines=-1)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_rows_may_end_in_a_separator_that_the_names_lack(tmp_path, end, encoding):
    path = write(tmp_path, (HEAD + orders(2000, ",\n")).replace("\n", end), encoding=encoding)
    table = read(path, encoding=encoding)
    assert (len(table), set(table["amount"])) == (2000, {"5"})


def test_names_may_end_in_a_separator_that_the_rows_lack(tmp_path):
    table = read(write(tmp_path, "customer_id,date,amount,\n" + orders(3)))
    assert list(table) == ["customer_id", "date", "amount"]
    assert len(table) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_columns_of_a_pattern_are_matched_by_name(tmp_path, encoding):
    write(tmp_path, "customer_id,date,amount,tax\nc1,2026-01-01,100,20\n", "a.csv", encoding)
    write(tmp_path, "customer_id,date,tax,amount\nzoé,2026-01-02,1,5\n", "b.csv", encoding)
    write(tmp_path, "tax;amount;customer_id;date\n2;7;c3;2026-01-03\n", "c.csv", encoding)
    table = read(str(tmp_path / "*.csv"), encoding=encoding).set_index("customer_id")
    assert table["amount"].to_dict() == {"c1": "100", "zoé": "5", "c3": "7"}
    assert table["tax"].to_dict() == {"c1": "20", "zoé": "1", "c3": "2"}


@pytest.mark.parametrize(
    "second",
    ["c2,2026-01-02,5\n", "customer_id,date,montant\nc2,2026-01-02,5\n", "customer_id,date,amount,tax\n"],
)
def test_a_file_of_a_pattern_with_other_names_is_refused(tmp_path, second):
    write(tmp_path, HEAD + orders(2), "a.csv")
    write(tmp_path, second, "b.csv")
    names = second.splitlines()[0].replace(",", ", ")
    with pytest.raises(
        sc.ColumnError, match=rf"b\.csv: its first line \({names}\) names other columns .*a\.csv"
    ):
        sc.scan_orders(str(tmp_path / "*.csv"))


def test_a_pattern_of_lines_with_and_without_a_last_separator(tmp_path):
    write(tmp_path, HEAD + orders(2), "a.csv")
    write(tmp_path, (HEAD + orders(3, ",\n")).replace("\n", "\r\n"), "b.csv")
    assert len(read(str(tmp_path / "*.csv"))) == 5


def test_columns_that_folders_name_come_last(tmp_path):
    for year, names in ((2025, "customer_id,date,amount"), (2026, "date,customer_id,amount")):
        (tmp_path / f"year={year}").mkdir()
        write(tmp_path, f"{names}\na,b,{year}\n", f"year={year}/orders.csv")
    table = read(str(tmp_path / "*" / "*.csv"))
    assert list(table) == ["customer_id", "date", "amount", "year"]
    assert table["amount"].astype(int).tolist() == table["year"].tolist() == [2025, 2026]


def test_brackets_in_the_name_of_a_file(tmp_path):
    assert len(read(write(tmp_path, HEAD + orders(2), "orders [1].csv"))) == 2


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "zoé"), ("utf-16", "zoé"), ("utf-8", "zoé")])
def test_packed_files_in_any_encoding(tmp_path, encoding, name):
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(f"{HEAD}{name},2026-01-01,5\n".encode(encoding)))
    assert read(path, encoding=encoding).values.tolist() == [[name, "2026-01-01", "5"]]


def test_a_packed_file_that_is_cut(tmp_path):
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress((HEAD + orders(9)).encode())[:-12])
    with pytest.raises(sc.ColumnError, match=r"orders\.csv\.gz: cannot be read as csv"):
        sc.scan_orders(path)


@pytest.mark.parametrize("n", [3, 300_000])
def test_the_byte_that_is_not_in_the_encoding(tmp_path, n):
    text = HEAD + orders(n) + "zo\x81,2026-01-01,5\n"
    path = write(tmp_path, text, encoding="latin-1")
    at = f"{text.index(chr(0x81)):,}"
    with pytest.raises(sc.ColumnError, match=f"is not in cp1252: .* at byte {at}"):
        sc.scan_orders(path, encoding="cp1252")


def parquet(tmp_path, **files):
    for name, columns in files.items():
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    return str(tmp_path / "*.parquet")


def test_parquet_ids_of_two_types_are_refused(tmp_path):
    pattern = parquet(tmp_path, v1={"customer_id": [7]}, v2={"customer_id": ["007"]})
    said = r"column 'customer_id' holds BIGINT in v1\.parquet and VARCHAR in v2\.parquet: .*007 and 7 are different"
    with pytest.raises(sc.ColumnError, match=said):
        sc.scan_orders(pattern)


def test_parquet_amounts_are_not_rounded_to_those_of_the_first_file(tmp_path):
    cents = pa.array([Decimal("2.90")])
    pattern = parquet(tmp_path, v1={"amount": [1]}, v2={"amount": [2.9]}, v3={"amount": cents})
    assert read(pattern)["amount"].tolist() == [1.0, 2.9, 2.9]


@pytest.mark.parametrize(
    ("types", "common"),
    [
        (["INTEGER", "DOUBLE"], "DOUBLE"),
        (["INTEGER", "FLOAT"], "DOUBLE"),
        (["INTEGER", "UBIGINT"], "HUGEINT"),
        (["SMALLINT", "INTEGER"], "BIGINT"),
        (["INTEGER", "DECIMAL(10,2)"], "DECIMAL(12,2)"),
        (["DECIMAL(10,2)", "DECIMAL(9,4)"], "DECIMAL(12,4)"),
        (["HUGEINT", "DECIMAL(10,2)"], None),
        (["DATE", "TIMESTAMP"], "TIMESTAMP"),
        (["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"], None),
        (["TIMESTAMPTZ_NS", "TIMESTAMP WITH TIME ZONE"], "TIMESTAMP WITH TIME ZONE"),
        (["TIMESTAMPTZ_NS"], "TIMESTAMP WITH TIME ZONE"),
        (["VARCHAR", "INTEGER"], None),
        (["BOOLEAN", "INTEGER"], None),
        (["VARCHAR", '"NULL"'], "VARCHAR"),
        (["VARCHAR", "ENUM('a', 'b')"], "VARCHAR"),
        (['"NULL"'], '"NULL"'),
    ],
)
def test_the_type_that_holds_two_others(types, common):
    assert common_type(types) == common
    assert common_type(types[::-1]) == common


def test_parquet_columns_are_matched_by_name(tmp_path):
    pattern = parquet(
        tmp_path, a={"x": [1], "y": [2]}, b={"y": [20], "x": [10]}, c={"x": pa.nulls(1), "y": [3]}
    )
    assert read(pattern).fillna(0).values.tolist() == [[1, 2], [10, 20], [0, 3]]


def test_parquet_files_of_different_columns_are_refused(tmp_path):
    pattern = parquet(tmp_path, a={"x": [1], "y": [2]}, b={"x": [1]}, c={"x": [1], "y": [2], "z": [3]})
    with pytest.raises(sc.ColumnError, match="2 problems") as raised:
        sc.scan_orders(pattern)
    assert "a.parquet and b.parquet do not both have the columns y" in str(raised.value)
    assert "a.parquet and c.parquet do not both have the columns z" in str(raised.value)


MIDNIGHT = dt.datetime(2026, 2, 1, 23, 30, tzinfo=ZoneInfo("Europe/Paris"))
DAY = """
import sys, segmentclient as sc
zone = sys.argv[2] if len(sys.argv) > 2 else None
clean = sc.clean_transactions(sc.scan_orders(sys.argv[1]), timezone=zone)
print(clean.transactions.df()["date"].dt.strftime("%d").tolist())
"""


def zoned(zone, times=(MIDNIGHT,), **others):
    return {
        "customer_id": ["a"] * len(times),
        "date": pa.array(times, pa.timestamp("us", tz=zone)),
        "amount": [1.0] * len(times),
        **others,
    }


@pytest.mark.parametrize("machine", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_clock_of_the_machine_decides_no_day(tmp_path, machine):
    path = parquet(tmp_path, orders=zoned("Europe/Paris"))
    days = [
        subprocess.run(
            [sys.executable, "-c", DAY, path, *zone],
            env=os.environ | {"TZ": machine},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for zone in ([], ["Asia/Tokyo"])
    ]
    assert days == ["['01']", "['02']"]


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Paris", 1), ("Asia/Tokyo", 2), ("+02:00", 2), ("-00:00", 1), ("UTC", 1)]
)
def test_the_zone_of_the_column_decides_the_day(tmp_path, zone, day):
    relation = sc.scan_orders(parquet(tmp_path, orders=zoned(zone)))
    assert sc.clean_transactions(relation).transactions.df()["date"].dt.day.tolist() == [day]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_with_a_zone_may_have_any_unit(tmp_path, unit):
    times = pd.DataFrame(zoned("Europe/Paris") | {"date": pd.to_datetime([MIDNIGHT]).as_unit(unit)})
    times.to_parquet(tmp_path / "orders.parquet")
    relation = sc.scan_orders(tmp_path / "orders.parquet")
    assert sc.clean_transactions(relation).transactions.df()["date"].dt.day.tolist() == [1]


def test_a_zone_that_is_asked_for_decides_the_day(tmp_path):
    relation = sc.scan_orders(parquet(tmp_path, orders=zoned("Europe/Paris")), timezone="Asia/Tokyo")
    assert sc.clean_transactions(relation).transactions.df()["date"].dt.day.tolist() == [2]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"a": zoned("Europe/Paris"), "b": zoned("Asia/Tokyo")},
            r"Europe/Paris \(date in .*Asia/Tokyo \(date in",
        ),
        ({"a": zoned("UTC", other=pa.array([MIDNIGHT], pa.timestamp("us", tz="Asia/Tokyo")))}, "UTC .*Tokyo"),
        ({"a": zoned("+05:30")}, "count in an unknown zone"),
    ],
)
def test_times_of_several_zones_ask_whose_clock_decides(tmp_path, files, said):
    path = parquet(tmp_path, **files)
    with pytest.raises(sc.ColumnError, match=rf"{said}.* with timezone="):
        sc.scan_orders(path)
    assert sc.clean_transactions(sc.scan_orders(path, timezone="Europe/Paris")).kept_rows == len(files)


def test_a_connection_keeps_its_own_clock_unless_it_is_told(tmp_path):
    path = parquet(tmp_path, orders=zoned("Europe/Paris"))
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        with pytest.raises(sc.ColumnError, match=r"count in Europe/Paris, and the connection in Asia/Tokyo"):
            sc.scan_orders(path, connection=connection)
        relation = sc.scan_orders(path, connection=connection, timezone="Europe/Paris")
        assert sc.clean_transactions(relation).transactions.df()["date"].dt.day.tolist() == [1]


def test_a_zone_that_nobody_knows(tmp_path):
    path = parquet(tmp_path, orders=zoned("Europe/Paris"))
    with pytest.raises(sc.SegmentClientError, match="timezone='Europe/Pari' is not known"):
        sc.scan_orders(path, timezone="Europe/Pari")


@pytest.mark.parametrize("largest", [2**53, 2**53 + 1])
def test_whole_numbers_join_doubles_only_where_none_changes(tmp_path, largest):
    day = [dt.date(2026, 1, 1)]
    for name, ids in (("a", [largest]), ("b", [7.0])):
        table = pd.DataFrame({"customer_id": ids, "date": day, "amount": [1.0]})
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
    if largest > 2**53:
        with pytest.raises(sc.ColumnError, match=f"'customer_id' holds {largest} in a.parquet and decimals"):
            sc.scan_orders(str(tmp_path / "*.parquet"))
    else:
        found = sc.scan_orders(str(tmp_path / "*.parquet")).df()
        assert sorted(found["customer_id"]) == [7, largest]


@pytest.mark.parametrize("name", ["orders[1]", "orders*", "orders?"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_is_read_whatever_its_name_and_no_other(tmp_path, name, kind):
    """To DuckDB these names are patterns, which others match: browsers save a second export as orders[1].csv."""
    for place, one in enumerate(("orders1", "orders2", name)):
        table = pd.DataFrame({"customer_id": [one], "date": ["2026-01-01"], "amount": [place]})
        if kind == "csv":
            table.to_csv(tmp_path / f"{one}.csv", index=False)
        else:
            table.to_parquet(tmp_path / f"{one}.parquet")
    assert read(tmp_path / f"{name}.{kind}")["customer_id"].tolist() == [name]
    assert len(read(str(tmp_path / f"*.{kind}"))) == 3


def test_a_column_of_the_file_is_not_overwritten_by_the_name_of_its_folder(tmp_path):
    (tmp_path / "Customer_id=zz").mkdir()
    path = write(tmp_path / "Customer_id=zz", HEAD + orders(2))
    assert (
        read(path)["customer_id"].tolist() == read(write(tmp_path, HEAD + orders(2)))["customer_id"].tolist()
    )


@pytest.mark.parametrize("second", ["amount", "Amount"])
def test_parquet_names_that_occur_twice_are_refused(tmp_path, second):
    """DuckDB calls the second one amount_1, which may be a name of its own."""
    columns = [pa.array(["a"]), pa.array([1.0]), pa.array([2.0]), pa.array([3.0])]
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.Table.from_arrays(columns, names=["customer_id", "amount", "amount_1", "year"]), path)
    assert list(read(path)) == ["customer_id", "amount", "amount_1", "year"]
    pq.write_table(pa.Table.from_arrays(columns, names=["customer_id", "amount", second, "year"]), path)
    with pytest.raises(sc.ColumnError, match=f"must be unique, found twice in orders.parquet: {second}"):
        sc.scan_orders(path)


def test_a_folder_of_parquet_files_is_read_as_the_pattern_of_them(tmp_path):
    """Spark writes one table as a folder; in it, 007 and 7 are different customers too."""
    folder = tmp_path / "orders [1].parquet"
    folder.mkdir()
    pd.DataFrame({"customer_id": [7]}).to_parquet(folder / "part-0.parquet")
    assert read(folder)["customer_id"].tolist() == [7]
    pd.DataFrame({"customer_id": ["007"]}).to_parquet(folder / "part-1.parquet")
    with pytest.raises(sc.ColumnError, match="007 and 7 are different customers"):
        sc.scan_orders(folder)


@pytest.mark.parametrize("encoding", ["rot13", "base64", "hex", "zip"])
def test_codecs_that_make_no_text_are_no_encodings(tmp_path, encoding):
    with pytest.raises(sc.SegmentClientError, match=f"encoding='{encoding}' is not known; accepted"):
        sc.scan_orders(write(tmp_path, HEAD + orders(2)), encoding=encoding)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"connection": "duckdb"}, "connection='duckdb'; accepted: a connection of DuckDB"),
        ({"memory_limit": "lots"}, "memory_limit='lots' is not accepted by DuckDB .*; accepted: a size"),
    ],
)
def test_settings_that_duckdb_does_not_know_are_refused(tmp_path, options, message):
    with pytest.raises(sc.SegmentClientError, match=message):
        sc.scan_orders(write(tmp_path, HEAD + orders(2)), **options)


def test_a_link_to_a_file_of_the_pattern_is_no_other_file(tmp_path):
    (tmp_path / "orders-2026-01.csv").write_text(
        "customer_id,date,amount\na,2026-01-02,12.50\n", encoding="utf-8"
    )
    (tmp_path / "orders-2026-02.csv").write_text(
        "customer_id,date,amount\nb,2026-02-02,1.00\n", encoding="utf-8"
    )
    (tmp_path / "orders-latest.csv").symlink_to(tmp_path / "orders-2026-02.csv")
    clean = sc.clean_transactions(sc.scan_orders(tmp_path / "orders-*.csv"))
    assert clean.audit["amount"].tolist() == [13.5]
    assert sc.scan_orders(tmp_path / "orders-latest.csv").fetchall() == [("b", "2026-02-02", "1.00")]
