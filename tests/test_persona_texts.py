"""Every sentence of the cards, in both languages: nothing unfilled, nothing doubled, nothing left in English."""

import ast
import gettext
import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import segmentclient as sc
from segmentclient import personas as room
from segmentclient.locale import language
from segmentclient.personas import buying_story, speaking, story, words
from segmentclient.personas.attributes import ATTRIBUTES, OTHER_LABELS
from segmentclient.personas.buying import _MOMENTS
from segmentclient.personas.pages import cards_markdown
from segmentclient.personas.provenance import _STATISTICS
from segmentclient.personas.setting import Setting
from segmentclient.personas.typology_packs import PACKS, load_typology

HOMES = (
    "couple with children",
    "single parent",
    "alone",
    "shared home",
    "married",
    "single",
    "divorced",
    "widowed",
    "together",
    "couple",
    "igloo",
)
PLACES = ("online", "store", "phone", "app", "catalogue", "fax")
CITIES = ("Lyon", "Le Havre", "Les Ulis", "La Rochelle")


class Recorder(gettext.NullTranslations):
    """Notes every sentence that the catalogue does not hold."""

    def __init__(self):
        super().__init__()
        self.missing = set()

    def gettext(self, message):
        self.missing.add(message)
        return message

    def pgettext(self, context, message):
        self.missing.add((context, message))
        return message

    def ngettext(self, singular, plural, n):
        self.missing.add(singular)
        return singular if n == 1 else plural


@pytest.fixture
def untranslated():
    catalogue, recorder = language("fr").catalogue, Recorder()
    former = catalogue._fallback
    catalogue._fallback = recorder
    yield recorder.missing
    catalogue._fallback = former


def constants():
    """Yield (method, arguments) of each call to text, plural and term in the room."""
    for path in sorted(Path(room.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"text", "plural", "term"}
            ):
                texts = [
                    one.value
                    for one in node.args
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                ]
                if texts:
                    yield node.func.attr, texts


def test_every_sentence_of_the_room_is_in_the_french_catalogue(untranslated):
    L = language("fr")
    for method, texts in constants():
        if method == "text":
            L.catalogue.gettext(texts[0])
        elif method == "plural":
            L.catalogue.ngettext(texts[0], texts[1], 2)
    tables = (speaking.SAY, speaking.DO, story.HOME, _STATISTICS, OTHER_LABELS)
    for text in itertools.chain(
        *(table.values() for table in tables),
        (one.label for one in ATTRIBUTES.values()),
        (one[0] for one in _MOMENTS.values()),
    ):
        L.text(text)
    for place in buying_story.PLACE.values():
        L.term("place", place)
    for answer in words.KNOWN:
        L.term("answer", answer)
    for sex, verb in itertools.product(
        ("female", "male", "either"),
        ("lives alone{place}", "is married", "is single", "is divorced", "is widowed"),
    ):
        L.term(sex, verb)
    for pack in PACKS:
        for one in load_typology(pack).types:
            one.shown("fr"), one.key_to_communication("fr")
    assert untranslated == set()


def test_the_places_of_each_sentence_are_the_same_in_french():
    L = language("fr")
    for method, texts in constants():
        if method != "term":
            french = (
                [L.catalogue.gettext(texts[0])]
                if method == "text"
                else [L.catalogue.ngettext(*texts[:2], n) for n in (1, 2)]
            )
            wanted = set(re.findall(r"{(\w+)}", texts[-1] if method == "plural" else texts[0]))
            for sentence in french:
                missing = wanted - set(re.findall(r"{(\w+)}", sentence))
                assert missing <= ({"n"} if method == "plural" else set()), sentence
                assert set(re.findall(r"{(\w+)}", sentence)) <= wanted, sentence


def group(n, **columns):
    """Make a group of n customers who all give the same answers."""
    return pd.DataFrame(
        {"customer_id": range(n), "segment": "champions"}
        | {name: [value] * n for name, value in columns.items()}
    )


def situations():
    """Singular, plural, missing and extreme values."""
    yield group(1)
    yield group(1, age=1.0, sex="F", n_orders=1, revenue=1.0, lifetime_value=1.0)
    yield group(40, age=100.0, sex="M", n_orders=100_000, revenue=1e12, lifetime_value=1e13)
    yield group(3, sex="F", n_orders=0, revenue=0.0, lifetime_value=0.0)
    yield group(3, revenue=-5.0, n_orders=2, lifetime_value=-1.0)
    yield group(3, revenue=np.nan, n_orders=np.nan, lifetime_value=np.nan)
    for home, sex in itertools.product(HOMES, ("F", "M", None)):
        yield group(4, household=home, sex=sex, age=40.0)
    for place, city in itertools.product(PLACES, CITIES):
        yield group(4, channel=place, city=city)
    yield group(4, region="Bretagne", profession="infirmière ou infirmier", sex="F")
    yield group(4, profession="étudiante ou étudiant", sex="M")
    for headcount in (1.0, 12.0, 1e6):
        yield group(
            4,
            customer_type="B2B",
            sector="Santé",
            headcount=headcount,
            turnover=1e9,
            contact_role="Gérante",
            city="Nice",
        )
    yield group(4, customer_type="B2B", region="Bretagne")
    for days in (1, 30, 5000):
        last = pd.Timestamp("2020-01-01")
        yield group(
            4,
            first_order=last - pd.Timedelta(days=days),
            last_order=last,
            frequency=1,
            n_orders=2,
            days_since_last_order=3,
        )
    two = pd.concat(
        [
            group(30, city="Lyon", channel="online", age=25.0),
            group(28, city="Paris", channel="store", age=70.0),
        ]
    )
    yield two.assign(customer_id=range(58))


def log_of(customers):
    dates = pd.date_range("2019-01-01", periods=60, freq="7D") + pd.Timedelta(hours=18)
    log = pd.DataFrame(
        {
            "date": dates,
            "amount": 10.0,
            "quantity": 2,
            "category": "thé",
            "channel": "web",
            "device": "mobile",
        }
    )
    return log.assign(customer_id=customers.customer_id.iloc[0], order_id=range(60))


def texts_of(card):
    yield from (card.tagline, *card.story, card.label)
    for field in card.fields:
        yield from (field.label, field.text, field.rule)
    for one in card.measures:
        yield from (one.label, one.text, one.everyone_text)


def all_situations():
    """One table with a group a situation, and a few situations on their own, where whole columns are absent."""
    alone = list(situations())
    parts = [
        one.assign(segment=f"g{place}", customer_id=[f"{place}-{n}" for n in range(len(one))])
        for place, one in enumerate(alone)
    ]
    yield pd.concat([part.dropna(axis="columns", how="all") for part in parts], ignore_index=True)
    yield from (alone[0], alone[2], alone[3], alone[-1])


@pytest.mark.parametrize(
    ("lang", "currency"),
    [
        ("en", None),
        ("fr", "EUR"),
        pytest.param("en", "EUR", marks=pytest.mark.slow),
        pytest.param("fr", None, marks=pytest.mark.slow),
    ],
)
def test_no_template_leaves_a_place_unfilled_or_a_word_in_english(lang, currency, untranslated):
    for customers in all_situations():
        orders = None if currency is None else log_of(customers)
        cards = sc.build_personas(
            customers, transactions=orders, lang=lang, currency=currency, min_size=1, as_of="2020-01-05"
        )
        shown = re.sub(r"<style>.*?</style>", "", cards.to_html(), flags=re.DOTALL)
        written = [
            *itertools.chain(*map(texts_of, cards)),
            cards.to_markdown(),
            *re.findall(r">([^<>]+)<", shown),
        ]
        for text in written:
            assert not set("{}") & set(text), text
            assert not re.search(r"\S  +\S", text), repr(text)
            assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text), text
        for sentence in itertools.chain(*(card.story for card in cards)):
            assert re.fullmatch(r"[A-ZÀ-Ý0-9].*[^.,;: ]\.", sentence), sentence
            assert " ," not in sentence
    assert untranslated == set()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"sex": "F", "household": "personne seule"}, "vit seule"),
        ({"sex": "F", "household": "personne seule", "city": "Lyon"}, "vit seule à Lyon."),
        ({"household": "couple avec enfants", "city": "Le Mans"}, "vit au Mans en couple avec des enfants."),
        (
            {"household": "parent isolé", "region": "Bretagne"},
            "habite dans la région Bretagne et élève ses enfants",
        ),
        ({"sex": "M", "household": "personne seule"}, "vit seul."),
        ({"sex": "F", "marital_status": "Divorced"}, "est divorcée"),
        ({"sex": "M", "marital_status": "widow"}, "est veuf"),
        ({"sex": "F", "city": "Le Mans"}, "habite au Mans"),
        ({"sex": "F", "city": "Les Sables-d'Olonne"}, "habite aux Sables-d'Olonne"),
        ({"sex": "F", "profession": "infirmière ou infirmier"}, "infirmière"),
        ({"sex": "M", "profession": "infirmière ou infirmier"}, "infirmier"),
    ],
)
def test_french_agrees_in_gender(columns, expected):
    card = sc.build_personas(group(12, **columns), lang="fr")[0]
    assert expected in card.story[0]


def buyers(silence, gap=24, repeats=1, once=0):
    """Twelve customers who came back after so many days, and have been silent since; some bought once only."""
    last = pd.Timestamp("2025-01-01")
    came_back = group(12, n_orders=1 + repeats, frequency=repeats, revenue=60.0, sex="F").assign(
        first_order=last - pd.Timedelta(days=gap * repeats), last_order=last, days_since_last_order=silence
    )
    single = group(once, n_orders=1, frequency=0, revenue=20.0, sex="F").assign(
        first_order=last, last_order=last, days_since_last_order=silence
    )
    both = pd.concat([came_back, single], ignore_index=True) if once else came_back
    return both.assign(customer_id=range(len(both)))


@pytest.mark.parametrize(
    ("silence", "lang", "expected"),
    [
        (71, "en", "She buys about every 24 days, for €30 an order."),
        (72, "en", "She used to buy about every 24 days, for €30 an order; nothing for 72 days."),
        (464, "fr", "Elle achetait environ tous les 24 jours, pour 30 € par commande ; plus rien depuis 464 jours."),
    ],
)  # fmt: skip
def test_a_rhythm_that_a_long_silence_has_ended_is_told_in_the_past(silence, lang, expected):
    card = sc.build_personas(buyers(silence), lang=lang, currency="EUR")[0]
    assert card.story[1].replace("\N{NO-BREAK SPACE}", " ") == expected
    assert card.field("days_since_last_order").value == silence


@pytest.mark.parametrize(
    ("repeats", "once", "expected"),
    [
        (1, 48, "She has bought once so far, for €23."),
        (1, 13, "She has bought once or twice so far, for €26 an order."),
        (4, 13, "She has bought 1 to 5 times so far, for €13 an order."),
    ],
)
def test_once_is_said_only_where_three_in_four_bought_once(repeats, once, expected):
    card = sc.build_personas(buyers(30, repeats=repeats, once=once), currency="EUR")[0]
    assert card.story[1] == expected


def test_one_purchase_is_no_habit_of_a_day_or_an_hour():
    customers = buyers(30, once=48)
    log = customers[["customer_id"]].assign(date=pd.Timestamp("2025-01-04 18:00"), amount=20.0, channel="web")
    card = sc.build_personas(customers, transactions=log, currency="EUR")[0]
    assert card.field("weekday").statistic == "mode"
    assert card.story[1] == "She has bought once so far, online, for €23."


@pytest.mark.parametrize(
    ("n", "sex", "expected"),
    [(1, "F", "1 cliente"), (1, "M", "1 client "), (12, "F", "12 clientes"), (12, "M", "12 clients")],
)
def test_french_agrees_in_number(n, sex, expected):
    card = sc.build_personas(group(n, sex=sex), lang="fr", min_size=1)[0]
    assert expected in card.story[2].replace("\N{NO-BREAK SPACE}", " ")


def test_no_stereotype_follows_from_the_sex():
    """Two groups that differ in sex only get the same card but for the name and the grammar."""
    women, men = (
        sc.build_personas(group(20, sex=sex, age=40.0, city="Lyon", n_orders=3, revenue=9.0))[0]
        for sex in "FM"
    )
    for ours, theirs in zip(women.fields, men.fields, strict=True):
        if ours.key not in {"name", "sex"}:
            assert ours == theirs


def test_french_typography_in_cards():
    cards = sc.build_personas(
        group(12, age=40.0, sex="F", n_orders=3, revenue=9.0), lang="fr", currency="EUR"
    )
    assert not re.search(r"\w [:;!?%€]", cards_markdown(cards, "fr"))


def test_clusters_have_one_name_and_one_colour_on_cards_and_charts():
    customers = pd.DataFrame(
        {"customer_id": range(60), "cluster": ["c1", "c2", "c3"] * 20, "revenue": [10.0, 90.0, 50.0] * 20}
    )
    cards = sc.build_personas(customers, by="cluster", lang="fr")
    assert [card.label for card in cards] == ["Groupe 2", "Groupe 3", "Groupe 1"]
    known = sc.plot.style.colours(["c1", "c2", "c3"])
    assert {card.key: card.colour for card in cards} == known


def test_cards_tell_small_amounts_with_their_cents():
    setting = Setting(language("fr"), "EUR")
    told = [setting.money(amount) for amount in (1.234, 5.0, 9.5, 31.2, 0.4, 0)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in told] == [
        "1,23 €",
        "5 €",
        "9,50 €",
        "31 €",
        "0,40 €",
        "0 €",
    ]
