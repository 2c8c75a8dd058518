"""The workbook: numbers as numbers, dates as dates, text never a formula, the same bytes every time."""

import datetime as dt
import warnings
import zipfile

import openpyxl
import pandas as pd
import pytest

import segmentclient as sc
from segmentclient import schema
from segmentclient.report import workbook


@pytest.fixture
def customers():
    return pd.DataFrame(
        {
            "customer_id": ["a", "=1+1", "@b", "d\x00"],
            "segment": ["champions", "lost", "lost", "=cmd|x"],
            "first_order": pd.to_datetime(["2025-01-01", "2025-02-01", None, "2025-03-01"]),
            "n_orders": [7, 1, 1, 2],
            "revenue": [420.5, 20.0, 10.0, float("nan")],
            "days_since_last_order": [3, 400, 300, 10],
            "r_score": [5, 1, 2, 4],
            "f_score": [5, 1, 1, 3],
            "m_score": [5, 2, 1, 3],
            "p_alive": [0.9, 0.1, 0.2, float("nan")],
        }
    )


@pytest.fixture
def book(tmp_path, customers):
    def written(table=customers, **options):
        path = sc.export_excel(table, tmp_path / "book.xlsx", **{"currency": "EUR", **options})
        return path

    return written


def opened(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells which extensions it does not read
        return openpyxl.load_workbook(path)


def rows(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_sheets_are_named_in_the_language(book):
    assert opened(book()).sheetnames == ["Summary", "Segments", "Customers", "Thresholds", "Method"]
    assert opened(book(lang="fr")).sheetnames == ["Synthèse", "Segments", "Clients", "Seuils", "Méthode"]


def test_segments_give_back_the_group_by(book, customers):
    head, *body = rows(opened(book())["Segments"])
    table = pd.DataFrame(body, columns=head).set_index("Segment")
    assert table.loc["Champions", "Revenue"] == 420.5
    assert table.loc["Lost", ["Customers", "Revenue", "Orders"]].tolist() == [2, 30.0, 2]
    assert table["Share of customers"].sum() == pytest.approx(1)


def test_customers_come_largest_first_with_typed_cells(book):
    sheet = opened(book(lang="fr"))["Clients"]
    head, first, *_ = rows(sheet)
    found = dict(zip(head, first, strict=True))
    assert found["Client"] == "a"
    assert found["Segment"] == "Champions"
    assert found["Première commande"] == dt.datetime(2025, 1, 1)
    assert found["Chiffre d’affaires"] == 420.5
    assert "€" in sheet.cell(2, head.index("Chiffre d’affaires") + 1).number_format
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref is not None


def test_text_is_never_a_formula_and_what_is_missing_is_empty(book):
    sheet = opened(book())["Customers"]
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    assert cells["=1+1"].data_type == "s"
    assert cells["=1+1"].quotePrefix
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert rows(sheet)[-1][4] is None or float("nan") not in rows(sheet)[-1]


def test_charts_are_native(book):
    with zipfile.ZipFile(book()) as file:
        assert sum(name.startswith("xl/charts/chart") for name in file.namelist()) == 2


def test_no_cell_is_merged(book):
    assert all(not sheet.merged_cells.ranges for sheet in opened(book()))


def test_the_same_input_gives_the_same_bytes(book, customers):
    once = book().read_bytes()
    assert book(customers.sample(frac=1, random_state=3)).read_bytes() == once


def test_customers_continue_on_the_next_sheet(book, monkeypatch):
    monkeypatch.setattr(workbook, "LAST_ROW", 3)
    found = opened(book())
    assert [len(rows(found[name])) for name in ("Customers", "Customers 2")] == [3, 3]


def test_what_was_set_aside_is_listed(book):
    raw = pd.DataFrame(
        {"customer_id": ["a", None], "date": ["2026-01-01", "2026-01-02"], "amount": [1.0, 2.0]}
    )
    found = rows(opened(book(clean=sc.clean_transactions(raw)))["Method"])
    assert ["no customer id", 1, 2] in found


def test_thresholds_hold_the_exact_cut_points(book, customers):
    table = customers.drop(columns=["r_score", "f_score", "m_score"]).assign(
        revenue=[420.5, 20.0, 10.0, 50.0]
    )
    scorer = sc.RFMScorer(bins=2).fit(table)
    head, *body = rows(opened(book(scorer.transform(table), scorer=scorer))["Thresholds"])
    found = pd.DataFrame(body, columns=head)
    high = found[(found["Axis"] == "Monetary score (amount)") & (found["Score"] == 2)]
    assert high["Above"].tolist() == [35.0]
    assert high[["From", "To"]].to_numpy().tolist() == [[50.0, 420.5]]


def test_personas_are_listed_in_their_language(book):
    people = pd.DataFrame({"customer_id": range(20), "segment": "lost", "city": ["Lyon"] * 16 + [None] * 4})
    people = people.assign(n_orders=2, revenue=5.0, days_since_last_order=3)
    personas = sc.build_personas(people, lang="fr")
    head, *body = rows(opened(book(people, personas=personas, lang="fr"))["Personas"])
    table = pd.DataFrame(body, columns=head)
    assert set(table["Segment"]) == {"Perdus"}
    assert set(table["Provenance"]) == {"observé", "déduit", "à compléter"}
    town = table[table["Champ"] == "Ville"].iloc[0]
    assert (town["n"], town["Couverture"], town["Partie"]) == (16, 0.8, "Qui")


def test_the_first_sheet_says_what_is_counted_and_on_which_terms(book, customers):
    known = opened(book(customers.assign(lifetime_value=9.0), terms={"horizon": "6M", "margin": 0.35}))
    texts = [cell for row in rows(known["Summary"]) for cell in row if isinstance(cell, str)]
    assert any(text.startswith("4 customers · 11 orders") for text in texts)
    assert any("over the next 6 months" in text for text in texts)
    assert ["Margin: 35.0%"] in [[row[0]] for row in rows(known["Method"])]


@pytest.mark.parametrize(("lang", "unit"), [("en", "days"), ("fr", "jours")])
def test_days_are_numbers_with_their_unit(book, lang, unit):
    (days,) = [row[1] for row in opened(book(lang=lang)).worksheets[0]["A8:B8"]]
    assert days.value == 155
    assert days.number_format.endswith(f'"{unit}"')


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_header_and_no_cell_shows_a_name_of_the_code(book, customers, lang):
    whole = customers.head(3).drop(columns="first_order").assign(
        **{name: 1.0 for name, column in schema.COLUMNS.items() if column.kind == "number"},
        value_basis="own_history", is_new=True, soon_lost=False, retention_due=False, status="active",
    )  # fmt: skip
    table = rows(opened(book(whole, lang=lang))["Customers" if lang == "en" else "Clients"])
    assert [cell for row in table for cell in row if isinstance(cell, str) and "_" in cell] == []


def test_whole_numbers_have_no_decimals_and_halves_do(book, customers):
    whole = opened(book(customers.assign(recency=[30.0, 0.0, 0.0, 7.0], T=1.5)))["Customers"]
    shown = {cell.value: whole.cell(2, cell.column).number_format for cell in whole[1]}
    assert shown["From first to last order"] == "#,##0"
    assert shown["Since first order"] == "#,##0.00"


def test_every_engine_gives_the_same_workbook(on_engine, book, customers):
    plain = customers.drop(columns=["first_order"]).assign(revenue=1.5, p_alive=0.5, customer_id=list("abcd"))
    once = book(plain).read_bytes()
    assert book(on_engine(plain)).read_bytes() == once


def test_a_wrong_ending_or_column_is_told(book, customers, tmp_path):
    with pytest.raises(sc.SegmentClientError, match=r"saved as \.xlsx, found 'book.xls'"):
        sc.export_excel(customers, tmp_path / "book.xls")
    with pytest.raises(sc.ColumnError, match="'nothing' is missing"):
        book(by="nothing")
    assert list(tmp_path.iterdir()) == []


def test_names_of_sheets_are_legal():
    assert workbook._sheet_name("a[b]:c*d?e/f\\g" + "x" * 40) == "a-b--c-d-e-f-g" + "x" * 17


@pytest.mark.parametrize("sign", ["a", "😀"])
def test_a_cell_holds_no_more_than_a_spreadsheet_can(sign):
    cut = workbook._cut(sign * 40_000)
    assert len(cut.encode("utf-16-le")) <= 2 * 32_767
    assert cut.endswith(f"{sign}…")
    assert workbook._cut(sign * 100) == sign * 100
