import datetime as dt
import math

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
    ],
)
def test_horizons_follow_the_calendar(horizon, days):
    assert parse_horizon(horizon, dt.date(2024, 1, 31)).days == days


def test_without_a_date_months_have_their_mean_length():
    assert parse_horizon("12M", None).days == 365.2425
    assert parse_horizon("6m", None).days == 365.2425 / 2


def test_infinite():
    assert math.isinf(parse_horizon("infinite", None).days)
    with pytest.raises(ModelError, match="needs annual_discount_rate"):
        continuous_rate(0.0, parse_horizon("infinite", None))


@pytest.mark.parametrize("horizon", ["soon", "0M", "-3M", 12, None, "2020-01-01"])
def test_what_cannot_be_a_horizon(horizon):
    with pytest.raises(ModelError, match="horizon"):
        parse_horizon(horizon, dt.date(2024, 1, 31))


def test_a_date_needs_as_of():
    with pytest.raises(ModelError, match="as_of"):
        parse_horizon("2025-01-01", None)


def test_rates_and_units():
    assert continuous_rate(0.10, parse_horizon("12M", None)) * 365.2425 == pytest.approx(
        math.log(1.1), rel=1e-15
    )
    assert days_a_unit("30D") == 30
    assert days_a_unit("W") == 7
    for wrong in ("fortnight", "0D", ""):
        with pytest.raises(ModelError, match="time_unit"):
            days_a_unit(wrong)
    with pytest.raises(ModelError, match="annual_discount_rate"):
        continuous_rate(-0.1, parse_horizon("12M", None))
