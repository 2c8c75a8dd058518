import datetime as dt
import math
import re

import pandas as pd
import pytest

from segmentclient import ModelError
from segmentclient.lifetime.horizons import continuous_rate, days_a_unit, parse_horizon


@pytest.mark.parametrize(
    ("horizon", "days"),
    [
        ("12M", 366),
        ("1M", 29),
        ("52W", 364),
        ("365D", 365),
        ("2Y", 731),
        ("2024-02-10", 10),
        (dt.date(2024, 3, 1), 30),
        (dt.datetime(2024, 3, 1, 23, 59), 30),
        ("2024-02-01", 1),
        ("1D", 1),
        ("11M", 335),
        (" 2 w ", 14),
    ],
)
def test_horizons_follow_the_calendar(horizon, days):
    assert parse_horizon(horizon, dt.date(2024, 1, 31)).days == days


@pytest.mark.parametrize("months", [1, 2, 3, 10, 11, 12, 13, 23, 24, 120])
@pytest.mark.parametrize(
    "as_of", ["2023-01-30", "2023-02-28", "2023-11-30", "2023-12-01", "2023-12-31", "2024-02-29"]
)
def test_months_are_those_of_pandas(months, as_of):
    start = pd.Timestamp(as_of)
    expected = (start + pd.DateOffset(months=months) - start).days
    assert parse_horizon(f"{months}M", start.date()).days == expected
    if months % 12 == 0:
        assert parse_horizon(f"{months // 12}y", start.date()).days == expected


def test_the_calendar_ends():
    start = dt.date(2024, 1, 31)
    assert parse_horizon("1000Y", start).days == (dt.date(3024, 1, 31) - start).days
    assert parse_horizon("1000Y", dt.date(1998, 6, 30)).days == 365_243
    with pytest.raises(ModelError, match="longer than a thousand years; use 'infinite'"):
        parse_horizon("1001Y", start)


def test_without_a_date_months_have_their_mean_length():
    assert parse_horizon("12M", None).days == 365.2425
    assert parse_horizon("6m", None).days == 365.2425 / 2


def test_infinite():
    assert math.isinf(parse_horizon("infinite", None).days)
    assert parse_horizon("Infinite", dt.date(2024, 1, 31)).is_infinite
    assert not parse_horizon("12M", None).is_infinite
    assert continuous_rate(0.10, parse_horizon("infinite", None)) == pytest.approx(
        math.log(1.1) / 365.2425, rel=1e-15
    )
    assert continuous_rate(0, parse_horizon("12M", None)) == 0.0
    with pytest.raises(ModelError, match="needs annual_discount_rate"):
        continuous_rate(0.0, parse_horizon("infinite", None))


@pytest.mark.parametrize(
    "horizon",
    ["soon", "0M", "-3M", 12, None, "2020-01-01", "2024-01-31", "0D", "9" * 400 + "M", "9" * 5000 + "Y"],
)
def test_what_cannot_be_a_horizon(horizon):
    with pytest.raises(ModelError, match="horizon"):
        parse_horizon(horizon, dt.date(2024, 1, 31))


def test_a_horizon_keeps_the_words_of_the_caller():
    for horizon in ("12M", "Infinite", "2025-01-01"):
        assert parse_horizon(horizon, dt.date(2024, 1, 31)).text == horizon
    assert parse_horizon(dt.date(2025, 1, 1), dt.date(2024, 1, 31)).text == "2025-01-01"


def test_what_is_said_of_a_wrong_horizon():
    accepted = re.escape('accepted: "12M", "52W", "365D", "2Y", a date, or "infinite"')
    with pytest.raises(ModelError, match=f"horizon='soon' cannot be read; {accepted}"):
        parse_horizon("soon", None)
    with pytest.raises(ModelError, match=f"horizon='0M' is not after as_of=2024-01-31; {accepted}"):
        parse_horizon("0M", dt.date(2024, 1, 31))


def test_a_date_needs_as_of():
    with pytest.raises(ModelError, match="as_of"):
        parse_horizon("2025-01-01", None)


def test_rates_and_units():
    assert continuous_rate(0.10, parse_horizon("12M", None)) * 365.2425 == pytest.approx(
        math.log(1.1), rel=1e-15
    )
    assert days_a_unit("30D") == 30
    assert days_a_unit("W") == 7
    assert days_a_unit("D") == 1
    assert days_a_unit("2W") == 14
    assert days_a_unit("3M") == days_a_unit("M") * 3 == pytest.approx(365.2425 / 4, rel=1e-15)
    for wrong in ("fortnight", "0D", ""):
        with pytest.raises(ModelError, match="time_unit"):
            days_a_unit(wrong)
    for rate in (-0.1, math.inf, math.nan, "0.1", None):
        with pytest.raises(ModelError, match="annual_discount_rate"):
            continuous_rate(rate, parse_horizon("12M", None))
