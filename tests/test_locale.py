import datetime as dt
import io
import re
import string
from importlib import resources

import pytest
from babel.messages import pofile

import segmentclient as sc
from segmentclient.locale import language

NBSP, NNBSP = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
en, fr = language("en"), language("fr")


def test_numbers_money_and_shares():
    assert (en.number(1234.5, 1), fr.number(1234.5, 1)) == ("1,234.5", f"1{NNBSP}234,5")
    assert (en.percent(0.1234), fr.percent(0.1234)) == ("12.3%", f"12,3{NBSP}%")
    assert (en.money(1234.56, "EUR"), fr.money(1234.56, "EUR")) == ("€1,235", f"1{NNBSP}235{NBSP}€")
    assert (en.money(12.3, "GBP", 2), fr.money(-12.3, "EUR", 2)) == ("£12.30", f"−12,30{NBSP}€")
    assert fr.money(12.3, "GBP", 2) == f"12,30{NBSP}£"
    assert fr.compact(1_200_000, "GBP") == f"1,2{NBSP}M£"
    assert fr.money(1234.5) == f"1{NNBSP}234"
    assert en.compact(3_400_000, "EUR") == "€3.4M"
    assert fr.compact(12_345) == f"12{NBSP}k"
    assert en.number(-0.0001, 2) == "0.00"


@pytest.mark.parametrize("words", [en, fr])
def test_a_minus_is_no_hyphen(words):
    told = [words.number(-1), words.percent(-0.1), words.money(-2, "EUR"), words.compact(-3_000, "EUR")]
    assert all(text.startswith("\N{MINUS SIGN}") and "-" not in text for text in told)


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf")])
def test_missing_values_are_a_dash(missing):
    assert [en.number(missing), fr.percent(missing), en.money(missing, "EUR"), en.compact(missing)] == [
        "–"
    ] * 4


def test_dates_and_lists():
    day = dt.date(2026, 12, 31)
    assert (fr.date(day), en.date(day), fr.date("2026-12-31", "short")) == (
        f"31{NBSP}déc. 2026",
        "31 Dec 2026",
        "31/12/2026",
    )
    assert (en.listed(["a", "b", "c"]), fr.listed(["a", "b"]), fr.listed([])) == ("a, b and c", "a et b", "")


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (169_000, "EUR", f"169{NBSP}k€"),
        (71_000, "USD", f"71{NBSP}k$US"),
        (3_400_000, "EUR", f"3,4{NBSP}M€"),
        (-2_500, "EUR", f"−2,5{NBSP}k€"),
        (12_000, "CHF", f"12{NBSP}k{NBSP}CHF"),
        (999, "EUR", f"999{NBSP}€"),
    ],
)
def test_french_thousands_are_one_unit_with_their_currency(amount, currency, written):
    assert fr.compact(amount, currency) == written
    assert " " not in en.compact(amount, currency)


def test_the_first_of_a_month_is_an_ordinal_in_french():
    first = dt.date(1997, 1, 1)
    assert [fr.date(first, style) for style in ("short", "medium", "long")] == [
        "01/01/1997",
        f"1er{NBSP}janv. 1997",
        f"1er{NBSP}janvier 1997",
    ]
    assert en.date(first) == "1 Jan 1997"
    assert fr.date("2026-12-11") == f"11{NBSP}déc. 2026"


def test_plurals_follow_the_language():
    said = [
        language.plural("{n} customer", "{n} customers", n) for language in (en, fr) for n in (0, 1, 2, 1.5)
    ]
    assert said == [
        "0 customers",
        "1 customer",
        "2 customers",
        "2 customers",
        f"0{NBSP}client",
        f"1{NBSP}client",
        f"2{NBSP}clients",
        f"2{NBSP}clients",
    ]


def test_unknown_languages_are_refused():
    with pytest.raises(sc.SegmentClientError, match="lang='de' is not known; accepted: 'en', 'fr'"):
        language("de")


CATALOGUES = [
    path
    for path in resources.files("segmentclient.locale").joinpath("fr").iterdir()
    if path.name.endswith(".po")
]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_catalogues_are_whole_and_keep_their_places(path):
    for message in pofile.read_po(io.BytesIO(path.read_bytes()), locale="fr"):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if ids == ("",):
            continue
        assert all(texts), ids
        assert not message.fuzzy, ids
        places = {name for one in ids for _, name, _, _ in string.Formatter().parse(one) if name}
        for text in texts:
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= places, ids
            assert "  " not in text.strip(), ids


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_no_line_ends_between_a_number_and_the_word_that_it_counts(path):
    for message in pofile.read_po(io.BytesIO(path.read_bytes()), locale="fr"):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        places = {name for one in ids for _, name, _, _ in string.Formatter().parse(one) if name}
        numbers = dict.fromkeys(places - {"n"}, f"9{NNBSP}876,5")
        if places and len(ids) == 2:
            written = [fr.plural(*ids, n, **numbers) for n in (1, 2_000)]
        elif places and not message.context:
            written = [fr.text(ids[0], **numbers, **({"n": "876"} if "n" in places else {}))]
        else:
            continue
        for sentence in written:
            found = re.search(r"(?:876|876,5|000) ([^\W\d_]+)", sentence)
            assert found is None or found[1] in {
                "à",
                "au",
                "contre",
                "dans",
                "en",
                "et",
                "ou",
                "par",
                "pour",
                "sur",
            }, sentence


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_french_has_no_straight_apostrophe(path):
    for message in pofile.read_po(io.BytesIO(path.read_bytes()), locale="fr"):
        assert message.id == "" or "'" not in str("".join(message.string)), message.id


def test_the_french_labels_of_packs_have_no_straight_apostrophe():
    packs = list(resources.files("segmentclient").joinpath("segments", "packs").iterdir())
    labels = [
        line for path in packs for line in path.read_text("utf-8").splitlines() if line.startswith("label_fr")
    ]
    assert labels
    assert not [label for label in labels if "'" in label]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_no_line_begins_with_a_french_sign(path):
    for message in pofile.read_po(io.BytesIO(path.read_bytes()), locale="fr"):
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id:
            assert not any(re.search(r" [;:!?»]|« ", text) for text in texts), texts


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_one_thing_has_one_french_word(path):
    text = path.read_text(encoding="utf-8").lower()
    assert not re.search("achats? répétés?", text), "say réachat"
    assert "encore là\N{NO-BREAK SPACE}»" not in text, "the page asks who came more recently"


def test_a_sentence_in_two_catalogues_is_translated_alike():
    known = {}
    for path in CATALOGUES:
        for message in pofile.read_po(io.BytesIO(path.read_bytes()), locale="fr"):
            if message.id:
                sentence = (message.id, message.context)
                assert known.setdefault(sentence, message.string) == message.string, path.name
