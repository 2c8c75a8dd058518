"""Every chart carries its table's numbers, says its finding in both languages, and has words for each sentence."""

import ast
import datetime as dt
import inspect
import io
from importlib import resources
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from babel.messages import pofile
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

import segmentclient as sc
from segmentclient import plot
from segmentclient.errors import ColumnError
from segmentclient.locale import language
from segmentclient.plot import palette
from segmentclient.plot.words import CHARTS

RULER = np.random.default_rng(11)
FEATURES = ["days_since_last_order", "n_orders", "revenue"]


@pytest.fixture(scope="module")
def customers():
    n = 300
    revenue = RULER.lognormal(3.5, 1.0, n).round(2)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "segment": RULER.choice(["champions", "loyal", "lost"], n),
            "r_score": RULER.integers(1, 6, n),
            "f_score": RULER.integers(1, 6, n),
            "days_since_last_order": RULER.integers(0, 400, n),
            "n_orders": RULER.geometric(0.4, n),
            "revenue": revenue,
            "frequency": RULER.integers(0, 10, n),
            "expected_purchases": RULER.gamma(1.0, 1.0, n),
            "holdout_purchases": RULER.poisson(1.0, n),
        }
    )


@pytest.fixture(scope="module")
def migration(customers):
    after = customers.iloc[20:].copy()
    after["segment"] = np.roll(after["segment"], 3)
    after["revenue"] = after["revenue"] * 1.1
    return sc.compare_periods(customers.iloc[:280], after)


@pytest.fixture(scope="module")
def model():
    return sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")


def test_bars_are_the_sums_of_each_segment(customers):
    ax = plot.segment_bars(customers)
    sums = customers.groupby("segment").agg(
        n=("revenue", "size"), orders=("n_orders", "sum"), revenue=("revenue", "sum")
    )
    sums = sums.sort_values("revenue", ascending=False).assign(
        average=lambda table: table["revenue"] / table["orders"]
    )
    for bars, column in zip(ax.containers, ["n", "orders", "revenue", "average"], strict=True):
        lengths = [bar.get_width() for bar in bars]
        np.testing.assert_allclose(np.array(lengths) / max(lengths), sums[column] / sums[column].max())


def test_grid_gives_each_cell_to_its_largest_segment(customers):
    ax = plot.segment_grid(customers)
    colours = {patch.get_xy(): patch.get_facecolor() for patch in ax.patches}
    counted = customers.groupby(["r_score", "f_score"])["segment"].agg(lambda keys: sorted(keys.mode())[0])
    known = palette.colours(customers["segment"])
    for (r, f), key in counted.items():
        assert to_hex(colours[f - 0.5, r - 0.5]) == known[key].lower()


def test_snake_and_index_are_means_against_the_average(customers):
    index = plot.index_chart(customers, features=FEATURES).collections[0].get_array()
    means = customers.groupby("segment")[FEATURES].mean() / customers[FEATURES].mean() * 100
    np.testing.assert_allclose(np.sort(index, axis=None), np.sort(means.to_numpy(), axis=None))
    one = plot.persona_index(customers, segment="loyal", features=FEATURES)
    np.testing.assert_allclose(
        sorted(bar.get_width() + 100 for bar in one.patches), sorted(means.loc["loyal"])
    )
    snake = plot.snake_plot(customers, by="segment", features=["r_score", "f_score"])
    scored = customers[["r_score", "f_score"]]
    z = ((scored - scored.mean()) / scored.std(ddof=0)).groupby(customers["segment"]).mean()
    np.testing.assert_allclose(snake.lines[0].get_ydata(), z.loc["champions"], atol=1e-9)


def test_the_average_order_of_a_group_is_its_revenue_by_its_orders():
    """Ten orders of 10 and one of 100 in `a`: 200 by 11 orders, not the mean of 10 and 100; 300 by 13 orders in all."""
    table = pd.DataFrame(
        {
            "segment": ["a", "a", "b", "b"],
            "revenue": [100.0, 100.0, 60.0, 40.0],
            "n_orders": [10, 1, 1, 1],
            "average_order_value": [10.0, 100.0, 60.0, 40.0],
        }
    )
    by_hand = {"a": (200 / 11) / (300 / 13) * 100, "b": (100 / 2) / (300 / 13) * 100}
    index = plot.index_chart(table, features=["average_order_value"]).collections[0].get_array()
    assert sorted(index.ravel()) == pytest.approx(sorted(by_hand.values()))
    one = plot.persona_index(table, segment="a", features=["average_order_value"])
    assert one.patches[0].get_width() + 100 == pytest.approx(by_hand["a"])
    assert len(one.patches) == 1
    bare = table.drop(columns="n_orders")
    mean = plot.index_chart(bare, features=["average_order_value"])
    assert sorted(mean.collections[0].get_array().ravel()) == pytest.approx([5000 / 52.5, 5500 / 52.5])
    heads = {text.get_text().replace("\n", " ") for text in mean.texts}
    assert "Average order of a customer" in heads


def test_an_option_of_another_chart_is_refused_in_our_words(customers):
    for name, more in {
        "persona_index": {"segment": "loyal"},
        "persona_radar": {"segment": "loyal"},
        "index_chart": {},
    }.items():
        with pytest.raises(sc.SegmentClientError, match="currency= is no option of this chart"):
            getattr(plot, name)(customers, features=FEATURES, currency="EUR", **more)


def test_silhouettes_agree_with_scikit_learn(customers):
    from sklearn.metrics import silhouette_score

    scored = customers[["r_score", "f_score"]].astype(float)
    ax = plot.silhouette_plot(customers, features=["r_score", "f_score"], by="segment")
    expected = silhouette_score((scored - scored.mean()) / scored.std(ddof=0), customers["segment"])
    assert ax.lines[0].get_xdata()[0] == pytest.approx(expected, abs=1e-9)


def test_map_agrees_with_scikit_learn(customers):
    from sklearn.decomposition import PCA

    scored = customers[["r_score", "f_score", "frequency"]].astype(float)
    z = (scored - scored.mean()) / scored.std(ddof=0)
    ax = plot.pca_map(customers, features=list(scored), by="segment")
    drawn = np.vstack([points.get_offsets() for points in ax.collections])
    expected = PCA(2).fit_transform(z)
    np.testing.assert_allclose(np.sort(np.abs(drawn), axis=0), np.sort(np.abs(expected), axis=0), atol=1e-9)


def test_transitions_and_flow_count_every_customer(migration):
    shares = np.ma.filled(plot.transition_heatmap(migration).collections[0].get_array(), 0)
    rates = migration.matrix.div(migration.matrix.sum(axis=1), axis=0)
    np.testing.assert_allclose(shares, rates.to_numpy())
    assert len(plot.transition_flow(migration).patches) == (migration.matrix.to_numpy() > 0).sum() + sum(
        migration.matrix.shape
    )


def test_bridge_leads_from_before_to_now(customers, migration):
    bars = plot.value_bridge(migration).patches
    assert bars[0].get_width() == pytest.approx(customers["revenue"].iloc[:280].sum())
    assert bars[-1].get_width() == pytest.approx(customers["revenue"].iloc[20:].sum() * 1.1)
    assert sum(bar.get_width() for bar in bars[:-1]) == pytest.approx(bars[-1].get_width())


def test_calibration_is_a_plain_group_by(customers):
    ax = plot.calibration_by_frequency(customers)
    means = customers.groupby(customers["frequency"].clip(upper=7))[
        ["expected_purchases", "holdout_purchases"]
    ].mean()
    np.testing.assert_allclose(ax.lines[0].get_ydata(), means["expected_purchases"])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), means["holdout_purchases"])
    ranked = customers.sort_values("expected_purchases", ascending=False)["holdout_purchases"].to_numpy()
    np.testing.assert_allclose(
        plot.calibration_by_decile(customers).lines[1].get_ydata(), ranked.reshape(10, -1).mean(axis=1)
    )


def test_matrices_ask_the_model(model):
    held = plot.probability_alive_matrix(model, T=39).collections[0].get_array()
    one = pd.DataFrame({"frequency": [2.0], "recency": [39.0], "T": [39.0]})
    assert held[0, 1] == pytest.approx(float(np.asarray(model.probability_alive(one))[0]))
    held = plot.expected_purchases_matrix(model, t=10, T=39).collections[0].get_array()
    assert held[0, 1] == pytest.approx(float(np.asarray(model.expected_purchases(one, t=10))[0]))


def test_history_jumps_at_each_purchase_and_falls_between(model):
    log = pd.DataFrame(
        {
            "customer_id": [1, 1, 1, 2],
            "date": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-02-15", "2026-01-05"]),
        }
    )
    alive = plot.alive_history(log, model=model, customer=1, as_of="2026-05-01").lines[0].get_ydata()
    up = np.flatnonzero(np.diff(alive) > 0) + 1
    assert up.tolist() == [31, 45]
    with pytest.raises(ColumnError, match="no purchase of customer 9"):
        plot.alive_history(log, model=model, customer=9)


def test_a_model_whose_unit_is_thirty_days_is_read_in_it():
    """The same customers under parameters in days and in units of 30 days have one history and one matrix."""
    days = sc.MBGNBD.from_params(r=0.5, alpha=60.0, a=0.6, b=2.0)
    months = sc.MBGNBD.from_params(r=0.5, alpha=2.0, a=0.6, b=2.0, time_unit="30D")
    log = pd.DataFrame({"date": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-02-15"])})
    one, other = (
        plot.alive_history(log, model=model, as_of="2026-09-01").lines[0].get_ydata()
        for model in (days, months)
    )
    np.testing.assert_allclose(one, other, rtol=1e-9)
    assert "Customers known for 360 days" in plot.probability_alive_matrix(months, T=12).get_xlabel()


def test_duckdb_and_lazy_tables_are_drawn(customers):
    relation = duckdb.from_df(customers)
    assert plot.finding("segment_grid", relation) == plot.finding("segment_grid", customers)
    ax = plot.index_chart(relation, features=FEATURES)
    np.testing.assert_allclose(
        ax.collections[0].get_array(),
        plot.index_chart(customers, features=FEATURES).collections[0].get_array(),
    )


def test_findings_are_one_line_and_descriptions_begin_with_them(customers, migration):
    said = plot.finding("share_pairs", customers, "fr")
    assert "\n" not in said
    assert said in plot.chart_description("share_pairs", customers, "fr")
    assert plot.chart_description(plot.value_bridge(migration, lang="fr")) == plot.chart_description(
        "value_bridge", migration, "fr"
    )
    assert plot.finding("segment_treemap", customers, value="n_orders").find("of the value") > 0


def test_every_chart_has_words_and_a_signature_alike():
    tools = {"SVG", "chart_description", "figure", "finding", "save_chart", "to_svg"}
    assert set(plot.__all__) - tools == set(CHARTS)
    for name in CHARTS:
        options = inspect.signature(getattr(plot, name)).parameters
        first, *rest = options.values()
        assert first.kind is first.POSITIONAL_OR_KEYWORD
        assert options["ax"].default is None
        assert options["lang"].default == "en"
        assert rest[-1].kind is rest[-1].VAR_KEYWORD
        assert all(one.kind is one.KEYWORD_ONLY for one in rest[:-1])


def sentences():
    """Every sentence that the room shows: literals given to text and plural, and what each chart is."""
    for path in Path(plot.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") in {"text", "plural"}
                and isinstance(node.args[0], ast.Constant)
            ):
                yield node.args[0].value
    yield from (chart.kind for chart in CHARTS.values())


def test_every_sentence_is_translated():
    known = set()
    for path in resources.files("segmentclient.locale").joinpath("fr").iterdir():
        if path.name.endswith(".po"):
            for message in pofile.read_po(io.BytesIO(path.read_bytes())):
                known |= (
                    {message.id if isinstance(message.id, str) else message.id[0]}
                    if message.string
                    else set()
                )
    assert {sentence for sentence in sentences() if isinstance(sentence, str)} - known == set()
    assert language("fr").text("Orders") == "Commandes"


def test_expected_values_are_drawn_largest_first_with_their_intervals():
    values = pd.DataFrame(
        {
            "segment": ["lost", "champions", "new", "total"],
            "lifetime_value": [20.0, 900.0, np.nan, 920.0],
            "lifetime_value_low": [5.0, 800.0, np.nan, 815.0],
            "lifetime_value_high": [40.0, 1000.0, np.nan, 1030.0],
        }
    )
    ax = plot.segment_values(values, currency="EUR")
    assert [list(line.get_xdata()) for line in ax.lines] == [[800.0, 1000.0], [5.0, 40.0]]
    assert [text.get_text() for text in ax.texts] == ["€900", "€20"]
    assert (
        plot.finding("segment_values", values)
        == "Champions: 900 still to come, most likely between 800 and 1,000"
    )
    assert not plot.segment_values(values.iloc[:0]).collections


def test_a_tiny_group_is_not_crowned():
    customers = pd.DataFrame(
        {
            "segment": ["loyal"] * 20 + ["cant_lose"] * 2 + ["lost"] * 20,
            "n_orders": [4] * 20 + [1] * 2 + [1] * 20,
            "revenue": [100.0] * 20 + [900.0] * 2 + [10.0] * 20,
        }
    )
    assert plot.finding("segment_bars", customers).startswith("Largest orders: Loyal")
    assert plot.finding("index_chart", customers, features=["n_orders", "revenue"]).startswith(
        "Loyal: orders at"
    )


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "6 of 10 segments make 60% of revenue; s0 comes first"),
        (
            "fr",
            "6\N{NO-BREAK SPACE}segments sur 10\N{NO-BREAK SPACE}font 60\N{NO-BREAK SPACE}% du chiffre d’affaires\N{NO-BREAK SPACE}; s0 vient en tête",
        ),
    ],
)
def test_a_treemap_headline_names_no_more_than_three_segments(lang, told):
    equal = pd.DataFrame({"segment": [f"s{n}" for n in range(10)], "revenue": [1.0] * 10})
    assert plot.finding("segment_treemap", equal, lang=lang) == told


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_names_of_the_two_dots_leave_the_width_to_the_dots(lang):
    table = pd.DataFrame({"segment": ["champions"] * 3 + ["lost"] * 7, "revenue": [23.0] * 3 + [31 / 7] * 7})
    axes = plot.share_pairs(table, ax=plot.figure("phone").add_subplot(), lang=lang)
    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    axes.figure.draw(renderer)
    heads = [text.get_window_extent(renderer) for text in axes.texts[-2:]]
    assert not heads[0].overlaps(heads[1])
    assert max(head.x1 for head in heads) <= axes.figure.bbox.x1
    left, right = axes.get_xlim()
    assert (0.7 - 0.3) / (right - left) > 0.3


def test_a_headline_says_nothing_differs_only_where_nothing_does():
    """900 customers near the average hide a group far below it: the headline must not."""
    near, below = 900, 30
    table = pd.DataFrame(
        {
            "segment": ["near"] * near + ["below"] * below,
            "revenue": [10.0] * near + [1.0] * below,
            "n_orders": [5.0] * near + [5.0] * below,
            "r_score": [5] * near + [1] * below,
            "f_score": [5] * near + [1] * below,
        }
    )
    options = {"by": "segment", "features": ["revenue", "n_orders"]}
    nothing = "No group differs from the average customer"
    assert plot.finding("index_chart", table, **options) == "below: revenue at 0.1 times the average"
    assert plot.finding("index_chart", table.assign(revenue=10.0), **options) == nothing
    assert not plot.finding("rf_heatmap", table).startswith("Customers of every score")
    same = plot.finding("rf_heatmap", table.assign(revenue=10.0))
    assert same == "Customers of every score have brought in about 10 each"
    future = plot.finding("rf_heatmap", table.assign(lifetime_value=10.0), value="lifetime_value")
    assert future == "Customers of every score should still bring about 10 each"


def test_of_few_customers_only_their_number_is_shown():
    """Two customers of 7,000 beside fifty of 10: nothing of the two is written, in three charts."""
    table = pd.DataFrame(
        {
            "segment": ["many"] * 50 + ["few"] * 2,
            "revenue": [10.0] * 50 + [7000.0] * 2,
            "n_orders": [1] * 52,
            "r_score": [1] * 50 + [5] * 2,
            "f_score": [1] * 50 + [5] * 2,
        }
    )
    for name, more in {
        "segment_bars": {},
        "rf_heatmap": {},
        "index_chart": {"features": ["revenue"]},
    }.items():
        shown = "|".join(text.get_text() for text in getattr(plot, name)(table, **more).texts)
        assert "7" not in shown, name
        assert "10" in shown or name == "index_chart"
        alike = pd.concat([table.tail(2), table.tail(2).assign(segment="other", r_score=1)])
        told = "|".join(text.get_text() for text in getattr(plot, name)(alike, **more).texts)
        assert "7,0" in told or name == "index_chart", name


def test_no_file_holds_what_a_chart_does_not_show_of_few_customers():
    """A colour below the grey, or a step of a curve, tells an amount to who opens the file."""
    table = pd.DataFrame(
        {
            "segment": ["a"] * 50 + ["b"] * 50 + ["few"] * 12,
            "revenue": [10.0] * 50 + [30.0] * 50 + [7000.0] * 12,
        }
    ).assign(n_orders=1, r_score=[1] * 50 + [3] * 50 + [5] * 12, f_score=[1] * 100 + [5] * 3 + [4] * 9)
    small = table.drop(table.index[[*range(103, 112)]])
    cells = plot.rf_heatmap(small.assign(r_score=small["r_score"].where(small.index > 9, 2))).collections[0]
    assert 7000 not in cells.get_array().compressed().tolist()
    assert cells.get_array().count() == 2  # the ten of R 2 stay untold, or the average would tell the three
    rows = plot.index_chart(small, features=["revenue"]).collections[0].get_array()
    assert rows.mask.ravel().tolist() == [True, False, False]
    curve = plot.lorenz_curve(table).lines[0]
    assert np.diff(curve.get_xdata()).min() >= 10 / 112
    assert curve.get_ydata()[1] == pytest.approx(np.interp(0.1 * 112, [0, 12], [0, 84_000 / 86_000]))
    assert "best 5%" not in plot.chart_description("lorenz_curve", table)


@pytest.mark.parametrize("column", ["a\x01b", "a\nb", "x" * 3_000])
def test_any_name_of_a_column_can_be_written(customers, column, recwarn):
    table = customers.assign(**{column: customers["revenue"]})
    for chart in (plot.snake_plot, plot.index_chart):
        assert plot.to_svg(chart(table, by="segment", features=[column, "r_score"])).startswith("<svg")
    assert not recwarn.list


def test_minus_signs_are_minus_signs(customers):
    ax = plot.snake_plot(customers, by="segment", features=["r_score", "f_score"])
    FigureCanvasAgg(ax.figure).draw()
    ticks = [tick.get_text() for tick in ax.get_yticklabels()]
    assert any(tick.startswith("\N{MINUS SIGN}") for tick in ticks)
    assert not any(tick.startswith("-") for tick in ticks)


def test_cohorts_name_their_period():
    log = sc.datasets.load_cdnow()
    for period, told in {"W": "weeks", "M": "months", "Q": "quarters"}.items():
        table = sc.cohort_retention(log, period=period)
        assert f"columns: {told} since then" in " ".join(plot.cohort_heatmap(table).get_xlabel().split())
    bare = table.drop(columns="period")
    assert "columns: periods since then" in " ".join(plot.cohort_heatmap(bare).get_xlabel().split())


@pytest.mark.parametrize(
    ("log", "customer", "message"),
    [
        (
            pd.DataFrame({"date": np.array(["0001-01-01"], "datetime64[us]")}),
            None,
            "1 days outside the years 1900 to 2199",
        ),
        (
            pl.LazyFrame({"date": [dt.date(2026, 1, 1)], "customer_id": [dt.date(2026, 1, 1)]}),
            "c",
            "holds Date; give an id of that kind",
        ),
    ],
)
def test_a_history_that_cannot_be_drawn_is_one_error(log, customer, message):
    model = sc.MBGNBD.from_params(r=0.5, alpha=6.0, a=0.9, b=1.7)
    with pytest.raises(sc.ColumnError, match=message):
        plot.alive_history(log, model=model, customer=customer)
