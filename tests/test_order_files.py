import pandas as pd
import pytest

import segmentclient as sc


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
