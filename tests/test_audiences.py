"""Audience files: whole or not at all, nobody who opted out, the same control group whatever the order of rows."""

import csv
import hashlib
import hmac
import json

import pandas as pd
import pytest

import segmentclient as sc
from segmentclient.report import audiences


@pytest.fixture
def customers():
    return pd.DataFrame(
        {
            "customer_id": range(1000),
            "segment": ["new", "lost"] * 500,
            "revenue": 12.5,
            "email": [f"  Name{n}@Shop.example " for n in range(999)] + [None],
            "opt_out": [n % 10 == 0 for n in range(1000)],
        }
    )


@pytest.fixture
def export(tmp_path, customers):
    def written(table=customers, **options):
        manifest = sc.export_audiences(table, tmp_path / "out", **options)
        return json.loads(manifest.read_text(encoding="utf-8")), manifest.parent

    return written


def lines(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_one_file_a_segment_and_a_manifest_that_counts_and_signs(export):
    manifest, folder = export()
    assert sorted(path.name for path in folder.iterdir()) == ["lost.csv", "manifest.json", "new.csv"]
    for file in manifest["files"]:
        content = (folder / file["file"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["rows"] == len(lines(folder / file["file"]))


def test_opt_outs_are_left_out_and_counted(export):
    manifest, folder = export()
    ids = {int(row["customer_id"]) for name in ("new", "lost") for row in lines(folder / f"{name}.csv")}
    assert manifest["left_out"]["opted_out"] == 100
    assert ids == {n for n in range(1000) if n % 10}


@pytest.mark.parametrize("column", ["consent", "opt_in"])
def test_consent_that_is_not_given_leaves_out(export, customers, column):
    manifest, _ = export(
        customers.drop(columns="opt_out").assign(**{column: ["oui", None, "non", "Yes"] * 250})
    )
    assert manifest["left_out"]["opted_out"] == 500
    with pytest.raises(sc.ColumnError, match="'consent' holds"):
        export(customers.assign(consent="perhaps"))


def test_ids_are_signed_and_addresses_hashed_as_platforms_do(export, customers):
    _, folder = export(hash_ids="secret", email="email", columns=["revenue"])
    row = next(row for row in lines(folder / "lost.csv"))
    ids = {hmac.new(b"secret", str(n).encode(), hashlib.sha256).hexdigest(): n for n in range(1000)}
    known = ids[row["customer_id"]]
    assert row["email_sha256"] == hashlib.sha256(f"name{known}@shop.example".encode()).hexdigest()
    assert list(row) == ["customer_id", "segment", "revenue", "email_sha256"]
    assert "shop.example" not in (folder / "lost.csv").read_text(encoding="utf-8-sig")


def test_the_control_group_depends_on_the_ids_alone(export, customers):
    manifest, folder = export(holdout=0.1, random_state=7)
    control = {row["customer_id"] for row in lines(folder / "control.csv")}
    treated = {row["customer_id"] for name in ("new", "lost") for row in lines(folder / f"{name}.csv")}
    assert 60 < len(control) < 120
    assert manifest["control"]["customers"] == len(control)
    assert not control & treated
    assert len(control | treated) == 900
    _, folder = export(customers.sample(frac=0.5, random_state=1), holdout=0.1, random_state=7)
    assert {row["customer_id"] for row in lines(folder / "control.csv")} <= control
    _, folder = export(holdout=0.1, random_state=8)
    assert {row["customer_id"] for row in lines(folder / "control.csv")} != control


def test_the_order_of_rows_and_the_engine_change_nothing(export, customers, on_engine):
    small = customers.drop(columns=["email", "opt_out"]).head(50)
    once, _ = export(small, hash_ids="s")
    again, _ = export(on_engine(small.sample(frac=1, random_state=2)), hash_ids="s")
    assert once == again


def test_cells_are_safe_for_spreadsheets(export, customers):
    table = customers.head(6).assign(customer_id=["=1+1", "@x", "-2", " +3", "＝4", "a;=5"], opt_out=False)
    _, folder = export(table, columns=[])
    ids = {row["customer_id"] for name in ("new", "lost") for row in lines(folder / f"{name}.csv")}
    assert ids == {"'=1+1", "'@x", "'-2", "' +3", "'＝4", "a;'=5"}


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "int64[pyarrow]", "object"])
def test_missing_values_of_any_kind_are_empty_cells(export, customers, dtype):
    revenue = pd.Series([None, 7] * 500, dtype=dtype)
    _, folder = export(customers.assign(revenue=revenue, opt_out=False), columns=["customer_id", "revenue"])
    assert {row["revenue"] for row in lines(folder / "new.csv")} == {""}
    assert {row["revenue"] for row in lines(folder / "lost.csv")} == {"7"}


def test_parquet_holds_the_same_rows(export):
    manifest, folder = export(format="parquet")
    assert len(pd.read_parquet(folder / "new.parquet")) == manifest["files"][1]["rows"]


def test_names_of_segments_make_safe_distinct_files(export, customers):
    names = ["../../etc", "À ne pas perdre", "a ne pas perdre", "control", "???", "LPT3.", "Z" * 300, "顧客"]
    _, folder = export(customers.head(80).assign(segment=names * 10, opt_out=False))
    found = {path.name for path in folder.iterdir()}
    assert found == {
        "etc.csv",
        "a_ne_pas_perdre.csv",
        "a_ne_pas_perdre_2.csv",
        "control_segment.csv",
        "segment.csv",
        "lpt3_segment.csv",
        "z" * 60 + ".csv",
        "顧客.csv",
        "manifest.json",
    }


def test_the_manifest_counts_every_segment_even_one_that_nobody_is_left_of(export, customers):
    table = customers.assign(email="nobody", opt_out=customers["opt_out"] | (customers["segment"] == "new"))
    manifest, folder = export(table, email="email", holdout=0.2)
    new, lost = (
        next(one for one in manifest["segments"] if one["segment"] == key) for key in ("new", "lost")
    )
    assert new == {"segment": "new", "customers": 500, "opted_out": 500, "control": 0, "contacted": 0}
    assert lost["contacted"] == len(lines(folder / "lost.csv"))
    assert lost["customers"] == 500 == lost["opted_out"] + lost["control"] + lost["contacted"]
    assert manifest["left_out"] == {"opted_out": 500, "without_readable_email": 500}


def test_a_former_export_is_replaced_and_foreign_files_are_not(export, customers, tmp_path):
    export()
    _, folder = export(customers.assign(segment="one"))
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "one.csv"]
    (folder / "mine.txt").write_text("keep")
    with pytest.raises(sc.SegmentClientError, match="no former export wrote"):
        export()
    assert (folder / "mine.txt").read_text() == "keep"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_former_export(export, monkeypatch, tmp_path):
    once, folder = export()
    monkeypatch.setattr(audiences, "_manifest", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(holdout=0.5)
    assert json.loads((folder / "manifest.json").read_text()) == once
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_bad_options_come_in_one_message(export):
    with pytest.raises(sc.SegmentClientError, match="4 problems") as told:
        export(hash_ids="", format="xls", holdout=1.0, columns="revenue")
    assert "columns= is a list of names, such as ['revenue']" in str(told.value)


def test_bad_tables_are_refused(export, customers):
    with pytest.raises(sc.ColumnError, match="repeat a customer_id"):
        export(customers.assign(customer_id=1))
    with pytest.raises(sc.ColumnError, match="1 rows have no customer_id"):
        export(customers.head(3).assign(customer_id=["a", None, "b"]))


def test_a_segment_called_none_is_not_mixed_with_those_without_one(export, customers):
    export(customers.assign(segment="none"))
    with pytest.raises(sc.ColumnError, match="has segments called none"):
        export(customers.assign(segment=["none", None, *customers["segment"][2:]]))
