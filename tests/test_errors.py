import pytest

import segmentclient as sc
from segmentclient import errors


def test_one_problem_is_one_sentence_and_several_are_a_list():
    errors.raise_all([], table="orders")
    with pytest.raises(sc.ColumnError, match=r"^orders: too few$"):
        errors.raise_all(["too few"], table="orders")
    with pytest.raises(sc.RuleError, match=r"(?s)^orders: 2 problems\n  - a\n  - b$"):
        errors.raise_all(iter("ab"), table="orders", error=sc.RuleError)


def test_the_tree():
    for error in (sc.ColumnError, sc.TransactionError, sc.RuleError, sc.ModelError):
        assert issubclass(error, sc.SegmentClientError)
    assert issubclass(sc.SegmentClientError, ValueError)
    assert issubclass(sc.SegmentClientWarning, UserWarning)


def test_an_unfitted_model_is_scikit_learns_error_too():
    from sklearn.exceptions import NotFittedError

    error = errors.not_fitted(sc.BGNBD())
    assert isinstance(error, NotFittedError)
    assert isinstance(error, sc.ModelError)
    assert "BGNBD().fit(customers)" in str(error)
