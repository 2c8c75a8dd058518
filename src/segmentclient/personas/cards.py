"""Persona cards: one a segment, every field computed from data or left blank.

What must reach the driver: the few columns of the customers that a card shows, the attributes, and one small count
table a dimension of the order log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from segmentclient import shown
from segmentclient.errors import SegmentClientError
from segmentclient.locale import language
from segmentclient.options import check_options
from segmentclient.personas.buying import buying_fields
from segmentclient.personas.describing import attribute_fields, coherent, kind_of_customer, name_field, sex_of
from segmentclient.personas.fields import Field
from segmentclient.personas.gathering import Material, gather
from segmentclient.personas.nearest import fields_of_nearest
from segmentclient.personas.persona import Persona, Personas
from segmentclient.personas.picture_day import as_day
from segmentclient.personas.setting import Setting
from segmentclient.personas.speaking import expertise_field, speaking_fields
from segmentclient.personas.story import tagline, tell
from segmentclient.personas.traits import Trait, find_traits
from segmentclient.personas.wide import wide_fields
from segmentclient.personas.worth import Measure, measures, worth_fields

__all__ = ["build_personas"]


def build_personas(
    customers: Any,
    by: str = "segment",
    *,
    attributes: Any = None,
    transactions: Any = None,
    lang: str = "en",
    currency: str | None = None,
    min_size: int = 10,
    min_coverage: float = 0.3,
    columns: Mapping[str, str] | None = None,
    person: Literal["typical", "real"] = "typical",
    as_of: Any = None,
) -> Personas:
    """Draw one persona card a segment: who they are, how they buy, what they want, how to speak to them.

    Every field says where it comes from: *observed* (statistic, n, coverage), *deduced* (the rule) or *to complete*
    (not in the data, or known for too few). First name and portrait are fictional, always the same for the same
    segment. A category with two close answers, or a number that falls in two heaps, is shown as two profiles; it is
    never averaged into someone who does not exist.

    Parameters
    ----------
    customers : table with `customer_id` and the column `by`, on any engine; whatever it has of `revenue`, `n_orders`,
        `first_order`, `last_order`, `frequency`, `lifetime_value` (with `_low` and `_high`) is used.
    by : column of the groups ("segment", "cluster", ...); rows without a group are left out and counted.
    attributes : table of people, one row a `customer_id`: birth_date, birth_year or age, sex, household, city, region,
        country, profession, education, income or income_band, values, needs, motivations, brakes, channel, device,
        media, customer_type; of companies sector, headcount, turnover, contact_role. Other columns serve to find
        distinctive traits. Without it, columns of these names are looked for among the customers'.
    transactions : order log (`customer_id`, `date`, and amount, order_id, quantity, category, product, channel,
        device where they exist) for moments, products and prices.
    lang : "en" or "fr".
    currency : ISO code such as "EUR"; bare numbers without it.
    min_size : a smaller group is not described, and fewer known answers leave a field to complete.
    min_coverage : share of the group that must be known for a field to be observed.
    columns : names of your columns, as ``{"birth_date": "dob"}``.
    person : "typical" sums the group up; "real" shows the real customer nearest to its centre, made anonymous: no id,
        age in bands of five years, and an answer only where at least `min_size` of the group share it.
    as_of : day at which ages are counted; by default the day the customers were summarized at, never today.

    Returns
    -------
    Personas, a frozen sequence of `Persona` ordered by revenue (by size where there is none): `_repr_html_`,
    `to_frame()`, `to_markdown()`, `save("personas.html")`.

    Raises
    ------
    ColumnError
        A needed column is missing or of the wrong kind, a key is on several rows, or no key matches.

    Notes
    -----
    Distinctive traits compare each answer in the group with everyone (Fisher's exact test, Mann–Whitney on numbers);
    Holm's correction over all groups and answers keeps the chance of any false trait under 5 %. Lifts are shares
    divided by everyone's share. Columns are collected to the driver.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({
    ...     "customer_id": range(40), "segment": ["loyal"] * 20 + ["new"] * 20,
    ...     "revenue": [90.0] * 20 + [10.0] * 20, "city": ["Lyon"] * 30 + ["Paris"] * 10,
    ... })
    >>> personas = sc.build_personas(customers)
    >>> [persona.key for persona in personas]
    ['loyal', 'new']
    >>> personas["loyal"].field("city").text
    'Lyon (100%)'
    >>> personas["loyal"].tagline
    '50% of the customers, 90% of the revenue'
    """
    check_options(build_personas, locals())
    _check_choices(min_size, min_coverage, person)
    L = language(lang)
    material = gather(customers, by, attributes, transactions, columns, as_day(as_of))
    setting = Setting(L, currency, min_size, min_coverage, material.as_of, person)
    cards = _cards(material, setting)
    return Personas(tuple(cards), by, lang, currency, len(material.customers), material.notes)


def _check_choices(min_size: int, min_coverage: float, person: str) -> None:
    if min_size < 1:
        raise SegmentClientError(f"min_size={min_size!r}: expected a whole number of at least 1")
    if not 0 <= min_coverage <= 1:
        raise SegmentClientError(f"min_coverage={min_coverage!r}: expected a share from 0 to 1")
    if person not in {"typical", "real"}:
        raise SegmentClientError(f"person={person!r} is not known; accepted: 'typical', 'real'")


def _cards(material: Material, setting: Setting) -> list[Persona]:
    order = _ordered(material)
    sizes = material.groups.value_counts()
    rows = {
        group: material.customers[material.groups == group]
        for group in order
        if sizes[group] >= setting.min_size
    }
    traits = _traits(material, list(rows))
    compared = measures(rows, material.customers, setting)
    colours = shown.colours(order)
    cards: list[Persona] = []
    for group in order:
        outside = _Outside(
            group,
            _label(group, setting),
            colours[group],
            int(sizes[group]),
            int(sizes[group]) / len(material.customers),
        )
        if group in rows:
            taken = {card.name for card in cards}
            mine = tuple(trait for trait in traits if trait.group == group)
            cards.append(_card(outside, material, mine, tuple(compared[group]), taken, setting))
        else:
            cards.append(_withheld(outside, setting))
    return cards


@dataclass(frozen=True)
class _Outside:
    """What may be said of any group, even of one too small to be described."""

    key: Any
    label: str
    colour: str
    n: int
    share: float


def _label(group: Any, setting: Setting) -> str:
    """The name of a segment; a bare number is called a group."""
    name = str(int(group)) if isinstance(group, float) and group.is_integer() else str(group)
    return setting.L.text("Group {name}", name=name) if name.isdigit() else shown.label(name, setting.L.key)


def _ordered(material: Material) -> list[Any]:
    """Groups by revenue (by size without it), the largest first; equal ones by name."""
    money = (
        material.customers["revenue"].groupby(material.groups).sum()
        if "revenue" in material.customers
        else None
    )
    totals = material.groups.value_counts() if money is None else money
    return [group for group, _ in sorted(totals.items(), key=lambda pair: (-pair[1], str(pair[0])))]


def _traits(material: Material, described: list[Any]) -> list[Trait]:
    people = material.people
    extra = people.extra[[column for column in people.extra if column not in people.data]]
    return find_traits(material.groups, people.data.join(extra), dict(people.kinds), described=described)


def _withheld(outside: _Outside, setting: Setting) -> Persona:
    note = setting.L.plural(
        "Group too small to be described: {n} customer (fewer than {least}).",
        "Group too small to be described: {n} customers (fewer than {least}).",
        outside.n,
        least=setting.L.number(setting.min_size),
    )
    return Persona(**vars(outside), tagline=note, described=False, lang=setting.L.key)


def _card(
    outside: _Outside,
    material: Material,
    traits: tuple[Trait, ...],
    compared: tuple[Measure, ...],
    taken: set[str],
    setting: Setting,
) -> Persona:
    mask = material.groups == outside.key
    rows, people = material.customers[mask], material.people.data[mask]
    kind = kind_of_customer(people)
    who = attribute_fields(people, material.people.kinds, kind, setting)
    if setting.person == "real":
        who = fields_of_nearest(rows, people, who, setting)
    who = _merged(who, wide_fields(material.people.extra[mask], setting))
    buying = buying_fields(outside.key, rows, material.customers, material.habits, kind, setting)
    fields = [
        *_merged(who, buying),
        *worth_fields(rows, material.customers, setting),
        *speaking_fields(str(outside.key), rows, material.customers, setting.L),
        *expertise_field(material.people.extra[mask], setting),
    ]
    table = {field.key: field for field in fields}
    name = name_field(str(outside.key), kind, table, taken, setting)
    told = table if setting.person == "real" else table | coherent(table, people)
    return Persona(
        **vars(outside), kind=kind, name=name.text, fields=(name, *fields), traits=traits, measures=compared,
        story=tell(name.text, sex_of(table, kind), kind, told, setting.L), tagline=tagline(table, setting.L),
        described=True, lang=setting.L.key,
    )  # fmt: skip


def _merged(who: list[Field], buying: list[Field]) -> list[Field]:
    """What was done (orders, money spent) is known better than a declared preference: it fills what it can."""
    seen = {field.key: field for field in buying if field.provenance == "observed"}
    kept = [seen.get(field.key, field) for field in who]
    taken = {field.key for field in kept}
    return kept + [field for field in buying if field.key not in taken]
