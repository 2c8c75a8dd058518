"""The documentation says what is true: its code runs, its links lead somewhere, its names exist."""

import inspect
import operator
import re
import sys
import unicodedata
from pathlib import Path

import pytest

import segmentclient
from segmentclient import datasets, plot
from segmentclient.rfm import maps

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if not {"_build", "_generated"} & set(path.relative_to(DOCS).parts)
)
FRONT = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "data/samples/README.md")]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^(`{3,}|:{3,}).*?^\1", re.DOTALL | re.MULTILINE)

SEGMENTS = [
    "champions",
    "loyal",
    "potential_loyalists",
    "new",
    "promising",
    "needs_attention",
    "about_to_sleep",
    "at_risk",
    "cant_lose",
    "hibernating",
    "lost",
    "prospects",
    "active",
    "almost_lost",
    "previously_loyal",
    "dormant",
    "recent",
    "inactive",
    "others",
]
SHOWN_BY = {
    "CleanTransactions": "clean_transactions",
    "IdealCustomer": "ideal_customer",
    "KChoice": "choose_k",
    "Migration": "compare_periods",
    "Personas": "build_personas",
    "Report": "build_report",
    "datasets.Sample": "datasets.load_sample",
    "plot.SVG": "plot.to_svg",
}

sys.path.insert(0, str(DOCS))
import blocks  # noqa: E402  (beside the pages)
import docstrings  # noqa: E402  (what the site makes of them)
import pages  # noqa: E402  (the writer of the generated pages stands in docs)


def named(path):
    return str(path.relative_to(ROOT))


def prose(path):
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def public_names():
    yield from (name for name in segmentclient.__all__ if name in segmentclient._HOME)
    for room in (datasets, plot):
        yield from (f"{room.__name__.rpartition('.')[2]}.{name}" for name in room.__all__)


def with_code():
    for path in filter(blocks.has_code, [*FRONT, *PAGES]):
        marks = (
            pytest.mark.slow
            if path.name in {"gallery.md", "personas.md", "clusters.md", "index.md", "report.md"}
            else ()
        )
        yield pytest.param(path, id=named(path), marks=marks)


@pytest.mark.parametrize("path", list(with_code()))
def test_code_of_the_page_runs_and_prints_what_it_shows(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks.run(path):
        same = block.shown is None or block.shown.split() == block.printed.split()
        assert same, "write it again: python docs/blocks.py " + named(path)


@pytest.mark.parametrize("path", [*FRONT, *PAGES], ids=named)
def test_links_of_the_page_lead_somewhere(path):
    for link in LINK.findall(prose(path)):
        target, _, anchor = link.partition("#")
        if re.match(r"https?:|_generated/", target):
            continue
        page = (path.parent / target) if target else path
        assert page.exists(), f"{link}: no such file"
        assert not anchor or anchor in headings(page), f"{link}: no such heading"


def headings(page):
    titles = re.findall(r"^#+ +(.*)$", prose(page), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", title).lower()).replace(" ", "-")
        for title in titles
    }


@pytest.mark.parametrize("path", [*FRONT, *PAGES], ids=named)
def test_names_on_the_page_exist(path):
    text = path.read_text(encoding="utf-8")
    for dotted in re.findall(r"\bsc\.([A-Za-z_][A-Za-z_.]*[A-Za-z_])", text):
        found = segmentclient
        for part in dotted.split("."):
            assert hasattr(found, part), f"sc.{dotted} does not exist"
            found = getattr(found, part)


@pytest.mark.parametrize("page", sorted(pages.KEPT))
def test_generated_page_is_current(page):
    written = (DOCS / page).read_text(encoding="utf-8")
    assert written == pages.KEPT[page](), "write it again: python docs/pages.py"


@pytest.mark.parametrize("name", list(public_names()))
def test_public_name_is_documented_with_an_example(name):
    value = operator.attrgetter(name)(segmentclient)
    text = inspect.getdoc(value) or ""
    assert len(text) > 40, f"{name} has no docstring"
    assert f"   {name.rpartition('.')[2]}\n" in pages.reference_page()
    if not inspect.isclass(value) or not issubclass(value, Exception):
        assert ">>> " in text or name in SHOWN_BY, f"{name} has no example"


@pytest.mark.parametrize(("name", "maker"), SHOWN_BY.items())
def test_result_is_shown_by_the_function_that_makes_it(name, maker):
    made = operator.attrgetter(maker)(segmentclient)
    assert ">>> " in inspect.getdoc(made)


def test_every_page_is_in_the_contents():
    listed = {DOCS / "index.md"}
    for page in PAGES:
        for block in re.findall(
            r"^```\{toctree\}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
        ):
            names = [line for line in block.split("\n") if line and not line.startswith(":")]
            listed |= {path.resolve() for name in names for path in page.parent.glob(f"{name}.md")}
    assert listed == set(PAGES)


def test_glossary_names_the_segments_as_the_product_does():
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| `(\w+)` \|$", text, re.MULTILINE)
    known = {key: (french, english) for french, english, key in rows if key in SEGMENTS}
    assert set(known) == set(SEGMENTS)
    for key, words in known.items():
        assert words == (maps.label(key, "fr"), maps.label(key, "en"))


def test_no_guide_mentions_an_empty_place():
    for path in PAGES:
        assert not re.search(r"\b(TODO|TBD|FIXME|coming soon)\b", path.read_text(encoding="utf-8")), named(
            path
        )


def test_each_cell_of_the_comparison_leads_to_its_proof():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## How it compares")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 8
    assert {len(cells) for cells in rows} == {8}
    for name, ours, *theirs in rows:
        assert LINK.findall(ours), f"{name.strip()}: no proof"
        assert all("docs/comparison.md#" in link for cell in theirs for link in LINK.findall(cell))
        assert all(LINK.findall(cell) for cell in theirs), f"{name.strip()}: a claim without a source"


def test_every_notebook_is_named_where_readers_begin():
    for page in (DOCS / "guides" / "index.md", ROOT / "README.md"):
        text = page.read_text(encoding="utf-8")
        named_there = set(re.findall(r"(\w+)\.ipynb", text))
        assert named_there == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}, named(page)


def test_what_a_function_returns_is_a_few_words_and_their_description_on_the_site():
    told = docstrings.spell_out(inspect.getdoc(segmentclient.predict_lifetime_value).split("\n"))
    start = told.index("Returns") + 2
    end = told.index("Raises")
    assert told[start] == "The same rows in the same kind of table"
    assert all(not line or line.startswith("    ") for line in told[start + 1 : end])
    proper = ["Returns", "-------", "matplotlib.axes.Axes", "    `lines[0]` is the curve, day by day."]
    assert docstrings.spell_out(proper) == proper
