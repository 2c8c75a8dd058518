"""The report in a real browser: no console error, no request, sortable by keyboard, readable by everyone in both themes."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

import segmentclient as sc
from chromium import BROWSER, Chromium

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed"),
]

FIRST_CELLS = "[...document.querySelectorAll('#segments tbody tr:not([hidden]) th')].map(cell => cell.textContent.trim())"
SORTED_BY = (
    "[...document.querySelectorAll('#segments tbody td:nth-child(2)')].map(cell => Number(cell.dataset.sort))"
)

AXE = find_spec("axe_core_python")
RULES = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"]})
  .then(found => found.violations.map(one => [one.id, ...one.nodes.slice(0, 3).map(node => node.target.join(" "))]))"""


def segmented(customers):
    with pytest.warns(sc.SegmentClientWarning, match="some scores stay empty"):
        return sc.segment_rfm(sc.score_rfm(customers))


def former(orders):
    return sc.summarize_customers(orders[orders["date"] <= "1998-03-31"], as_of="1998-03-31")


@pytest.fixture(scope="module")
def pages(tmp_path_factory, cdnow, cdnow_customers):
    folder = tmp_path_factory.mktemp("pages")
    customers, before = (segmented(one) for one in (cdnow_customers, former(cdnow)))
    known = {"clean": sc.clean_transactions(cdnow), "previous": before, "currency": "USD"}
    valued = customers.assign(lifetime_value=customers["revenue"] / 10, p_alive=0.5)
    for lang in ("en", "fr"):
        personas = sc.build_personas(valued, lang=lang, currency="USD")
        personas.save(folder / f"cards_{lang}.html")
        sc.build_report(valued, personas=personas, lang=lang, **known).save(folder / f"{lang}.html")
    return folder


@pytest.fixture(scope="module")
def browser():
    with Chromium() as page:
        yield page


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_quietly_and_fits(pages, browser, lang, width):
    browser.open(pages / f"{lang}.html", width)
    assert browser.run("document.documentElement.lang") == lang
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.problems() == []
    assert {url.split("/")[0] for url in browser.requests()} <= {"file:", "about:"}


def test_the_table_sorts_by_keyboard_both_ways(pages, browser):
    browser.open(pages / "fr.html")
    browser.run("document.querySelector('#segments th:nth-child(2) button').focus()")
    browser.press("Enter")
    falling = browser.run(SORTED_BY)
    assert falling == sorted(falling, reverse=True)
    browser.press("Enter")
    assert browser.run(SORTED_BY) == falling[::-1]
    assert browser.run("document.querySelector('#segments th:nth-child(2)').ariaSort") == "ascending"
    browser.run("document.querySelector('#segments th:nth-child(1) button').click()")
    names = browser.run(FIRST_CELLS)
    assert names == browser.run(
        f"[...{FIRST_CELLS}].sort((a, b) => a.localeCompare(b, 'fr', {{sensitivity: 'base'}}))"
    )
    assert browser.problems() == []


def test_the_filter_ignores_accents(pages, browser):
    browser.open(pages / "fr.html")
    browser.run("document.querySelector('#filter').focus()")
    for key in "fidel":
        browser.press(key)
    names = browser.run(FIRST_CELLS)
    assert names
    assert all("Fidèles" in name for name in names)


def test_the_theme_switches(pages, browser):
    browser.open(pages / "en.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    before = browser.run(paper)
    browser.run("document.querySelector('#theme').click()")
    assert browser.run(paper) != before
    assert browser.run("document.querySelector('#theme').ariaPressed") == "true"
    browser.run("document.querySelector('#theme').click()")
    assert browser.run(paper) == before


def faults(browser):
    """Load axe-core into the open page and give what it holds against WCAG 2.1 AA."""
    browser.run(Path(AXE.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    return browser.run(RULES)


needs_axe = pytest.mark.skipif(
    AXE is None, reason="axe-core-python, which carries axe-core, is not installed"
)


@needs_axe
@pytest.mark.parametrize("name", ["en", "fr", "cards_en", "cards_fr"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_against_wcag_aa(pages, browser, name, theme):
    browser.prefer(theme)
    browser.open(pages / f"{name}.html")
    assert faults(browser) == []


@needs_axe
def test_axe_does_see_a_fault(pages, browser):
    browser.prefer("light")
    browser.open(pages / "en.html")
    browser.run("document.querySelector('.lead').style.color = '#bbb'; document.body.append(new Image())")
    assert {fault[0] for fault in faults(browser)} >= {"color-contrast", "image-alt"}


def test_the_report_prints_to_pdf(pages, tmp_path):
    report = sc.report.Report((pages / "fr.html").read_text(encoding="utf-8"), "Qui sont nos clients ?", "fr")
    assert report.save(tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def printed_heights(pdf):
    """Each printed page's height, and how far down its last word above the page number stands, both in points."""
    told = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    for page in told.split("<page ")[1:]:
        height = float(re.search(r'height="([\d.]+)"', page)[1])
        ends = [float(end) for end in re.findall(r'yMax="([\d.]+)"', page)]
        yield height, max((end for end in ends if end < height - 40), default=0.0)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext reads where the words stand")
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_printed_page_is_left_half_empty(pages, tmp_path, lang):
    page = (pages / f"{lang}.html").read_text(encoding="utf-8")
    sc.report.Report(page, "Printed", lang).save(tmp_path / "report.pdf")
    *whole, _ = printed_heights(tmp_path / "report.pdf")
    assert [last / height for height, last in whole if last < 0.55 * height] == []


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext reads where the words stand")
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_each_full_card_is_printed_on_one_page(tmp_path, lang):
    orders, people = sc.datasets.load_sample()
    clean = sc.clean_transactions(orders, order_id="order_id", exclude="staff")
    customers = sc.segment_rfm(sc.score_rfm(sc.summarize_customers(clean.transactions, as_of="2025-12-31")))
    cards = sc.build_personas(
        customers, attributes=people, transactions=clean.transactions, lang=lang, currency="EUR"
    )
    cards.save(tmp_path / "cards.pdf")
    assert len(list(printed_heights(tmp_path / "cards.pdf"))) == len(cards) == 11
