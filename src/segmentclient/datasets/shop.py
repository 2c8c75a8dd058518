"""Orders of an invented shop: purchases while alive, seasons, baskets, and the faults of a real export."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from segmentclient.datasets.circles import circle_codes, customer_ids, generator, shop, weighted
from segmentclient.errors import SegmentClientError
from segmentclient.options import check_options

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["make_transactions"]


def make_transactions(
    n_customers: int = 2_000,
    *,
    start: str | dt.date = "2024-01-01",
    end: str | dt.date = "2025-12-31",
    quality: Literal["clean", "messy"] = "clean",
    random_state: int = 0,
) -> pd.DataFrame:
    """Invent the order lines of a French tea shop with a store in Lyon and a web shop.

    Six circles of customers (families, regulars, explorers, connoisseurs, givers, companies) buy at their own
    pace: gaps are gamma with a shape of one to four, each order may be the last, amounts are gamma-gamma, and
    the year has its seasons. `make_people` with the same ``n_customers`` and ``random_state`` describes the
    same customers.

    Parameters
    ----------
    n_customers : int, default 2,000
        Customers with at least one order. A million takes seconds.
    start, end : date or text, default 2024-01-01 to 2025-12-31
        First and last day on which an order can be placed.
    quality : {"clean", "messy"}, default "clean"
        "messy" looks like an export: dates are text, and there are refunds, exact duplicates, missing ids and
        amounts, unreadable dates and staff orders.
    random_state : int, default 0
        The same number gives the same table.

    Returns
    -------
    pandas.DataFrame
        One row an order line, in order of date: ``customer_id`` (text), ``order_id`` (whole number), ``date``
        (day), ``amount`` (euros), ``category`` (text), ``channel`` ("store" or "online") and ``staff`` (true
        on orders of the shop's own people).

    Raises
    ------
    SegmentClientError
        When ``n_customers`` is not a whole number of at least one, or ``end`` is before ``start``.

    Examples
    --------
    >>> from segmentclient import datasets
    >>> orders = datasets.make_transactions(200, start="2025-01-01", end="2025-12-31", random_state=3)
    >>> orders["customer_id"].nunique()
    200
    >>> bool((orders["amount"] > 0).all())
    True
    """
    check_options(make_transactions, locals())
    first, last = _window(start, end)
    codes = circle_codes(n_customers, random_state)
    purchases = _joined(
        [
            _purchases(code, np.flatnonzero(codes == code), first, last, random_state)
            for code in np.unique(codes)
        ]
    )
    lines = _lines(purchases, first, codes.size, random_state)
    return lines if quality == "clean" else _as_exported(lines, last, random_state)


def _window(start: str | dt.date, end: str | dt.date) -> tuple[np.datetime64, np.datetime64]:
    try:
        first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
        is_known = bool(np.datetime64("1900-01-01") <= first and last < np.datetime64("2200-01-01"))
    except ValueError:
        is_known = False
    if not is_known:
        raise SegmentClientError(
            f"start={start!r}, end={end!r}: expected dates of the years 1900 to 2199, such as '2025-01-31'"
        )
    if not first <= last:
        raise SegmentClientError(f"start={start!r} is after end={end!r}")
    return first, last


class _Purchases(NamedTuple):
    """One entry an order: who, which day of the window, which circle, how much."""

    customer: np.ndarray
    day: np.ndarray
    circle: np.ndarray
    total: np.ndarray


def _joined(parts: list[_Purchases]) -> _Purchases:
    joined = _Purchases(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.lexsort((joined.customer, joined.day))
    return _Purchases(*(column[order] for column in joined))


def _purchases(
    code: int, who: np.ndarray, first: np.datetime64, last: np.datetime64, random_state: int
) -> _Purchases:
    """Simulate one circle: in the shop's own time, where a busy day lasts longer than a quiet one."""
    circle = shop()["circles"][code]
    rng = generator(random_state, f"purchases {circle['name']}")
    busy = np.cumsum(_busy(first, last, circle["season"]))
    customer, moment = _moments(rng, circle, who.size, busy[-1])
    day = np.searchsorted(busy, moment, side="right")
    total = _scales(rng, circle["basket"], who.size)[customer] * rng.gamma(
        circle["basket"]["p"], size=customer.size
    )
    return _Purchases(who[customer], day, np.full(customer.size, code), total)


def _busy(first: np.datetime64, last: np.datetime64, strength: float) -> np.ndarray:
    """Weigh each day, one on average: December up, August down, Saturday up, Sunday down."""
    days = np.arange(first, last + np.timedelta64(1, "D"))
    month = days.astype("datetime64[M]").astype(int) % 12
    weekday = (days.astype(int) + 3) % 7
    of_month = (
        np.array([0.85, 0.95, 0.95, 0.95, 1.0, 0.9, 0.85, 0.65, 1.0, 1.05, 1.2, 1.65])[month] ** strength
    )
    of_weekday = np.array([0.9, 0.95, 1.0, 1.0, 1.1, 1.4, 0.65])[weekday]
    weight = of_month * of_weekday
    return weight / weight.mean()


def _moments(
    rng: np.random.Generator, circle: dict[str, Any], n: int, end: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the purchases of n customers: a first, then gaps of their own pace until they leave."""
    pace, leaving = circle["orders"], circle["dropout"]
    rate = rng.gamma(pace["r"], 1 / pace["alpha"], n)
    chance = rng.beta(leaving["a"], leaving["b"], n)
    moment = rng.random(n) ** 1.3 * end
    alive = np.arange(n)
    who, when = [alive], [moment.copy()]
    while alive.size:
        alive = alive[rng.random(alive.size) >= chance[alive]]
        moment[alive] += rng.gamma(pace["k"], 1 / pace["k"], alive.size) / rate[alive]
        alive = alive[moment[alive] < end]
        who.append(alive)
        when.append(moment[alive])
    return np.concatenate(who), np.concatenate(when)


def _scales(rng: np.random.Generator, basket: dict[str, float], n: int) -> np.ndarray:
    """Draw each customer's scale of spending: 1 / nu of the gamma-gamma model."""
    return basket["mean"] * (basket["q"] - 1) / basket["p"] / rng.gamma(basket["q"], size=n)


def _lines(purchases: _Purchases, first: np.datetime64, n_customers: int, random_state: int) -> pd.DataFrame:
    """Split orders into one to three lines whose amounts add up to the order."""
    import pandas as pd

    rng = generator(random_state, "lines")
    n = purchases.day.size
    luck = rng.random(n)
    size = 1 + (luck < 0.28) + (luck < 0.07)
    order = np.repeat(np.arange(n), size)
    share = 0.2 + rng.random(order.size)
    share /= np.bincount(order, share, n)[order]
    in_store = rng.random(n) < np.array([circle["store"] for circle in shop()["circles"]])[purchases.circle]
    return pd.DataFrame(
        {
            "customer_id": pd.Series(customer_ids(n_customers)).array.take(purchases.customer[order]),
            "order_id": order + 100_001,
            "date": (first + purchases.day[order]).astype("datetime64[us]"),
            "amount": np.maximum(np.round(purchases.total[order] * share, 2), 0.5),
            "category": _categories(rng, purchases.circle[order]),
            "channel": pd.Series(["online", "store"]).array.take(in_store[order].astype(int)),
            "staff": np.zeros(order.size, dtype=bool),
        }
    )


def _categories(rng: np.random.Generator, circle: np.ndarray) -> Any:
    import pandas as pd

    families = [facts["categories"] for facts in shop()["circles"]]
    words = sorted(set().union(*families))
    code = np.empty(circle.size, dtype=np.intp)
    for number, weights in enumerate(families):
        rows = np.flatnonzero(circle == number)
        code[rows] = weighted(rng, [weights.get(word, 0) for word in words], rows.size)
    return pd.Series(words).array.take(code)


def _as_exported(lines: pd.DataFrame, last: np.datetime64, random_state: int) -> pd.DataFrame:
    """Add what a real export holds beside good orders; dates become text."""
    import pandas as pd

    rng = generator(random_state, "faults")
    parts = [lines, _refunds(lines, rng, last), _staff_orders(lines, rng)]
    whole = pd.concat([part for part in parts if len(part)])
    whole = pd.concat([whole, whole.iloc[_some(rng, len(whole), 0.005)]])
    whole = whole.sort_values(["date", "order_id"], kind="stable").reset_index(drop=True)
    return _with_faults(whole, rng)


def _some(rng: np.random.Generator, n: int, share: float) -> np.ndarray:
    """Choose a share of n positions, at least one, in order."""
    return np.sort(rng.choice(n, size=min(n, max(1, round(n * share))), replace=False))


def _refunds(lines: pd.DataFrame, rng: np.random.Generator, last: np.datetime64) -> pd.DataFrame:
    """Give a few lines back, under the number of their order, three to thirty days later."""
    import pandas as pd

    back = lines.iloc[_some(rng, len(lines), 0.025)].copy()
    back["amount"] = -back["amount"]
    back["date"] = back["date"] + pd.to_timedelta(rng.integers(3, 31, len(back)), unit="D")
    return back[back["date"] <= pd.Timestamp(last)]


def _staff_orders(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Copy a few orders as if the shop's own people had placed them."""
    people = customer_ids(max(2, lines["customer_id"].nunique() // 300), prefix="STAFF")
    bought = lines.iloc[_some(rng, len(lines), 0.008)].drop_duplicates("order_id").copy()
    bought["customer_id"] = people[rng.integers(0, people.size, len(bought))]
    bought["order_id"] += 900_000_000
    bought["staff"] = True
    return bought


def _with_faults(whole: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Blank ids of till sales, blank a few amounts, and spoil a few dates."""
    n = len(whole)
    whole.loc[_some(rng, n, 0.012), "customer_id"] = None
    whole.loc[_some(rng, n, 0.0006), "amount"] = np.nan
    dates = whole["date"].dt.strftime("%Y-%m-%d").astype(object)
    spoilt = _some(rng, n, 0.0006)
    dates.iloc[spoilt] = np.array(["31/02/2025", "n.c.", "2025-13-01", None], dtype=object)[
        np.arange(spoilt.size) % 4
    ]
    return whole.assign(date=dates.astype("str").where(dates.notna(), None))
