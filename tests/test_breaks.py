"""Natural breaks against every way to cut, and against equal values written out one by one."""

import itertools

import numpy as np
import pytest

from segmentclient.rfm.breaks import MOST_VALUES, jenks_breaks


def cost_of(everyone, points):
    """Sum of squares around the means of the classes (…, point], every customer counted."""
    classes = np.searchsorted(points, everyone, side="left")
    parts = [everyone[classes == one] for one in np.unique(classes)]
    return sum(((part - part.mean()) ** 2).sum() for part in parts)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bins", [2, 3, 4])
def test_no_other_cut_is_better_where_values_are_shared(seed, bins):
    rng = np.random.default_rng(seed)
    values = rng.choice(60, 11, replace=False).astype(float)
    counts = rng.integers(1, 30, 11).astype(float)
    everyone = np.repeat(values, counts.astype(int))
    found = jenks_breaks(values, counts, bins)
    every = itertools.combinations(np.sort(values)[:-1], bins - 1)
    assert len(found) == bins - 1
    assert set(found) <= set(values)
    assert cost_of(everyone, found) == pytest.approx(min(cost_of(everyone, points) for points in every))


def test_counts_are_customers():
    """Nine customers at 0 are worth a class of their own."""
    values = np.array([0.0, 10.0, 21.0])
    assert jenks_breaks(values, np.array([1.0, 1.0, 1.0]), 2) == (10.0,)  # 50 within, against 60.5
    assert jenks_breaks(values, np.array([9.0, 1.0, 1.0]), 2) == (0.0,)  # 60.5 within, against 90


@pytest.mark.parametrize(
    ("values", "bins", "points"),
    [
        ([5.0], 2, (5.0,)),
        ([5.0], 4, (5.0, 5.0, 5.0)),
        ([9.0, 5.0], 4, (5.0, 5.0, 5.0)),
        ([1.0, 2.0, 3.0], 3, (1.0, 2.0)),
        ([3.0, 2.0, 1.0], 5, (1.0, 2.0, 2.0, 2.0)),
    ],
)
def test_fewer_values_than_classes_repeat_the_last_point(values, bins, points):
    assert jenks_breaks(np.array(values), np.ones(len(values)), bins) == points


def test_sums_that_differ_in_the_last_bits_are_one_value():
    """0.1 + 0.2 is 0.3 to twelve digits: three customers share two values."""
    values = np.array([0.1 + 0.2, 0.3, 0.4, 7.0])
    assert jenks_breaks(values, np.ones(4), 3) == (0.3, 0.4)
    assert jenks_breaks(np.array([0.3, 0.300000001, 0.4]), np.ones(3), 3) == (0.3, 0.300000001)


@pytest.mark.parametrize("number", [MOST_VALUES, MOST_VALUES + 1, 5000])
def test_many_values_are_cut_as_well_as_all_pairs_of_points_could(number):
    """Two points: all pairs around the gaps are tried by sums of squares."""
    rng = np.random.default_rng(number)
    everyone = np.unique(np.concatenate([rng.normal(m, 5, size) for m, size in _thirds(number)]).round(9))
    found = jenks_breaks(rng.permutation(everyone), np.ones(len(everyone)), 3)
    best = min(
        cost_of(everyone, pair) for pair in itertools.product(_near(everyone, 50), _near(everyone, 150))
    )
    assert cost_of(everyone, found) <= best * (1 + 1e-12)
    assert set(found) <= set(everyone)


def _thirds(number):
    return [(0.0, number // 2), (100.0, number // 3), (200.0, number - number // 2 - number // 3)]


def _near(everyone, border):
    """The last value below a border, and its neighbours."""
    at = np.searchsorted(everyone, border)
    return everyone[at - 4 : at + 4]


def test_merging_keeps_the_weight_of_a_value_that_most_customers_share():
    """A million customers at one value and 2,000 rare ones: the shared value is a class of its own."""
    values = np.concatenate([[50.0], np.linspace(200.0, 210.0, 1000), np.linspace(400.0, 410.0, 1000)])
    counts = np.concatenate([[1e6], np.ones(2000)])
    low, high = jenks_breaks(values, counts, 3)
    assert low == 50.0
    assert high == 210.0
