"""The report in a real browser: no console error, no request, sortable by keyboard, readable in both themes."""

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

CONTRAST = """(() => {
  const parse = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = colour => colour.slice(0, 3).map(part => part / 255)
    .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0);
  const ground = node => { for (; node; node = node.parentElement) {
    const colour = parse(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour; } return [255, 255, 255]; };
  const bad = [];
  document.querySelectorAll("body *:not(svg *):not(script):not(style)").forEach(node => {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.offsetParent) return;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    const size = parseFloat(getComputedStyle(node).fontSize), bold = getComputedStyle(node).fontWeight >= 700;
    if ((a + .05) / (b + .05) < (size >= 24 || (bold && size >= 18.7) ? 3 : 4.5)) bad.push(node.textContent.trim().slice(0, 40));
  });
  return bad;
})()"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory, cdnow, cdnow_customers):
    folder = tmp_path_factory.mktemp("pages")
    with pytest.warns(sc.SegmentClientWarning, match="some scores stay empty"):
        customers = sc.segment_rfm(sc.score_rfm(cdnow_customers))
    clean = sc.clean_transactions(cdnow)
    for lang in ("en", "fr"):
        personas = sc.build_personas(customers, lang=lang, currency="USD")
        report = sc.build_report(customers, clean=clean, personas=personas, lang=lang, currency="USD")
        report.save(folder / f"{lang}.html")
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


def test_the_theme_switches_and_both_meet_the_contrast_of_wcag_aa(pages, browser):
    browser.open(pages / "en.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    before = browser.run(paper)
    assert browser.run(CONTRAST) == []
    browser.run("document.querySelector('#theme').click()")
    assert browser.run(paper) != before
    assert browser.run(CONTRAST) == []
    assert browser.run("document.querySelector('#theme').ariaPressed") == "true"
    browser.run("document.querySelector('#theme').click()")
    assert browser.run(paper) == before


def test_the_report_prints_to_pdf(pages, tmp_path):
    report = sc.report.Report((pages / "fr.html").read_text(encoding="utf-8"), "Qui sont nos clients ?", "fr")
    assert report.save(tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
