"""The stable functions against 50 digits."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentclient.lifetime import special
from segmentclient.lifetime.grouping import distinct, levels
from segmentclient.lifetime.quadrature import log_concave_integral, tilted_nodes

POSITIVE = st.floats(-3, 3).map(lambda power: 10.0**power)


def survival(p, r, span):
    return np.exp(-r * np.log1p(p * span))


@settings(max_examples=40, deadline=None)
@given(POSITIVE, POSITIVE, POSITIVE, POSITIVE)
def test_beta_average_is_gauss(a, b, r, span):
    """E (1 + p·span)^−r over Beta(a, b) is 2F1(r, a; a + b; −span)."""
    found = float(special.beta_average(survival, a, b, r, span, scale=r * span + span, fall=r))
    with mp.workdps(50):
        exact = mp.hyp2f1(r, a, mp.mpf(a) + b, -mp.mpf(span))
    assert found == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_rows_do_not_disturb_one_another():
    a, b, r = np.array([0.01, 3.0, 200.0]), np.array([5.0, 0.02, 900.0]), np.array([0.3, 40.0, 2.0])
    together = special.beta_average(survival, a, b, r, 0.7, scale=r, fall=r)
    alone = [special.beta_average(survival, a[i], b[i], r[i], 0.7, scale=r[i], fall=r[i]) for i in range(3)]
    np.testing.assert_allclose(together, np.ravel(alone), rtol=1e-11)


@pytest.mark.parametrize(("a", "b"), [(3.0, 5.0), (0.8, 2.5), (1e-4, 1e4), (200.0, 900.0), (0.01, 0.01)])
def test_a_beta_average_takes_no_more_than_two_hundred_and_fifty_six_nodes(a, b):
    nodes = []

    def counted(p, r, span):
        nodes.append(p.shape[1])
        return survival(p, r, span)

    special.beta_average(counted, a, b, 0.7, 10.0, scale=17.0, fall=0.7)
    assert max(nodes) <= 257


def tilted(c, w, rho, length):
    return tilted_nodes(c, w, np.full(c.size, rho), length, np.log1p(rho * np.expm1(length)))


def test_every_row_has_its_nodes_once():
    """Whatever the number of nodes they need, and however many rows share it."""
    c, length = np.linspace(-60.0, 20.0, 3000), np.geomspace(1e-9, 30.0, 3000)
    rows = [nodes.rows for nodes in tilted(c, np.full(3000, 21.0), 0.3, length)]
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(3000))


@pytest.mark.parametrize("length", [0.01, 1.0, 2.0, 2.4, 2.9, 3.3, 5.0, 9.0])
@pytest.mark.parametrize("rho", [1e-6, 0.2, 1.0])
def test_tilted_integrals_against_sixty_panels(length, rho):
    """Steep or flat, risen or fallen: eleven digits of ∫ exp(c·u) (1 + ρ(eᵘ − 1))^−w du."""
    c, w = (np.ravel(part) for part in np.meshgrid([-40.0, -3.0, 0.4, 3.0], [0.5, 4.0, 40.0]))
    total = np.zeros(c.size)
    for nodes in tilted(c, w, rho, np.full(c.size, length)):
        total[nodes.rows] = np.exp(nodes.log_weight).sum(axis=1)
    x, weights = np.polynomial.legendre.leggauss(40)
    u = (length / 60 * (np.arange(60)[:, None] + 0.5 + 0.5 * x)).ravel()
    heights = np.exp(c[:, None] * u - w[:, None] * np.log1p(rho * np.expm1(u)))
    exact = heights @ np.tile(weights, 60) * length / 120
    np.testing.assert_allclose(total, exact, rtol=1e-11)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), POSITIVE, POSITIVE, POSITIVE)
def test_negative_binomial_tail(n, r, alpha, t):
    found = float(special.negative_binomial_tail(n, r, alpha, t))
    with mp.workdps(60):
        z = mp.mpf(t) / (mp.mpf(alpha) + t)
        front = n * mp.log(z) + r * mp.log(1 - z) - mp.log(n)
        front -= mp.loggamma(n) + mp.loggamma(r) - mp.loggamma(n + mp.mpf(r))
        exact = mp.exp(front) * mp.hyp2f1(1, n + mp.mpf(r), n + 1, z)
    assert found == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("rate", [-3.0, -1e-12, 0.0, 1e-12, 1e-6, 2.0, 500.0])
def test_saturating_has_no_hole_at_zero(rate):
    with mp.workdps(40):
        exact = 1.7 if rate == 0 else float((1 - mp.exp(-mp.mpf(rate) * 1.7)) / rate)
    assert float(special.saturating(rate, 1.7)) == pytest.approx(exact, rel=1e-14)


def test_log_concave_integral_of_a_gamma():
    """∫ exp(k·u − eᵘ) du over (−∞, ln x] is the lower incomplete gamma function."""
    from scipy.special import gammainc, gammaln

    k, x = np.array([[0.01], [1.0], [50.0], [2e4]]), np.array([5.0, 0.3, 80.0, 2e4])
    found = log_concave_integral(lambda u: k * u - np.exp(u), lambda u: k - np.exp(u), np.log(x))
    np.testing.assert_allclose(found, gammaln(k[:, 0]) + np.log(gammainc(k[:, 0], x)), rtol=1e-11, atol=1e-11)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 1 / 7, 0.1, 2.5])), min_size=0, max_size=30)
)
def test_distinct_rows(rows):
    columns = [np.array([row[i] for row in rows], float) for i in (0, 1)]
    first, kind = distinct(columns)
    table = list(zip(*columns, strict=True))
    assert [table[i] for i in first] == sorted(set(table))
    assert [table[first[k]] for k in kind] == table


def test_distinct_rows_of_numbers_far_apart():
    """Four columns of four billion possible days each: more kinds than a whole number can tell apart."""
    far = [-(2.0**31) + 1, 0.0, 12345.0, 2.0**31 - 1]
    rows = np.random.default_rng(4).choice(far, (300, 4))
    first, kind = distinct(list(rows.T))
    kinds, place = np.unique(rows, axis=0, return_inverse=True)
    np.testing.assert_array_equal(rows[first], kinds)
    np.testing.assert_array_equal(kind, place.ravel())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-9, 2000), min_size=1, max_size=9),
    st.sampled_from([1.0, 7.0, 10.0]),
    st.sampled_from([0.0, 1e6, 2.0**31]),
)
def test_levels_rise_and_every_row_has_its_own(whole, parts, far):
    """Days, weeks or tenths, close together or far apart: a thousand levels at most where the rows are few."""
    column = np.array([*whole, far * parts], float) / parts
    values, places = levels(column)
    np.testing.assert_array_equal(values[places], column)
    assert (np.diff(values) > 0).all()
    assert values.size <= 1000
