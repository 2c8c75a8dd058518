"""The numbers of the report against plain arithmetic, and what a report says of them."""

import datetime as dt

import pandas as pd
import pytest

import segmentclient as sc
from segmentclient import plot
from segmentclient.plot import style
from segmentclient.report import page
from segmentclient.report.charts import tints
from segmentclient.report.content import UNNAMED, gather
from segmentclient.report.figures import key_figures
from segmentclient.report.former import against
from segmentclient.report.movement import movement
from segmentclient.report.page import Sources, _cards
from segmentclient.report.perimeter import note_sentences
from segmentclient.report.plan import lead_actions, plan
from segmentclient.report.story import lead_moving, lead_who, segment_stories
from segmentclient.report.tables import away_table, cut_table, score_table, segment_table, value_table
from segmentclient.report.terms import checked_terms, horizon_of, term_facts
from segmentclient.report.words import words
from segmentclient.shown import GREY, OTHERS, may_be_told


@pytest.fixture
def customers():
    return pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "segment": ["loyal", "loyal", "new", "new", "prospects", None],
            "n_orders": [4, 2, 1, 1, 0, 3],
            "revenue": [400.0, 100.0, 30.0, 20.0, 0.0, 50.0],
            "days_since_last_order": [10.0, 12.0, 5.0, 15.0, None, 300.0],
            "first_order": pd.to_datetime(
                ["2025-01-01", "2025-03-01", "2026-01-26", "2026-01-16", None, "2024-01-01"]
            ),
            "last_order": pd.to_datetime(
                ["2026-01-21", "2026-01-01", "2026-01-26", "2026-01-16", None, "2025-04-06"]
            ),
        }
    )


def test_totals_are_plain_arithmetic(customers):
    totals = gather(customers, by="segment").totals
    assert (totals["customers"], totals["buyers"], totals["orders"], totals["revenue"]) == (6, 5, 11, 600.0)
    assert totals["repeat_share"] == pytest.approx(3 / 5)
    assert totals["average_order"] == pytest.approx(600 / 11)
    assert totals["top_share"] == pytest.approx(400 / 600)
    assert (totals["first_day"], totals["last_day"]) == (dt.date(2024, 1, 1), dt.date(2026, 1, 26))
    assert totals["as_of"] == dt.date(2026, 1, 31)


def test_segments_are_plain_group_bys_in_order_of_revenue(customers):
    table = gather(customers, by="segment").segments
    assert list(table.index) == ["loyal", "new", UNNAMED, "prospects"]
    assert table.loc["loyal", ["customers", "revenue", "orders"]].tolist() == [2, 500.0, 6]
    assert table.loc["new", "repeat_share"] == 0
    assert table["customer_share"].sum() == pytest.approx(1)
    assert table["revenue_share"].sum() == pytest.approx(1)


def test_shares_of_nothing_are_missing(customers):
    content = gather(customers.assign(revenue=0.0), by="segment")
    assert content.segments["revenue_share"].isna().all()
    assert all("nan" not in figure.value for figure in key_figures(content, words("fr", "EUR")))


def test_five_numbers_each_with_comparison_and_meaning(customers):
    figures = key_figures(gather(customers, by="segment"), words("en", "EUR"))
    assert len(figures) == 5
    assert all(figure.value and figure.comparison and figure.meaning for figure in figures)
    assert [figure.value for figure in figures][:4] == ["6", "€600", "€54.55", "60.0%"]


def test_a_former_period_is_compared(customers):
    before = customers.assign(revenue=customers["revenue"] / 2)
    content = gather(customers, by="segment", previous=before)
    revenue = key_figures(content, words("en", None))[1]
    assert (revenue.comparison, revenue.tone) == ("+100% against the previous period", "up")


def test_simulated_totals_take_the_place_of_sums(customers):
    predicted = customers.assign(lifetime_value=10.0)
    values = pd.DataFrame(
        {
            "segment": ["loyal", "new", "total"],
            "lifetime_value": [20.0, 20.0, 60.0],
            "lifetime_value_low": [5.0, 6.0, 40.0],
            "lifetime_value_high": [50.0, 60.0, 90.0],
        }
    )
    content = gather(predicted, by="segment", values=values)
    assert content.segments.loc["new", ["value_low", "value_high"]].tolist() == [6, 60]
    future = key_figures(content, words("fr", None))[4]
    assert future.comparison == "très probablement entre 40,00 et 90,00"


def _base():
    """Twenty customers of 10 to 29, and three who brought 7,000 each."""
    return pd.DataFrame(
        {
            "customer_id": range(23),
            "segment": ["many"] * 20 + ["few"] * 3,
            "n_orders": [1] * 20 + [7] * 3,
            "revenue": [*range(10, 30), *[7000] * 3],
            "days_since_last_order": [50] * 20 + [7] * 3,
            "m_score": [1] * 10 + [2] * 10 + [3] * 3,
            "lifetime_value": 7.0,
        }
    ).astype({"revenue": float})


def _more():
    """The base, and two larger segments: the smallest of all the others is "many"."""
    larger = [
        _base().head(20).assign(segment=name, revenue=40.0 + n) for n, name in enumerate(["more", "most"])
    ]
    return pd.concat([_base(), *larger, larger[1]], ignore_index=True).assign(customer_id=range(83))


def test_of_fewer_than_ten_customers_no_amount_average_or_median_is_told():
    content, say = gather(_base(), by="segment"), words("en", None)
    tints = dict.fromkeys(content.segments.index, "#000000")
    row = segment_table(content, say, tints).rows[0]
    assert [cell.text for cell in row] == ["few", "3", "13.0%", "–", "–", "–", "–", "–", "–"]
    assert [cell.text for cell in value_table(content, say, tints).rows[0]] == ["few", "–", "–", "–"]
    assert segment_stories(content, say)[0].facts == "3 customers, 13.0% of the base."
    assert [cell.text for cell in away_table(content, say).rows[0][3:]] == ["–", "–"]
    before, after = _base().assign(revenue=1.0), _base().assign(segment=["many"] * 23)
    assert [row[3].text for row in movement(content, say, before, after, "segment").flows.rows] == ["–"]
    small = gather(_base().tail(8), by="segment")
    assert segment_table(small, say, tints).rows[0][3].text == "21,000"


def test_the_total_less_all_the_others_tells_nobodys_amount():
    content, say = gather(_more(), by="segment"), words("en", None)
    assert content.told.to_dict() == {"few": False, "most": True, "more": True, "many": False}
    tints = dict.fromkeys(content.segments.index, "#000000")
    tables = segment_table(content, say, tints), value_table(content, say, tints)
    for table in tables:
        assert [cells[3].text == "–" for cells in table.rows] == [True, False, False, True]
        assert all(cell.share is None for cells in table.rows for cell in cells[3:] if cell.text == "–")
    assert content.charted["segment"].value_counts().to_dict() == {"most": 40, OTHERS: 23, "more": 20}
    assert lead_who(content, say).count("revenue") == 1
    assert "21,0" not in " ".join(story.facts for story in segment_stories(content, say))
    assert not any("of revenue" in duty.value for duty in plan(content, say) if "few" in duty.segments)
    moves = movement(content, say, _more().assign(revenue=1.0), _more().iloc[3:], "segment").moves
    assert [row[3].text for row in moves.rows] == ["–"] * len(moves.rows)


def test_charts_of_very_many_segments_show_the_largest_and_the_others_together():
    """Two hundred rows are no chart: tables hold them all, charts the 29 that bring most."""
    names = [f"s{number:03}" for number in range(200)]
    many = pd.concat(
        [_base().head(20).assign(segment=name, revenue=1000.0 - n) for n, name in enumerate(names)]
    )
    content, say = gather(many.assign(customer_id=range(len(many))), by="segment"), words("en", None)
    assert set(content.charted["segment"]) == {*names[:29], OTHERS}
    assert content.charted["revenue"].sum() == content.customers["revenue"].sum()
    colours = tints(content)
    assert len(segment_table(content, say, colours).rows) == 200
    assert {colours[name] for name in names[29:]} == {GREY}
    drawn = style.colours([*names[:29], OTHERS])
    assert all(colours[name] == drawn[name] for name in names[:29])
    note = page._by_note(content, say)
    assert "Charts show the 29 segments of the largest revenue, and the others together" in note
    for chart in ("segment_treemap", "share_pairs"):
        assert plot.finding(chart, content.charted).startswith("s000: 1% of customers, ")
    thirty = gather(many[many["segment"] < "s030"], by="segment")
    assert thirty.drawn.all()
    assert "Charts show" not in page._by_note(thirty, say)


def test_no_card_tells_what_the_page_does_not():
    content, say = gather(_more(), by="segment"), words("en", "EUR")
    personas = sc.build_personas(_more(), currency="EUR")
    cards = _cards(Sources(_more(), personas=personas), content, say)
    told = [part.split("</article>")[0] for part in cards.split("<article")[1:]]
    described = {card.key: "sc-blocks" in part for card, part in zip(personas, told, strict=True)}
    assert described == {"few": False, "many": False, "more": True, "most": True}
    assert {card.key: card.described for card in personas}["many"]
    assert "Not described: the figures of a smaller segment" in cards


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([20, 12, 10], [True, True, True]),
        ([20, 12, 9], [True, False, False]),
        ([20, 12, 9, 1], [True, True, False, False]),
        ([12, 20, 12, 3, 0], [True, True, False, False, False]),
        ([20, 3], [False, False]),
        ([9, 3, 0], [True, True, False]),
        ([], []),
    ],
)
def test_which_groups_may_be_told(counts, told):
    assert may_be_told(counts).tolist() == told


def test_a_comparison_of_two_groups_needs_both_to_be_many():
    say = words("en", None)
    assert key_figures(gather(_base(), by="segment"), say)[2].comparison == ""
    many = pd.concat([_base(), *[_base().tail(3)] * 3], ignore_index=True)
    assert "where people came back" in key_figures(gather(many, by="segment"), say)[2].comparison


def test_bounds_of_amounts_are_those_of_the_scores_and_no_customers_own():
    table = score_table(gather(_base(), by="segment"), words("en", "EUR"))
    assert [row[1].text for row in table.rows] == [
        "above €29.00",
        "above €19.00, up to €29.00",
        "up to €19.00",
    ]


def test_a_score_that_nobody_has_and_amounts_among_the_cut_points():
    class Scorer:
        def table(self):
            return pd.DataFrame(
                {
                    "axis": ["frequency", "frequency", "monetary", "monetary"],
                    "score": [1, 2, 1, 2],
                    "above": [float("nan"), 1.0, float("nan"), 59.257],
                    "up_to": [1.0, 1.0, 59.257, 130.0],
                }
            )

    rows = cut_table(Scorer(), words("en", "EUR")).rows
    assert [[cell.text for cell in row[2:]] for row in rows] == [
        ["–", "1"], ["nobody", "–"], ["–", "€59.257"], ["€59.257", "€130"],
    ]  # fmt: skip


def test_the_plan_places_each_segment_once(customers):
    content = gather(customers, by="segment")
    duties = plan(content, words("en", None))
    assert [duty.title for duty in duties] == ["Keep", "Win back", "Develop", "Meet"]
    assert sum(int(duty.value.split()[0]) for duty in duties) == 6


def test_every_segment_has_a_paragraph(customers):
    stories = segment_stories(gather(customers, by="segment"), words("fr", "EUR"))
    assert stories[0].title == "Fidèles"
    assert all(story.meaning and story.facts and story.action for story in stories)


def test_sorting_values_are_numbers_and_bars_stay_between_0_and_1(customers):
    content = gather(customers.assign(revenue=[400.0, 100, 30, 20, 0, -50]), by="segment")
    table = segment_table(content, words("en", None), dict.fromkeys(content.segments.index, "#000000"))
    bars = [cell.share for row in table.rows for cell in row if cell.share is not None]
    assert bars
    assert all(0 <= bar <= 1 for bar in bars)
    assert all(isinstance(cell.sort, int | float) for row in table.rows for cell in row[1:])


def test_movements_sum_to_the_customers(customers):
    before = customers.assign(segment=["new", "loyal", "new", "new", "prospects", "loyal"])
    found = movement(gather(customers, by="segment"), words("en", None), before, customers, "segment")
    assert sum(row[1].sort for row in found.moves.rows) == 6
    assert found.lead.startswith("2 customers known in both periods changed segment")
    assert (
        movement(gather(customers, by="segment"), words("en", None), None, customers, "segment").migration
        is None
    )


def test_movements_say_who_kept_a_segment_but_not_the_activity(customers):
    """Two of six become inactive in their own segment: four stayed in the table, six kept their segment."""
    before = customers.assign(status="active")
    after = before.assign(status=["inactive", "inactive", *["active"] * 4])
    found = movement(gather(after, by="segment"), words("en", None), before, after, "segment")
    told = {row[0].text: row[1].sort for row in found.moves.rows}
    assert told == {"Became inactive or absent": 2, "Same segment, same activity": 4}
    assert found.moves.foot[1].text == "6"
    assert "2 customers who became inactive or active again are still in the same segment" in found.note
    assert "0%" in found.lead


def test_what_can_only_rise_is_added_and_has_no_colour(customers):
    """Two states of the same orders, half a year apart, against two periods of their own."""
    now = customers.assign(first_order=pd.Timestamp("2025-01-01"), last_order=pd.Timestamp("2025-12-31"))
    now = now.assign(last_order=now["last_order"] - pd.to_timedelta(now["days_since_last_order"], unit="D"))
    state = now.assign(last_order=now["last_order"] - pd.Timedelta(days=90), revenue=now["revenue"] / 2)
    apart = state.assign(first_order=pd.Timestamp("2023-01-01"))
    say = words("en", None)
    for former, header, tone in (
        (state, "Revenue added since 2 Oct 2025", ""),
        (apart, "Change in revenue", "up"),
    ):
        content = gather(now, by="segment", previous=former)
        assert movement(content, say, former, now, "segment").moves.headers[-1] == header
        assert key_figures(content, say)[1].tone == tone


def test_movements_need_a_key(customers):
    nameless = customers.drop(columns="customer_id")
    found = movement(gather(nameless, by="segment"), words("en", None), nameless, nameless, "segment")
    assert "no customer_id" in found.note


def test_notes_are_said_once_each():
    notes = {"refund_rows": 2, "refund_amount": -30.0, "exact_duplicates_kept": 1, "customer_ids_alike": 0}
    notes["rows_of_ids_like_none"] = 1
    assert note_sentences(notes, words("en", "EUR")) == (
        "2 refund rows lower revenue by €30.00; a refund never counts as an order.",
        "1 row repeats another exactly; it was kept.",
        "1 row has an id such as “NULL” or “nan”, counted as one customer; check whether the id is missing.",
    )


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0.0, "€0"),
        (0.001, "€0"),
        (12.5, "€12.50"),
        (1234.4, "€1,234"),
        (250_000, "€250k"),
        (15_498, "€15k"),
        (999_999, "€1M"),
        (1_234_567, "€1.2M"),
        (None, "–"),
    ],
)
def test_headlines_are_short(amount, shown):
    assert words("en", "EUR").short(amount) == shown


def test_changes_carry_their_sign():
    say = words("fr", "EUR")
    assert say.change(0.123) == "+12,3\N{NO-BREAK SPACE}%"
    assert say.change(-0.5).startswith("\N{MINUS SIGN}50,0")
    assert say.change(0.0).startswith("0,0")


def test_clusters_may_be_numbers(customers):
    table = gather(customers.assign(cluster=[1.0, 1, 2, 2, 2, None]), by="cluster").segments
    assert list(table.index) == ["1", "2", UNNAMED]


def test_previous_must_hold_the_same_groups(customers):
    with pytest.raises(sc.ColumnError, match="previous: column 'segment' is missing"):
        gather(customers, by="segment", previous=customers.drop(columns="segment"))


def test_bands_of_absence_hold_every_buyer_once(customers):
    content = gather(customers, by="segment")
    table = away_table(content, words("en", None))
    assert [(row[0].text, row[1].sort, row[3].sort) for row in table.rows] == [
        ("30 days ago or less", 4, 550.0),
        ("181 to 365 days ago", 1, 50.0),
    ]
    assert away_table(gather(customers[4:5], by="segment"), words("en", None)) is None


def test_good_customers_who_leave_are_counted(customers):
    content = gather(customers.assign(p_alive=[0.4, 0.4, 0.1, 0.1, None, 0.9]), by="segment")
    told = lead_moving(content, words("en", None))
    assert "2 customers who brought in more than the typical one" in told
    assert "83% of all revenue" in told


@pytest.mark.parametrize(
    ("horizon", "english", "french"),
    [
        ("12M", "over the next 12 months", "dans les 12\N{NO-BREAK SPACE}prochains mois"),
        ("1Y", "over the next year", "dans l’année qui vient"),
        ("52W", "over the next 52 weeks", "dans les 52\N{NO-BREAK SPACE}prochaines semaines"),
        ("2027-01-31", "until 31 Jan 2027", "jusqu’au 31\N{NO-BREAK SPACE}janv. 2027"),
        ("infinite", "over their whole life as customers", "sur toute leur vie de client"),
        (None, "", ""),
    ],
)
def test_the_horizon_is_said_in_words(horizon, english, french):
    assert horizon_of({"horizon": horizon}, words("en", None)) == english
    assert horizon_of({"horizon": horizon}, words("fr", None)) == french


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "What they should still bring. A prediction, not a promise."),
        ({"horizon": "12M", "margin": 0.35}, "What they should still bring over the next 12 months, margin counted. A prediction, not a promise."),
        ({"horizon": "12M", "margin": 1.0, "service_cost": 0.0}, "What they should still bring over the next 12 months, in revenue, no margin given. A prediction, not a promise."),
        ({"margin": "margin_rate", "service_cost": 5.0}, "What they should still bring, margin and costs counted. A prediction, not a promise."),
    ],
)  # fmt: skip
def test_value_is_called_what_it_was_counted_in(customers, terms, said):
    content = gather(customers.assign(lifetime_value=10.0), by="segment")
    assert key_figures(content, words("en", None), terms)[4].meaning == said


def test_terms_are_named_and_unknown_ones_refused():
    told = dict(
        term_facts({"horizon": "6M", "margin": "margin_rate", "service_cost": 4.5}, words("en", "EUR"))
    )
    assert told["Horizon"] == "6 months"
    assert told["Margin"] == "column margin_rate"
    assert told["Service cost of a customer a year"] == "€4.50"
    with pytest.raises(sc.SegmentClientError, match="terms= holds 'margins'; accepted"):
        checked_terms({"margins": 0.3})


@pytest.mark.parametrize("change", [{"segment": "all"}, {"revenue": 0.0}])
def test_nothing_is_sorted_where_there_is_nothing_to_compare(customers, change):
    content, say = gather(customers.assign(**change), by="segment"), words("fr", "EUR")
    assert plan(content, say) == ()
    assert "segment" in lead_actions(content, say)
    assert not any("client type" in story.meaning for story in segment_stories(content, say))


def test_too_few_customers_have_no_best_fifth(customers):
    few = gather(customers.head(4), by="segment")
    assert few.totals["top_share"] != few.totals["top_share"]
    assert gather(customers.head(5), by="segment").totals["top_share"] > 0


def test_a_former_state_of_the_same_orders_is_named_by_its_day(customers):
    now = customers.assign(first_order=pd.Timestamp("2025-01-01"), last_order=pd.Timestamp("2025-12-31"))
    now = now.assign(last_order=now["last_order"] - pd.to_timedelta(now["days_since_last_order"], unit="D"))
    state = now.assign(last_order=now["last_order"] - pd.Timedelta(days=90))
    apart = state.assign(first_order=pd.Timestamp("2023-01-01"))
    say = words("en", None)
    assert against(gather(now, by="segment", previous=state), say) == "since 2 Oct 2025"
    assert against(gather(now, by="segment", previous=apart), say) == "against the previous period"


def test_people_who_never_ordered_are_not_called_buyers(customers):
    meaning = key_figures(gather(customers, by="segment"), words("en", None))[0].meaning
    assert meaning == "5 have ordered at least once. 1 has never ordered."


def test_scores_that_no_customer_has_mean_nothing(customers):
    assert "r_score" not in gather(customers.assign(r_score=float("nan")), by="segment").scores


@pytest.mark.parametrize("share", [1.5, -0.1, 1e300, float("inf")])
def test_a_probability_is_between_0_and_1(customers, share):
    with pytest.raises(sc.ColumnError, match=r"'p_alive' has 6 values that are no share; expected .* 0 to 1"):
        gather(customers.assign(p_alive=share), by="segment")


def test_nobody_knows_when_they_last_ordered_and_the_page_says_nothing_of_it(customers):
    unknown = pd.concat([customers] * 10, ignore_index=True).assign(days_since_last_order=float("nan"))
    stories = segment_stories(gather(unknown, by="segment"), words("en", None))
    assert not any("the last one" in story.facts for story in stories)


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_nullable_numbers_are_told_as_others(customers, backend):
    """Of small groups figures are left out: what is missing must be missing in the same way."""
    many = pd.concat([customers] * 6, ignore_index=True).assign(lifetime_value=[5.0, None, 3.0] * 12)
    some = many.convert_dtypes(dtype_backend=backend)
    tints = dict.fromkeys(gather(many, by="segment").segments.index, "")
    told = [
        [
            [cell.text for cell in row]
            for row in segment_table(gather(one, by="segment"), words("en", "EUR"), tints).rows
        ]
        for one in (many, some)
    ]
    assert told[0] == told[1]
    assert any("–" in row for row in told[0])


def segments_and_totals():
    customers = pd.DataFrame(
        {
            "customer_id": range(4),
            "segment": list("aabb"),
            "n_orders": [1, 2, 1, 3],
            "revenue": [10.0, 20.0, 5.0, 5.0],
            "days_since_last_order": [3, 9, 30, 2],
        }
    )
    totals = pd.DataFrame(
        {"segment": ["a", "b", "total"], "customers": [2, 2, 4], "lifetime_value": [30.0, 10.0, 40.0]}
    )
    return customers, totals.assign(lifetime_value_low=1.0, lifetime_value_high=99.0)


def test_totals_tell_shares_where_customers_have_no_value_of_their_own():
    customers, totals = segments_and_totals()
    found = gather(customers, by="segment", values=totals)
    assert found.segments["value_share"].to_dict() == {"a": 0.75, "b": 0.25}


def test_totals_of_more_customers_than_the_table_holds_are_refused():
    customers, totals = segments_and_totals()
    with pytest.raises(sc.ColumnError, match="'b' counts 2 customers, and the table 1"):
        gather(customers.head(3), by="segment", values=totals)
