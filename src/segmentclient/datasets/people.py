"""The people behind the orders of the invented shop: who they are and what they answered."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient.datasets.circles import circle_codes, customer_ids, generator, pick, shop
from segmentclient.options import check_options

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["make_people"]

_PERSONAL = ("household", "income_band", "profession")
_SURVEY = ("expectations", "motivations", "brakes", "media")
_ANSWERED = 0.45
_STORE_CITY = "Lyon"


def make_people(
    n_customers: int = 2_000,
    *,
    end: str | dt.date = "2025-12-31",
    n_prospects: int | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Invent the people (and companies) behind `make_transactions`, and prospects who never bought.

    With the same ``n_customers`` and ``random_state`` the ids, and the circles of customers behind them, are
    the same: retired regulars live near the store and buy there, explorers are young and answer on a
    smartphone, companies have a sector instead of a household. About half answered the survey; the rest of
    its columns is empty.

    Parameters
    ----------
    n_customers : int, default 2,000
        Customers, as in `make_transactions`.
    end : date or text, default 2025-12-31
        The day at which people have the ages of their circle: the last day of the orders.
    n_prospects : int, optional
        People without an order, whose ids begin with P. A tenth of the customers when not given.
    random_state : int, default 0
        The same number gives the same table.

    Returns
    -------
    pandas.DataFrame
        One row a person: ``customer_id``, ``customer_type`` ("B2C" or "B2B"), ``first_name``, ``last_name``,
        ``sex`` ("F" or "M"), ``birth_date``, ``city``, ``region``, ``country``, ``email``, ``opt_in``,
        ``channel`` and ``device`` (preferred), ``household``, ``income_band`` (a year), ``profession``,
        ``values``; for companies ``sector``, ``headcount`` (people), ``turnover`` (euros a year),
        ``contact_role``; from the survey ``expectations``, ``motivations``, ``brakes``, ``media``,
        ``satisfaction`` (1 to 5), ``nps`` (0 to 10) and the expertise answers ``knows_products``,
        ``compares_offers``, ``advises_others`` (1 to 5).

    Raises
    ------
    SegmentClientError
        When ``n_customers`` is not a whole number of at least one.

    Examples
    --------
    >>> from segmentclient import datasets
    >>> people = datasets.make_people(50, n_prospects=5, random_state=3)
    >>> people.shape
    (55, 30)
    >>> people["country"].mode()[0]
    'France'
    """
    check_options(make_people, locals())
    import pandas as pd

    codes = circle_codes(n_customers, random_state)
    extra = n_customers // 10 if n_prospects is None else n_prospects
    rng = generator(random_state, "people")
    wanted = np.concatenate([codes, rng.integers(0, len(shop()["circles"]), extra)])
    ids = np.concatenate([customer_ids(codes.size), customer_ids(extra, prefix="P")])
    rows = [np.flatnonzero(wanted == code) for code in np.unique(wanted)]
    parts = [
        _members(shop()["circles"][wanted[some[0]]], some, ids, random_state, np.datetime64(end, "D"))
        for some in rows
    ]
    people = pd.concat([part.astype(object) for part in parts]).sort_index().infer_objects()
    return people.assign(birth_date=people["birth_date"].astype("datetime64[us]"))


def _members(
    circle: dict[str, Any], rows: np.ndarray, ids: np.ndarray, random_state: int, end: np.datetime64
) -> pd.DataFrame:
    """Describe the members of one circle; the index is their place in the whole table."""
    import pandas as pd

    rng = generator(random_state, f"people {circle['name']}")
    company = "household" not in circle
    facts = {
        "customer_id": ids[rows],
        "customer_type": np.full(rows.size, "B2B" if company else "B2C", dtype=object),
        **_identity(rng, circle, rows.size, end),
        **_place(rng, circle, rows.size),
        "opt_in": rng.random(rows.size) < 0.64,
        "channel": pick(rng, {"store": circle["store"], "online": 1 - circle["store"]}, rows.size),
        "device": pick(rng, circle["device"], rows.size),
        **{name: _if(not company, rng, circle.get(name), rows.size) for name in _PERSONAL},
        "values": pick(rng, circle["values"], rows.size),
        **_company(rng, rows.size, company),
        **_survey(rng, circle, rows.size),
    }
    people = pd.DataFrame(facts, index=rows)
    people["email"] = _emails(people)
    return _anonymous_companies(people) if company else people


def _if(wanted: bool, rng: np.random.Generator, weights: dict[str, float] | None, n: int) -> np.ndarray:
    """Draw words, or give none where the column does not apply."""
    return pick(rng, weights, n) if wanted and weights else np.full(n, None, dtype=object)


def _identity(rng: np.random.Generator, circle: dict[str, Any], n: int, end: np.datetime64) -> dict[str, Any]:
    words = shop()
    female = rng.random(n) < circle["female"]
    drawn = {sex: rng.choice(np.array(words[f"first_names_{sex}"], dtype=object), n) for sex in "FM"}
    low, high = circle["age"]
    days = (rng.triangular(low, (low + high) / 2, high + 1, n) * 365.25).astype(int)
    return {
        "first_name": np.where(female, drawn["F"], drawn["M"]),
        "last_name": rng.choice(np.array(words["last_names"], dtype=object), n),
        "sex": np.where(female, np.array("F", dtype=object), np.array("M", dtype=object)),
        "birth_date": (end - days).astype("datetime64[us]"),
    }


def _place(rng: np.random.Generator, circle: dict[str, Any], n: int) -> dict[str, Any]:
    """Draw cities; those who prefer the store live near it."""
    cities = shop()["cities"]
    nearer = 12 * circle["store"]
    weights = np.array(
        [row[3] * (nearer if row[0] == _STORE_CITY and nearer > 1 else 1) for row in cities], dtype=float
    )
    drawn = rng.choice(len(cities), size=n, p=weights / weights.sum())
    columns = np.array([row[:3] for row in cities], dtype=object)[drawn]
    return {
        "city": columns[:, 0],
        "region": columns[:, 1],
        "country": columns[:, 2],
        "email": np.full(n, None, dtype=object),
    }


def _company(rng: np.random.Generator, n: int, company: bool) -> dict[str, Any]:
    words = shop()
    headcount = np.ceil(rng.lognormal(2.8, 0.9, n))
    turnover = np.round(headcount * rng.lognormal(11.3, 0.4, n), -3)
    return {
        "sector": _if(company, rng, words["sectors"], n),
        "headcount": headcount if company else np.full(n, np.nan),
        "turnover": turnover if company else np.full(n, np.nan),
        "contact_role": _if(company, rng, words["contact_roles"], n),
    }


def _survey(rng: np.random.Generator, circle: dict[str, Any], n: int) -> dict[str, Any]:
    """Draw the answers; who did not answer has none at all."""
    answered = rng.random(n) < _ANSWERED
    mood = rng.normal(circle["satisfaction"], 0.7, n)
    skill = rng.normal(circle["expertise"], 0.6, n)
    scores = {
        "satisfaction": _scale(mood, 1, 5),
        "nps": _scale(2.4 * (mood - 1) + rng.normal(0, 1, n), 0, 10),
        "knows_products": _scale(skill, 1, 5),
        "compares_offers": _scale(skill + rng.normal(0, 0.5, n), 1, 5),
        "advises_others": _scale(skill - 0.4 + rng.normal(0, 0.5, n), 1, 5),
    }
    words = {name: _answers(rng, circle[name], answered) for name in _SURVEY}
    return words | {name: np.where(answered, score, np.nan) for name, score in scores.items()}


def _answers(rng: np.random.Generator, weights: dict[str, float], answered: np.ndarray) -> np.ndarray:
    words = pick(rng, weights, answered.size)
    words[~answered] = None
    return words


def _scale(score: np.ndarray, low: int, high: int) -> np.ndarray:
    return np.clip(np.round(score), low, high)


def _anonymous_companies(people: pd.DataFrame) -> pd.DataFrame:
    """A company has no sex and no birthday; its contact keeps a name."""
    return people.assign(sex=None, birth_date=np.datetime64("NaT", "us"))


def _emails(people: pd.DataFrame) -> list[str]:
    names = zip(people["first_name"], people["last_name"], people["customer_id"], strict=True)
    return [f"{_ascii(first)}.{_ascii(last)}.{key.lower()}@example.com" for first, last, key in names]


def _ascii(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())
