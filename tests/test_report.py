"""The page: parses, asks nothing of the network, escapes what is hostile, speaks one language, is the same every time."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from babel.messages import pofile

import segmentclient as sc
from segmentclient import writing
from segmentclient.report import charts, page
from segmentclient.report.words import COLUMN_NAMES
from segmentclient.transactions import REASONS

VOID = {"meta", "br", "input", "img", "link", "hr", "path", "use", "rect", "circle", "line"}
CATALOGUE = Path(sc.__file__).parent / "locale" / "fr"


class Page(HTMLParser):
    """Check that tags nest, and gather text, attributes and tables."""

    def __init__(self, html):
        super().__init__()
        self.open, self.attributes, self.texts, self.tables = [], [], [], {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if data.strip() and not {"style", "script"} & {tag for tag, _ in self.open}:
            self.texts.append(re.sub(r"[ \n]+", " ", data).strip(" "))


def segmented(summary):
    with pytest.warns(sc.SegmentClientWarning, match="some scores stay empty"):
        return sc.segment_rfm(sc.score_rfm(summary))


@pytest.fixture(scope="module")
def customers(cdnow_customers):
    return segmented(cdnow_customers).assign(lifetime_value=10.0, p_alive=0.5)


@pytest.fixture(scope="module")
def before(cdnow):
    return segmented(sc.summarize_customers(cdnow[cdnow["date"] <= "1998-03-31"], as_of="1998-03-31"))


@pytest.fixture(scope="module")
def clean(cdnow):
    broken = pd.DataFrame({"customer_id": [None, 1], "date": ["1997-01-02", None], "amount": [5.0, 7.0]})
    return sc.clean_transactions(pd.concat([cdnow.astype({"date": str}), broken]))


@pytest.fixture(scope="module", params=["fr", pytest.param("en", marks=pytest.mark.slow)])
def report(request, customers, before, clean):
    return sc.build_report(customers, clean=clean, previous=before, lang=request.param, currency="EUR")


@pytest.fixture
def without_charts(monkeypatch):
    """Leave the charts out where only the rest is looked at: drawing them takes most of the time."""
    parts = dict.fromkeys(("who", "worth", "moving", "scores"), ())
    monkeypatch.setattr(page, "pictures", lambda *_, **__: parts)


def cells(report, key):
    """Numbers that the segment table is sorted by, in the row of one segment."""
    table = re.search(r'<table id="segments".*?</table>', report.html, re.S)[0]
    row = next(row for row in re.findall(r"<tr>.*?</tr>", table, re.S) if key in row)
    return [float(number) for number in re.findall(r'data-sort="([^"]*)"', row)]


def test_the_page_parses_and_every_tag_is_closed(report):
    shown_page = Page(report.html)
    assert shown_page.open == []
    ids = [value for _, name, value in shown_page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_nothing_leaves_the_page(report):
    shown_page = Page(report.html)
    for tag, name, value in shown_page.attributes:
        if name in {"src", "href", "xlink:href", "action", "srcset", "poster", "data"}:
            assert value.startswith("#"), (tag, name, value)
    policy = next(
        value for tag, name, value in shown_page.attributes if name == "content" and "-src" in value
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert not re.search(r"url\((?!['\"]?#)", report.html)
    assert "@import" not in report.html


def test_the_contents_lead_to_sections(report):
    shown_page = Page(report.html)
    ids = {value for _, name, value in shown_page.attributes if name == "id"}
    links = [value[1:] for tag, name, value in shown_page.attributes if tag == "a" and name == "href"]
    assert len(links) >= 5
    assert set(links) <= ids


def test_there_are_five_numbers_and_at_least_five_charts(report):
    assert report.html.count('class="value"') >= 5
    assert len(re.findall(r"<figure>", report.html)) >= 5
    assert report.html.count('role="img"') == report.html.count("<svg")


def test_the_table_says_what_a_plain_group_by_says(report, customers):
    groups = customers.groupby("segment")
    label = "Champions"
    found = cells(report, label)
    chosen = groups.get_group("champions")
    assert found[:4] == pytest.approx(
        [
            len(chosen),
            len(chosen) / len(customers),
            chosen["revenue"].sum(),
            chosen["revenue"].sum() / customers["revenue"].sum(),
        ]
    )
    assert found[4:6] == pytest.approx(
        [chosen["revenue"].mean(), chosen["revenue"].sum() / chosen["n_orders"].sum()]
    )
    assert found[6:8] == pytest.approx(
        [chosen["n_orders"].median(), chosen["days_since_last_order"].median()]
    )


def test_what_was_set_aside_adds_up(report, clean):
    language = sc.locale.language(report.lang)
    assert language.number(clean.audit["rows"].sum()) in report.html
    for row in clean.audit.itertuples():
        assert language.number(row.rows) in report.html


def test_the_french_page_holds_no_english_sentence(report):
    if report.lang != "fr":
        return
    shown_page = Page(report.html)
    shown = " ".join(
        shown_page.texts
        + [value for _, name, value in shown_page.attributes if name in {"aria-label", "title"}]
    )
    for path in CATALOGUE.glob("*.po"):
        with path.open("rb") as file:
            for message in pofile.read_po(file):
                for english, french in _pairs(message):
                    if len(english) > 12 and english != french:
                        assert english not in shown, english


def _pairs(message):
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    for english, french in zip(ids, texts, strict=True):
        plain = max(re.split(r"\{[^}]*\}", english), key=len)
        yield plain, max(re.split(r"\{[^}]*\}", french), key=len)


def test_every_sentence_has_its_french():
    known = set()
    for path in CATALOGUE.glob("*.po"):
        with path.open("rb") as file:
            known |= {
                message.id[0] if isinstance(message.id, tuple) else message.id
                for message in pofile.read_po(file)
            }
    assert set(_said()) - known == set()


def _said():
    """Sentences that the sources and the templates of the report say."""
    folder = Path(sc.__file__).parent / "report"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"text", "plural"}:
                yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant))
    for path in (folder / "templates").glob("*.html"):
        yield from re.findall(r'_\("(.*?)"\)', path.read_text(encoding="utf-8"))
    yield from COLUMN_NAMES.values()
    yield from REASONS.values()


def test_french_typography():
    with (CATALOGUE / "report.po").open("rb") as file:
        for message in pofile.read_po(file):
            for _, french in _pairs(message) if message.id else ():
                assert not re.search(r"[^\u00a0\u202f][:;!?»%]|«[^\u00a0\u202f]|'", french), french


def test_every_engine_gives_the_same_page(on_engine, customers, without_charts):
    small = customers.drop(columns=["first_order", "last_order"]).head(300)
    plain = sc.build_report(small, lang="fr").html
    assert sc.build_report(on_engine(small), lang="fr").html == plain


def test_hostile_names_are_escaped(customers):
    attack = "<img src=x onerror=alert(1)>\"'{{7*7}}</script>"
    small = customers.head(200)
    named = small.assign(segment=small["segment"].replace({"champions": attack}))
    attacked = sc.build_report(named, title=attack, currency="EUR")
    assert "<img" not in attacked.html
    assert "alert(1)" in attacked.html
    assert attacked.html.count("</script>") == 1
    assert Page(attacked.html).open == []
    assert "<img" not in attacked._repr_html_()


def test_no_identity_enters_the_page(customers):
    small = customers.head(50)
    marked = small.assign(customer_id=[f"zq{n}zq" for n in range(len(small))], email="zq@zq.zq")
    assert "zq" not in sc.build_report(marked).html


def test_the_style_of_other_charts_changes_no_byte(customers):
    looks = {"text.usetex": True, "font.size": 30, "savefig.bbox": "tight", "axes.axisbelow": False}
    plain = charts._svg("lorenz_curve", customers, "phone", lang="en")
    with mpl.rc_context(looks):
        assert charts._svg("lorenz_curve", customers, "phone", lang="en") == plain
        assert mpl.rcParams["font.size"] == 30


def test_a_bare_table_is_enough_and_a_missing_segment_is_told():
    bare = pd.DataFrame(
        {
            "segment": ["loyal", None, "loyal"],
            "n_orders": [2, 1, 0],
            "revenue": [10.0, 0.0, 0.0],
            "days_since_last_order": [1.0, 5.0, None],
        }
    )
    html = sc.build_report(bare).html
    assert "1 customer has no segment" in html
    assert "nan" not in Page(html).texts


@pytest.mark.parametrize(
    "change",
    [
        {"revenue": 0.0},
        {"segment": "one"},
        pytest.param(
            {"segment": [f"a segment whose name is forty letters long {n % 15}" for n in range(60)]},
            marks=pytest.mark.slow,
        ),
        {"revenue": -5.0},
    ],
    ids=["no revenue", "one segment", "fifteen segments", "refunds only"],
)
def test_extremes_give_a_page(customers, change):
    small = customers.head(60).assign(**change)
    shown = " ".join(Page(sc.build_report(small, lang="fr", currency="EUR").html).texts)
    assert "nan" not in shown.split()
    assert "inf" not in shown.split()


def test_other_columns_may_be_the_groups(customers, without_charts):
    small = customers.head(80)
    for by in ("r_score", "rfm_code", "n_orders"):
        assert "Page" not in sc.build_report(small, by=by).title


def test_a_missing_column_is_named_with_the_function_that_makes_it(cdnow_customers):
    with pytest.raises(sc.ColumnError, match=r"'segment' is missing.*segment_rfm makes it"):
        sc.build_report(cdnow_customers)
    with pytest.raises(sc.ColumnError, match="no rows"):
        sc.build_report(cdnow_customers.head(0).assign(segment="a"))


def test_save_writes_whole_files(tmp_path, report):
    path = report.save(tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == report.html
    with pytest.raises(sc.SegmentClientError, match=r"\.html or \.pdf"):
        report.save(tmp_path / "report.docx")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(sc.SegmentClientError, match="it is a folder"):
        report.save(tmp_path / "folder.html")
    assert [one.name for one in path.parent.iterdir()] == ["report.html"]


def _fill_the_disk(draft):
    draft.write_text("half")
    raise OSError("full")


def test_a_failed_write_leaves_the_former_file(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("former")
    with pytest.raises(sc.SegmentClientError, match="full"), writing.whole_file(path) as draft:
        _fill_the_disk(draft)
    assert path.read_text() == "former"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_the_report_shows_itself_in_a_frame(report):
    shown = report._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "<!doctype" not in shown
    assert report.html not in repr(report)
