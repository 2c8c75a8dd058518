import datetime as dt
import shutil
import warnings

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient.personas.naming import country_of, draw_name, initials
from segmentclient.personas.traits import find_traits

AS_OF = pd.Timestamp("2025-06-30")
SEGMENTS = ("champions", "at_risk", "new")


def shop(n=600, seed=0):
    rng = np.random.default_rng(seed)
    segment = rng.choice(SEGMENTS, n, p=[0.3, 0.5, 0.2])
    orders = 1 + rng.poisson(np.where(segment == "champions", 8, np.where(segment == "new", 0, 3)))
    since = rng.integers(1, 300, n)
    last = AS_OF - pd.to_timedelta(since, unit="D")
    length = np.where(orders > 1, rng.integers(30, 500, n), 0)
    revenue = np.round(orders * rng.gamma(4, 10, n), 2)
    return pd.DataFrame(
        {
            "customer_id": [f"C{number:04d}" for number in range(n)], "segment": segment,
            "first_order": last - pd.to_timedelta(length, unit="D"), "last_order": last, "n_orders": orders,
            "days_since_last_order": since, "revenue": revenue, "frequency": orders - 1,
            "lifetime_value": revenue / 3, "lifetime_value_low": revenue / 9, "lifetime_value_high": revenue,
        }
    )  # fmt: skip


def crowd(customers, seed=0):
    rng = np.random.default_rng(seed)
    n = len(customers)
    days = rng.integers(18 * 365, 80 * 365, n)
    people = pd.DataFrame(
        {
            "customer_id": customers["customer_id"], "birth_date": AS_OF - pd.to_timedelta(days, unit="D"),
            "sex": rng.choice(["F", "M"], n, p=[0.6, 0.4]), "city": rng.choice(["Lyon", "Paris", "Lille"], n, p=[0.5, 0.3, 0.2]),
            "profession": rng.choice(["nurse", "engineer"], n, p=[0.7, 0.3]), "income": rng.gamma(9, 4000, n).round(),
            "values": rng.choice(["family; nature", "family", "art|nature"], n), "email": "someone@example.com",
        }
    )  # fmt: skip
    people.loc[rng.random(n) < 0.2, "city"] = None
    return people.sample(frac=1, random_state=seed, ignore_index=True)


def orders_of(customers, seed=0):
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(len(customers)), customers["n_orders"])
    start = AS_OF - pd.to_timedelta(rng.integers(0, 700, len(rows)), unit="D")
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy()[rows], "order_id": np.arange(len(rows)),
            "date": start.normalize() + pd.to_timedelta(rng.choice([9, 18], len(rows), p=[0.3, 0.7]), unit="h"),
            "amount": rng.gamma(3, 10, len(rows)).round(2), "quantity": rng.integers(1, 4, len(rows)),
            "category": rng.choice(["tea", "coffee"], len(rows), p=[0.8, 0.2]), "channel": rng.choice(["web", "store"], len(rows), p=[0.7, 0.3]),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    customers = shop()
    return customers, crowd(customers), orders_of(customers)


@pytest.fixture(scope="module")
def personas(tables):
    customers, people, orders = tables
    return sc.build_personas(customers, attributes=people, transactions=orders, currency="EUR")


def test_every_observed_number_equals_a_plain_group_by(personas, tables):
    customers, people, orders = tables
    joined = customers.merge(people, on="customer_id")
    birthday_to_come = joined.birth_date.map(lambda day: (day.month, day.day) > (AS_OF.month, AS_OF.day))
    joined["age"] = AS_OF.year - joined.birth_date.dt.year - birthday_to_come
    for card in personas:
        mine = joined[joined.segment == card.key]
        log = orders[orders.customer_id.isin(mine.customer_id)]
        assert card.n == len(mine)
        assert card.field("age").value == mine.age.median()
        assert card.field("income").value == mine.income.median()
        assert (card.field("income").low, card.field("income").high) == tuple(
            mine.income.quantile([0.25, 0.75])
        )
        city = card.field("city")
        assert city.value == mine.city.mode()[0]
        assert city.share == pytest.approx(mine.city.value_counts(normalize=True).max())
        assert (city.n, city.coverage) == (mine.city.notna().sum(), pytest.approx(mine.city.notna().mean()))
        assert card.field("values").value == "family" or card.field("values").value == "nature"
        assert card.field("values").share == pytest.approx(
            mine["values"].str.contains(card.field("values").value).mean()
        )
        assert card.field("revenue").value == pytest.approx(mine.revenue.sum())
        assert card.field("share_of_revenue").value == pytest.approx(
            mine.revenue.sum() / joined.revenue.sum()
        )
        assert card.field("average_order_value").value == pytest.approx(
            mine.revenue.sum() / mine.n_orders.sum()
        )
        assert card.field("lifetime_value").value == pytest.approx(mine.lifetime_value.mean())
        assert card.field("lifetime_value").high == pytest.approx(mine.lifetime_value_high.median())
        back = mine[mine.frequency > 0]
        if len(back) >= 10:
            gaps = (back.last_order - back.first_order).dt.days / back.frequency
            assert card.field("rhythm").value == pytest.approx(gaps.median())
        assert card.field("channel").share == pytest.approx(
            (log.channel == card.field("channel").value).mean()
        )
        assert card.field("hour").share == pytest.approx(
            (log.date.dt.hour == card.field("hour").value).mean()
        )
        assert card.field("category").share == pytest.approx((log.category == "tea").mean())
        assert card.field("price_level").value == pytest.approx(log.amount.sum() / log.quantity.sum())


def test_cards_are_ordered_by_revenue_and_found_by_key_or_place(personas, tables):
    revenue = tables[0].groupby("segment").revenue.sum().sort_values(ascending=False)
    assert [card.key for card in personas] == list(revenue.index)
    assert personas[0] is personas[revenue.index[0]]
    assert len(personas) == 3
    with pytest.raises(sc.SegmentClientError, match="groups: "):
        personas["lost"]
    with pytest.raises(sc.SegmentClientError, match="fields: name, "):
        personas[0].field("shoe_size")


def test_row_order_and_engine_do_not_matter_and_nothing_is_changed(tables):
    customers, people, orders = tables
    before = [table.copy() for table in tables]
    expected = sc.build_personas(customers, attributes=people, transactions=orders).to_frame()
    shuffled = [table.sample(frac=1, random_state=3) for table in tables]
    lazy = [pl.from_pandas(table).lazy() for table in tables]
    relations = [duckdb.from_df(table) for table in tables]
    for one, two, three in (shuffled, lazy, relations):
        got = sc.build_personas(one, attributes=two, transactions=three).to_frame()
        pd.testing.assert_frame_equal(got, expected)
    for table, copy in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_every_field_has_its_provenance(personas):
    table = personas.to_frame()
    assert set(table.provenance) == {"observed", "deduced", "to_complete"}
    observed = table[table.provenance == "observed"]
    assert (observed.statistic != "").all()
    assert (observed.n > 0).all()
    assert observed.coverage.between(0, 1).all()
    deduced = table[table.provenance == "deduced"]
    assert (deduced.rule != "").all()
    blank = table[table.provenance == "to_complete"]
    assert (blank.text == "").all()
    assert blank.value.isna().all()
    assert (blank.rule != "").all()
    assert {"needs", "brakes", "motivations"} <= set(blank.field)
    assert table.loc[table.field == "name", "rule"].str.startswith("fictional").all()


def test_small_groups_are_not_described(tables):
    customers, people, _ = tables
    customers = customers.assign(segment=np.where(customers.index < 4, "vip", customers.segment))
    card = sc.build_personas(customers, attributes=people)["vip"]
    assert not card.described
    assert (card.fields, card.name, card.story) == ((), "", ())
    assert card.tagline == "Group too small to be described: 4 customers (fewer than 10)."
    assert sc.build_personas(customers, attributes=people, min_size=4)["vip"].described


def test_a_field_known_for_too_few_is_to_complete(tables):
    customers, people, _ = tables
    rare = people.assign(city=people.city.where(people.index % 10 == 0))
    card = sc.build_personas(customers, attributes=rare)["at_risk"]
    assert card.field("city").provenance == "to_complete"
    assert "of the group" in card.field("city").rule
    known = sc.build_personas(customers, attributes=rare, min_coverage=0.0)["at_risk"].field("city")
    assert known.provenance == "observed"


def test_two_heaps_are_two_profiles_not_an_average(tables):
    customers, people, _ = tables
    rng = np.random.default_rng(1)
    age = np.where(
        rng.random(len(people)) < 0.55, rng.normal(27, 3, len(people)), rng.normal(66, 3, len(people))
    ).round()
    field = sc.build_personas(customers, attributes=people.drop(columns="birth_date").assign(age=age))[
        "at_risk"
    ].field("age")
    assert field.statistic == "two_groups"
    assert field.profiles[0] == pytest.approx(27, abs=2)
    assert field.profiles[1] == pytest.approx(66, abs=2)
    assert field.text.startswith("two profiles: 27 years (")


def test_the_story_keeps_to_one_person_who_may_exist(tables):
    """Retired people are the largest profession, but nobody near the typical age of the main group is retired."""
    customers, people, _ = tables
    customers = customers.assign(segment="all")
    rng = np.random.default_rng(2)
    old = rng.random(len(people)) < 0.45
    jobs = np.where(old, "retired", rng.choice(["nurse", "cook", "clerk"], len(people)))
    people = people.drop(columns="birth_date").assign(
        age=np.where(old, 70, 30) + rng.integers(-4, 5, len(people)), profession=jobs
    )
    card = sc.build_personas(customers, attributes=people)[0]
    assert card.field("profession").value == "retired"
    assert "retired" not in card.paragraph
    assert "30 years old (or 69: two profiles)" in card.paragraph


def test_the_story_tells_no_answer_that_its_field_does_not_put_first():
    """Near the median age most live with children, but in the whole group more live without."""
    ages = [*range(36, 46), *range(20, 30), *range(70, 80)] * 4
    homes = ["couple avec enfants"] * 10 + ["couple sans enfant"] * 7 + ["couple avec enfants"] * 3
    homes = (homes + ["couple sans enfant"] * 10) * 4
    customers = pd.DataFrame({"customer_id": range(120), "segment": "a", "age": ages, "household": homes})
    card = sc.build_personas(customers)[0]
    assert card.field("household").value == "couple sans enfant"
    assert "with a partner" not in card.story[0]
    jobs = [f"job {number % 12}" for number in range(119)] + ["job 3"]
    spread = sc.build_personas(customers.assign(profession=jobs))[0]
    assert spread.field("profession").statistic == "spread"
    assert "job" not in spread.story[0]


def test_an_order_made_in_two_places_is_known_once():
    customers = pd.DataFrame({"customer_id": range(20), "segment": "a"})
    log = pd.DataFrame(
        {
            "customer_id": [*range(20), *range(20)],
            "date": pd.Timestamp("2025-03-01"),
            "amount": 10.0,
            "channel": ["web"] * 20 + ["store"] * 15 + [None] * 5,
            "category": ["tea"] * 10 + [None] * 30,
        }
    )
    card = sc.build_personas(customers, transactions=log)[0]
    channel, category = card.field("channel"), card.field("category")
    assert (channel.n, channel.coverage, channel.text) == (
        20,
        1.0,
        "two profiles: online (57%) or store (43%)",
    )
    assert (category.n, category.coverage, category.text) == (10, 0.5, "tea (100%)")


def test_a_channel_says_whether_it_is_of_orders_or_of_customers(tables):
    customers, people, log = tables
    alone = sc.build_personas(customers, attributes=people.assign(channel="store"))[0]
    both = sc.build_personas(
        customers, attributes=people.assign(channel="store"), transactions=log.assign(channel="web")
    )[0]
    assert (alone.field("channel").label, both.field("channel").label) == ("Channel", "Order channel")


def test_ages_are_counted_at_the_day_of_the_data():
    customers = pd.DataFrame(
        {
            "customer_id": range(20),
            "segment": "a",
            "last_order": pd.Timestamp("2001-03-01"),
            "days_since_last_order": 30.0,
        }
    )
    people = pd.DataFrame({"customer_id": range(20), "birth_date": pd.Timestamp("1961-03-31")})
    card = sc.build_personas(customers, attributes=people)[0]
    assert card.field("age").value == 40
    earlier = sc.build_personas(customers, attributes=people, as_of="2001-03-30")[0]
    assert earlier.field("age").value == 39
    years = people.assign(birth_date=1961).rename(columns={"birth_date": "Year_Birth"})
    assert sc.build_personas(customers, attributes=years)[0].field("age").value == 40
    undated = customers[["customer_id", "segment"]]
    with pytest.warns(sc.SegmentClientWarning, match="give as_of="):
        card = sc.build_personas(undated, attributes=years)[0]
    assert card.field("age").provenance == "to_complete"


def test_impossible_ages_are_set_aside_and_counted(tables):
    customers, people, _ = tables
    odd = people.drop(columns="birth_date").assign(age=[-3, 400, *[40] * (len(people) - 2)])
    result = sc.build_personas(customers, attributes=odd)
    assert all(card.field("age").value == 40 for card in result)
    assert result.notes == ("2 ages outside 0 to 110 were set aside",)


@pytest.mark.parametrize(
    ("given", "mapping"),
    [("Date de naissance", None), ("dob", None), ("naissance_client", {"birth_date": "naissance_client"})],
)
def test_columns_go_by_many_names(tables, given, mapping):
    customers, people, _ = tables
    renamed = people.rename(columns={"birth_date": given, "sex": "Sexe", "city": "Ville"})
    result = sc.build_personas(customers, attributes=renamed, columns=mapping)
    plain = sc.build_personas(customers, attributes=people)
    for key in ("age", "sex", "city"):
        assert result[0].field(key).value == plain[0].field(key).value


def test_attributes_may_stand_in_the_customers_table(tables):
    customers, people, _ = tables
    joined = customers.merge(people, on="customer_id", how="left")
    got, expected = sc.build_personas(joined)[0], sc.build_personas(customers, attributes=people)[0]
    assert got.field("city").value == expected.field("city").value
    assert (
        sc.build_personas(joined.rename(columns={"city": "place"}), columns={"city": "place"})[0]
        .field("city")
        .text
        == got.field("city").text
    )


def test_companies_have_cards_of_their_own():
    rng = np.random.default_rng(0)
    n = 60
    customers = pd.DataFrame({"customer_id": range(n), "segment": "a", "revenue": 10.0, "n_orders": 2})
    people = pd.DataFrame(
        {
            "customer_id": range(n), "customer_type": rng.choice(["B2B", "B2C"], n, p=[0.8, 0.2]), "sector": "Restaurants",
            "headcount": 12.0, "city": "Lyon", "contact_role": "Buyer", "age": 40,
        }
    )  # fmt: skip
    card = sc.build_personas(customers, attributes=people)[0]
    assert card.kind == "company"
    assert card.field("headcount").value == 12
    assert "employs 12 people" in card.paragraph
    assert "years old" not in card.paragraph
    with pytest.raises(sc.SegmentClientError):
        card.field("age")


@pytest.mark.slow
def test_permuted_attributes_give_no_trait_beyond_the_promised_rate(tables):
    customers, people, _ = tables
    rng = np.random.default_rng(5)
    table = people.drop(columns=["customer_id", "birth_date", "email"])
    false = 0
    for _ in range(100):
        shuffled = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
        false += bool(find_traits(customers.segment, shuffled, {"values": "several"}, described=SEGMENTS))
    assert false <= 11  # 5 % each: more than 11 of 100 has a probability under 0.5 %


def test_a_real_difference_is_found_with_its_lift(tables):
    customers, people, _ = tables
    best = people.customer_id.isin(customers.customer_id[customers.segment == "champions"])
    people = people.assign(profession=np.where(best, "doctor", people.profession))
    card = sc.build_personas(customers, attributes=people)["champions"]
    trait = next(trait for trait in card.traits if trait.value == "doctor")
    assert "<li>Profession, doctor: 100%" in card._repr_html_()
    share = (people.profession == "doctor").mean()
    assert (trait.attribute, trait.value, trait.typical) == ("profession", "doctor", 1.0)
    assert trait.everyone == pytest.approx(share)
    assert trait.lift == pytest.approx(1 / share)
    assert trait.n == best.sum()
    assert trait.p_value < 1e-6


def test_the_nearest_real_customer_is_shown_without_being_singled_out(tables):
    customers, people, _ = tables
    card = sc.build_personas(customers, attributes=people, person="real")["at_risk"]
    shown = {field.key: field for field in card.fields if field.statistic == "nearest"}
    assert shown
    joined = customers.merge(people, on="customer_id").query("segment == 'at_risk'")
    alike = np.ones(len(joined), dtype=bool)
    standard = joined.assign(sex=joined.sex.map({"F": "female", "M": "male"}))
    for key, field in shown.items():
        if key != "age":
            alike &= (standard[key] == field.value).to_numpy()
    assert alike.sum() >= 10
    assert not any(str(one) in card.paragraph for one in joined.customer_id)


def test_names_are_always_the_same_and_suit_sex_and_generation():
    assert draw_name("champions", sex="female", birth_year=1955, country="FR") in {
        "Martine", "Françoise", "Chantal", "Brigitte", "Annie", "Christiane"
    }  # fmt: skip
    first = draw_name("loyal", sex="male", birth_year=1990, country="GB")
    assert first == draw_name("loyal", sex="male", birth_year=1990, country="GB")
    assert draw_name("loyal", sex="male", birth_year=1990, country="GB", taken={first}) != first
    taken: set[str] = set()
    for number in range(25):
        taken.add(draw_name(str(number), sex="female", birth_year=1990, country="FR", taken=taken))
    assert len(taken) == 25
    assert country_of("Royaume-Uni", "fr") == "GB"
    assert country_of(None, "fr") == "FR"
    assert initials("Jean-Pierre") == "JP"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"by": "cluster"}, "column 'cluster' is missing"),
        ({"by": "customer_id"}, "a group of each customer; accepted: a column of groups, such as 'segment'"),
        ({"min_size": 0}, "min_size=0"),
        ({"min_coverage": 2}, "min_coverage=2"),
        ({"person": "average"}, "accepted: 'typical', 'real'"),
        ({"as_of": "soon"}, "expected a date"),
        ({"lang": "de"}, "accepted: 'en', 'fr'"),
        ({"columns": {"birthdate": "dob"}}, "'birthdate' is not an attribute; did you mean 'birth_date'"),
        ({"columns": {"city": "town_name"}}, "column 'town_name' is missing"),
    ],
)
def test_mistakes_get_one_error_of_ours(tables, change, message):
    customers, people, _ = tables
    options = {"by": "segment", "attributes": people, **change}
    with pytest.raises(sc.SegmentClientError, match=message):
        sc.build_personas(customers, **options)


def test_keys_that_cannot_match_get_one_error_of_ours(tables):
    customers, people, orders = tables
    with pytest.raises(sc.ColumnError, match="give both the same type"):
        sc.build_personas(customers, attributes=people.assign(customer_id=range(len(people))))
    with pytest.raises(sc.ColumnError, match="compare how the two tables write them"):
        sc.build_personas(
            customers, attributes=people.assign(customer_id="x" + people["customer_id"].astype(str))
        )
    with pytest.raises(sc.ColumnError, match="join_people"):
        sc.build_personas(customers, attributes=pd.concat([people, people.head(3)]))
    with pytest.raises(sc.ColumnError, match="same type"):
        sc.build_personas(customers, transactions=orders.assign(customer_id=1))
    with pytest.raises(sc.ColumnError, match="column 'date' is missing"):
        sc.build_personas(customers, transactions=orders.drop(columns="date"))


def test_customers_without_a_group_are_left_out(tables):
    customers, people, _ = tables
    part = customers.assign(segment=customers.segment.where(customers.index >= 100))
    result = sc.build_personas(part, attributes=people)
    assert result.n_customers == 500
    assert result.notes == ("100 customers without a segment were left out",)
    assert sum(card.n for card in result) == 500


def test_cards_show_themselves_and_are_saved_whole(personas, tmp_path):
    html = personas._repr_html_()
    assert html.count("<article") == 3
    assert "prefers-color-scheme: dark" in html
    assert "<svg" in html
    assert "http" not in html
    assert personas[0]._repr_html_().count("<article") == 1
    assert "## " in personas.to_markdown()
    page = personas.save(tmp_path / "deep" / "personas.html")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    personas.save(tmp_path / "deep" / "personas.md")
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["personas.html", "personas.md"]
    with pytest.raises(sc.SegmentClientError, match=r"accepted: \.html, \.pdf, \.png, \.md"):
        personas.save(tmp_path / "personas.docx")
    (tmp_path / "x.html").mkdir()
    with pytest.raises(sc.SegmentClientError, match="it is a folder"):
        personas.save(tmp_path / "x.html")


def test_without_a_browser_pictures_get_an_error_that_helps(personas, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(sc.SegmentClientError, match="Chromium"):
        personas.save(tmp_path / "cards.png")
    assert not list(tmp_path.iterdir())


def test_hostile_text_is_escaped(tables):
    customers, people, _ = tables
    card = sc.build_personas(customers, attributes=people.assign(city="<script>alert(1)</script>"))
    assert "<script>" not in card._repr_html_()
    assert r"\<script\>" in card.to_markdown()


def test_private_columns_never_reach_a_card(personas):
    assert "example.com" not in personas._repr_html_()
    assert not personas.to_frame().text.str.contains("@").any()


def test_extreme_customers_still_get_cards():
    one = pd.DataFrame({"customer_id": [1], "segment": ["new"]})
    card = sc.build_personas(one, min_size=1)[0]
    assert card.n == 1
    assert card.described
    prospects = pd.DataFrame(
        {
            "customer_id": range(12),
            "segment": "prospects",
            "n_orders": 0,
            "revenue": 0.0,
            "first_order": pd.NaT,
            "last_order": pd.NaT,
            "frequency": np.nan,
        }
    )
    assert "has not bought anything yet" in sc.build_personas(prospects)[0].paragraph
    empty = prospects.head(0)
    assert len(sc.build_personas(empty)) == 0
    assert sc.build_personas(empty)._repr_html_()


def test_as_of_may_be_a_date(tables):
    customers, people, _ = tables
    assert (
        sc.build_personas(customers, attributes=people, as_of=dt.date(2035, 6, 30))[0].field("age").value > 30
    )


def test_a_wide_marketing_table_is_understood():
    """Birth years, income, and spending by product and purchases by channel in columns of their own."""
    rng = np.random.default_rng(3)
    n = 300
    people = pd.DataFrame(
        {
            "customer_id": range(n),
            "Year_Birth": rng.integers(1945, 1995, n),
            "Education": rng.choice(["PhD", "Master"], n, p=[0.3, 0.7]),
            "Marital_Status": rng.choice(["Married", "Single"], n, p=[0.7, 0.3]),
            "Income": rng.normal(50_000, 9_000, n).round(),
            "MntWines": rng.gamma(1, 300, n).round(),
            "MntMeatProducts": rng.gamma(1, 100, n).round(),
            "NumWebPurchases": rng.poisson(3, n),
            "NumStorePurchases": rng.poisson(7, n),
        }
    )
    customers = pd.DataFrame({"customer_id": range(n), "cluster": rng.integers(0, 2, n)})
    cards = sc.build_personas(customers, by="cluster", attributes=people, as_of="2014-06-30")
    for card in cards:
        mine = people[customers.cluster == card.key]
        assert card.label == f"Group {card.key}"
        assert card.field("age").value == 2014 - mine.Year_Birth.median()
        assert card.field("income").value == mine.Income.median()
        assert card.field("education").share == pytest.approx((mine.Education == "Master").mean())
        money = mine[["MntWines", "MntMeatProducts"]].sum()
        assert card.field("category").value == "wines"
        assert card.field("category").share == pytest.approx(money["MntWines"] / money.sum())
        bought = mine[["NumWebPurchases", "NumStorePurchases"]].sum()
        assert card.field("channel").value == "store"
        assert card.field("channel").share == pytest.approx(bought["NumStorePurchases"] / bought.sum())


def test_birth_years_given_as_dates_get_an_error_that_helps(tables):
    customers, people, _ = tables
    with pytest.raises(sc.ColumnError, match=r'columns=\{"birth_year": \'birth_date\'\}'):
        sc.build_personas(customers, attributes=people.assign(birth_date=1980))


def test_the_rank_test_is_the_published_one():
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(0)
    groups = pd.Series(rng.choice(["a", "b"], 200, p=[0.3, 0.7]))
    score = pd.Series(
        np.where(groups == "a", rng.integers(2, 8, 200), rng.integers(1, 6, 200)).astype(float), name="score"
    )
    [trait] = find_traits(groups, score.to_frame(), {}, described=["a"])
    expected = mannwhitneyu(score[groups == "a"], score[groups == "b"], method="asymptotic")
    assert trait.p_value == pytest.approx(expected.pvalue)
    assert trait.lift == pytest.approx(expected.statistic / (sum(groups == "a") * sum(groups == "b")))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_pictures_and_pdf_are_written_by_a_browser(personas, tmp_path):
    assert personas.save(tmp_path / "cards.pdf").read_bytes().startswith(b"%PDF")
    assert personas.save(tmp_path / "cards.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cards.pdf", "cards.png"]


@pytest.mark.parametrize("odd", [[1, 2], {"a": 1}])
def test_ids_of_people_that_cannot_be_compared_are_one_error(odd):
    customers = pd.DataFrame({"customer_id": [f"c{n}" for n in range(60)], "lifetime_value": range(60)})
    people = pd.DataFrame({"customer_id": [odd] * 60, "age": range(20, 80)})
    with pytest.raises(sc.ColumnError, match="customer_id"):
        sc.ideal_customer(customers, people)


def test_orders_without_a_date_are_no_orders_of_a_moment():
    day = pd.Timestamp("2026-01-03")
    customers = pd.DataFrame(
        {"customer_id": [f"c{n}" for n in range(12)], "segment": "a", "n_orders": 1, "revenue": 5.0}
    )
    log = pd.DataFrame(
        {"customer_id": customers["customer_id"], "date": [day] * 9 + [None] * 3, "amount": 5.0}
    )
    cards = sc.build_personas(customers, transactions=log, as_of="2026-02-01")
    assert len(cards) == 1


def test_binary_data_say_nothing_of_a_person():
    customers = pd.DataFrame(
        {"customer_id": range(40), "segment": ["a", "b"] * 20, "n_orders": 1, "revenue": 5.0}
    )
    people = pd.DataFrame({"customer_id": range(40), "age": 30, "photo": [b"\xfd\xff"] * 40})
    assert len(sc.build_personas(customers, attributes=people, as_of="2026-02-01")) == 2


def weights_of(money):
    """Two groups of 20 customers with one order each, of which the first has the money given."""
    table = pd.DataFrame({"customer_id": range(40), "segment": ["a"] * 20 + ["b"] * 20, "n_orders": 1})
    return sc.build_personas(table.assign(revenue=np.repeat(money, 20)), currency="EUR")


@pytest.mark.parametrize("money", [(0.3, -0.3), (0.1 + 0.2, -0.3), (-2.0, -1.0)])
def test_there_are_no_shares_of_nothing_and_of_a_loss(money):
    """0.1 + 0.2 − 0.3 is 6e-17: a card told of 422,212,465,065,984,050% of the revenue."""
    card = weights_of(money)["a"]
    assert np.isnan(card.field("share_of_revenue").value)
    assert card.field("share_of_revenue").text == "–"
    assert card.field("price_level").provenance == "to_complete"
    assert card.tagline == "50% of the customers"
    assert card.story[-1].endswith("50% of all customers.")


def test_orders_of_less_than_one_are_not_told_as_nothing():
    card = weights_of((0.13, 0.5))["a"]
    assert card.field("average_order_value").text == "€0.13"
    assert "for €0.13" in card.story[1]


def test_bounds_of_one_customer_do_not_stand_beside_a_mean_that_they_leave_out():
    """Of 20 customers 16 are worth 1 and four 1,000: 200.8 each, and for a typical one from 0 to 5."""
    worth = [1.0] * 16 + [1000.0] * 4
    table = pd.DataFrame({"customer_id": range(20), "segment": "a", "lifetime_value": worth})
    bounds = {"lifetime_value_low": 0.0, "lifetime_value_high": 5.0}
    uneven = sc.build_personas(table.assign(**bounds), currency="EUR")["a"].field("lifetime_value")
    assert uneven.text == "€201 a customer on average"
    assert (uneven.value, uneven.low, uneven.high) == (pytest.approx(200.8), None, None)
    assert uneven.rule.endswith("far more than most (€0 to €5)")
    even = sc.build_personas(table.assign(**bounds, lifetime_value=4.0))["a"].field("lifetime_value")
    assert (even.text, even.low, even.high) == ("4 a customer (0 to 5)", 0.0, 5.0)


def test_traits_name_whole_answers_without_decimals():
    table = pd.DataFrame({"customer_id": range(80), "segment": ["a"] * 40 + ["b"] * 40})
    people = table[["customer_id"]].assign(member=[1.0] * 39 + [np.nan] + [0.0] * 40)
    assert {trait.value for card in sc.build_personas(table, attributes=people) for trait in card.traits} == {
        "0",
        "1",
    }


@pytest.mark.parametrize("absurd", [1e300, np.inf, -np.inf, 1e16])
def test_numbers_that_nobody_has_are_set_aside(absurd):
    customers = pd.DataFrame({"customer_id": range(40), "segment": "loyal", "revenue": 10.0, "n_orders": 2})
    incomes = [absurd, *[30_000.0] * 39]
    people = pd.DataFrame({"customer_id": range(40), "income": incomes, "spend_shoes": incomes})
    with warnings.catch_warnings(action="error"):
        personas = sc.build_personas(customers, attributes=people, currency="EUR")
        personas._repr_html_()
    assert "values of income beyond 1e+15 were set aside: 1" in personas.notes
    plain = sc.build_personas(
        customers,
        attributes=people.assign(income=[None, *incomes[1:]], spend_shoes=[None, *incomes[1:]]),
        currency="EUR",
    )
    pd.testing.assert_frame_equal(personas.to_frame(), plain.to_frame())


def test_segments_that_are_true_or_false_are_told_as_their_words(tables):
    customers, people = tables[:2]
    recent = customers["days_since_last_order"] < customers["days_since_last_order"].median()
    found = [
        sc.build_personas(customers.assign(segment=labels), attributes=people).to_frame().astype(str)
        for labels in (recent, recent.map({True: "True", False: "False"}))
    ]
    pd.testing.assert_frame_equal(*found)
