"""The ideal customer: the profile of those who are worth most, and how like them others are."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.customers.collected import sound
from segmentclient.errors import ColumnError, ModelError, SegmentClientWarning
from segmentclient.locale import language
from segmentclient.options import check_options
from segmentclient.personas.attributes import label_of
from segmentclient.personas.engagement import temperatures
from segmentclient.personas.ideal_profile import points_of_answers, reasons, target_table, targets_of
from segmentclient.personas.likeness import Likeness, Quality, fit_likeness
from segmentclient.personas.reading import describe_people, read_people
from segmentclient.personas.scorecard import Indicator, choose_indicators, indicators_of, table_of
from segmentclient.render import html_card, html_table
from segmentclient.schema import check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IdealCustomer", "ideal_customer"]

OUTPUT = ("likeness", "likeness_rank", "expected_value", "target", "reasons")
FEWEST = 50


@dataclass(frozen=True)
class IdealCustomer:
    """Who is worth most, by profile.

    Attributes
    ----------
    profile : DataFrame, one row an answer: `attribute`, `value`, `points` (20 points double the odds of being among
        the best fifth), `share_of_best`, `share_of_all` (of those who are known), `lift`, `n`; the best answers first.
    targets : DataFrame, one row a target (`core`, `primary`, `secondary`, `others`; the primary target as marketers
        mean it is core and primary together): `from_likeness`, `customers`, `share_of_customers`, `mean_value`,
        `share_of_value`.
    quality : cross-validated figures: see `Quality`.
    value, threshold : the column that says what a customer is worth, and where its best fifth begins.
    as_of, lang, columns : as given.
    """

    profile: pd.DataFrame
    targets: pd.DataFrame
    quality: Quality
    value: str
    threshold: float
    likeness: Likeness
    indicators: tuple[Indicator, ...]
    as_of: dt.date | None = None
    lang: str = "en"
    columns: Mapping[str, str] = field(default_factory=dict)

    def score(self, prospects: Any, *, hot_days: int = 30) -> Any:
        """Say how like the best customers each prospect is, and why.

        Parameters
        ----------
        prospects : table with attributes as in `ideal_customer`. A lazy table needs `customer_id`, each once.
        hot_days : a prospect is hot when engaged with us within so many days before `as_of`.

        Returns
        -------
        The same rows, in the same kind of table, with `likeness` (probability, 0 to 1, of belonging to the best fifth),
        `likeness_rank` (1 is the most alike; equal likeness shares a rank), `expected_value` (money: what customers of
        this likeness are worth on average), `target` and `reasons` (text); and `temperature` ("hot", "cold") where the
        table has an engagement column: a date such as last_visit, last_contact, last_open, last_click, or a count of
        recent acts such as visits_30d. The columns read are collected.

        Raises
        ------
        ColumnError
            An output column is there already, the table has none of the attributes of the profile, or a lazy table
            holds a `customer_id` twice.
        """
        check_options(IdealCustomer.score, locals())
        frame = frames.read(prospects, name="prospects")
        _check_new(frame)
        rows = _read_once(frame)
        people = describe_people(nw.to_native(rows), columns=_present(self.columns, rows), as_of=self.as_of)
        table, kinds = table_of(people)
        if not {indicator.attribute for indicator in self.indicators} & set(table.columns):
            wanted = ", ".join(sorted({indicator.attribute for indicator in self.indicators}))
            raise ColumnError(
                f"prospects: none of the attributes of the profile is there; expected some of: {wanted}"
            )
        answer = self._answer(table, kinds)
        warm = temperatures(rows, self.as_of, hot_days)
        answer |= {"temperature": warm} if warm is not None else {}
        return frames.give_back(
            frames.add_columns(rows, answer) if rows is frame else _joined(frame, rows, answer)
        )

    def _answer(self, table: pd.DataFrame, kinds: dict[str, str]) -> dict[str, Any]:
        coded = indicators_of(table, kinds, self.indicators)
        chances = self.likeness.chances(coded)
        order = np.sort(-chances)
        return {
            "likeness": chances,
            "likeness_rank": np.searchsorted(order, -chances, side="left") + 1,
            "expected_value": self.likeness.values(chances),
            "target": targets_of(
                chances, dict(zip(self.targets["target"], self.targets["from_likeness"], strict=True))
            ),
            "reasons": reasons(
                np.where(coded > 0, coded * self.likeness.weights, 0.0), self.indicators, language(self.lang)
            ),
        }

    def __repr__(self) -> str:
        L = language(self.lang)
        facts = [f"  {name}{L.text(': ')}{value}" for name, value in self.quality.facts(L).items()]
        best = [
            f"  {L.number(row.points):>4}  {label_of(row.attribute, L)}{L.text(': ')}{row.value}"
            for row in self.profile[self.profile["points"] > 0].head(8).itertuples()
        ]
        return "\n".join([L.text("The ideal customer"), *facts, L.text("Points"), *best])

    def _repr_html_(self) -> str:
        L = language(self.lang)
        best = self.profile[self.profile["points"] > 0].head(8)
        rows = [
            (
                f"{label_of(row.attribute, L)}{L.text(': ')}{row.value}",
                L.number(row.points),
                L.percent(row.share_of_best, 0),
                L.percent(row.share_of_all, 0),
            )
            for row in best.itertuples()
        ]
        body = html_table(
            [L.text("Answer"), L.text("Points"), L.text("Of the best fifth"), L.text("Of everyone")], rows
        )
        return html_card(L.text("The ideal customer"), self.quality.facts(L), body=body)


def ideal_customer(
    customers: Any,
    attributes: Any,
    *,
    value: str = "lifetime_value",
    columns: Mapping[str, str] | None = None,
    as_of: Any = None,
    lang: str = "en",
) -> IdealCustomer:
    """Learn from attributes who is worth most: a transparent scorecard, judged by cross-validation.

    Parameters
    ----------
    customers : table with `customer_id` and the column `value`.
    attributes : table of people, one row a `customer_id`: see `build_personas`. Text columns with up to 40 answers and
        numbers serve; names, addresses and ids do not.
    value : column that says what a customer is worth.
    columns : names of your columns, as ``{"birth_date": "dob"}``.
    as_of : day at which ages are counted; by default the day the customers were summarized at.
    lang : language of the reasons, "en" or "fr".

    Returns
    -------
    IdealCustomer, with `.profile`, `.targets`, `.quality` and `.score(prospects)`.

    Raises
    ------
    ColumnError
        A column is missing or of the wrong kind.
    ModelError
        Fewer than 50 customers, a value that is the same for all, or no attribute that can serve.

    Notes
    -----
    The best fifth by `value` is told from the others by a ridge (L2) logistic regression on indicators of answers and
    bands of numbers; its strength is chosen by cross-validation. All figures of `quality`, the targets and the expected
    values come from predictions for customers left out of the fit (five folds). A `SegmentClientWarning` says when the
    profile tells no more than chance. Rows are put in the order of their key first: the row order never matters.

    Examples
    --------
    >>> import numpy as np, pandas as pd, segmentclient as sc
    >>> rng = np.random.default_rng(0)
    >>> city = rng.choice(["Lyon", "Paris"], 400)
    >>> customers = pd.DataFrame({"customer_id": range(400), "revenue": rng.gamma(2, 20, 400) * np.where(city == "Lyon", 3, 1)})
    >>> people = pd.DataFrame({"customer_id": range(400), "city": city})
    >>> ideal = sc.ideal_customer(customers, people, value="revenue")
    >>> ideal.profile["value"].iloc[0]
    'Lyon'
    >>> ideal.score(pd.DataFrame({"city": ["Paris", "Lyon"]}))["likeness_rank"].tolist()
    [2, 1]
    """
    check_options(ideal_customer, locals())
    from segmentclient.personas.picture_day import as_day, day_of

    frame = frames.read(customers)
    schema = frames.schema_of(frame)
    days = ("last_order", "days_since_last_order")
    check_columns(schema, {"customer_id": "any", value: "number"}, optional=days)
    frames.check_labels(frame, "customer_id")
    data = sound(frames.collect(frame, [c for c in schema if c in {"customer_id", value, *days}]))
    data = _with_value(data, value)
    day = as_day(as_of) or day_of(data)
    people = read_people(data["customer_id"], attributes, columns=columns, as_of=day, skip=(value,))
    table, kinds = table_of(people)
    indicators = choose_indicators(table, kinds)
    if not indicators:
        raise ModelError("ideal_customer: no attribute with at least two answers known for enough customers")
    coded, worth = indicators_of(table, kinds, indicators), data[value].to_numpy(float)
    likeness, quality, chances = fit_likeness(coded, worth)
    _warn_if_chance(quality)
    best = worth >= likeness.threshold
    profile = points_of_answers(indicators, likeness.weights, coded, best, language(lang))
    return IdealCustomer(
        profile,
        target_table(chances, worth),
        quality,
        value,
        likeness.threshold,
        likeness,
        tuple(indicators),
        day,
        lang,
        dict(columns or {}),
    )


def _with_value(data: pd.DataFrame, value: str) -> pd.DataFrame:
    known = data[data[value].notna() & data["customer_id"].notna()]
    known = known.sort_values("customer_id", key=lambda ids: ids.astype(str), kind="stable").reset_index(
        drop=True
    )
    if len(known) < FEWEST:
        raise ModelError(
            f"ideal_customer: {len(known)} customers have a {value!r}; at least {FEWEST} are needed"
        )
    if known[value].min() == known[value].max():
        raise ModelError(
            f"ideal_customer: {value!r} is the same for every customer; nobody is worth more than another"
        )
    return known


def _warn_if_chance(quality: Quality) -> None:
    if quality.auc_low <= 0.5:
        warnings.warn(
            f"ideal_customer: the attributes tell the best customers no better than chance (AUC {quality.auc:.2f}, "
            f"95 % interval {quality.auc_low:.2f} to {quality.auc_high:.2f}); do not rank prospects by them",
            SegmentClientWarning,
            stacklevel=3,
        )


def _present(columns: Mapping[str, str], frame: frames.Frame) -> dict[str, str]:
    found = frame.collect_schema()
    return {key: column for key, column in columns.items() if column in found}


def _check_new(frame: frames.Frame) -> None:
    taken = frames.taken(frame, (*OUTPUT, "temperature"))
    if taken:
        raise ColumnError(f"prospects: columns {', '.join(taken)} are there already; drop them first")


def _read_once(frame: frames.Frame) -> nw.DataFrame[Any]:
    """Collect a lazy table: read again, its rows might come in another order."""
    if isinstance(frame, nw.DataFrame):
        return frame
    check_columns(frames.schema_of(frame), {"customer_id": "any"}, table="prospects")
    frames.check_labels(frame, "customer_id", name="prospects")
    return nw.from_native(frames.collect(frame), eager_only=True)


def _joined(frame: frames.Frame, rows: nw.DataFrame[Any], columns: dict[str, Any]) -> frames.Frame:
    """Join what was found for each customer of a lazy table to its plan."""
    known = rows["customer_id"].drop_nulls()
    twice = known.filter(known.is_duplicated()).unique()
    if len(twice):
        raise ColumnError(
            f"prospects: customer_id holds {len(twice):,} ids twice (such as {twice[0]!r}); a lazy table needs each once"
        )
    found = {
        "customer_id": rows["customer_id"].to_list(),
        **{name: list(one) for name, one in columns.items()},
    }
    small = frames.keyed_like(frame, frames.like(frame, found), "customer_id")
    return frames.joined(frame, small, "customer_id")
