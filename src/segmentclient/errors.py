"""Everything this library raises.

::

    ValueError
    └── SegmentClientError      catch this one to catch them all
        ├── ColumnError         a column or a whole table is missing, of the wrong type, or unreadable
        ├── TransactionError    the order log contradicts what was asked (refunds under returns="raise" ...)
        ├── RuleError           a rule, a segment map or a rules file cannot be understood
        └── ModelError          a model cannot be fitted, is not fitted, or cannot answer

    UserWarning
    └── SegmentClientWarning    this ran, but doubt it

A message says what was found, what is accepted and which function helps. All the problems of a table
come in one message.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

__all__ = [
    "ColumnError",
    "ModelError",
    "RuleError",
    "SegmentClientError",
    "SegmentClientWarning",
    "TransactionError",
    "not_fitted",
    "raise_all",
]


class SegmentClientError(ValueError):
    """Any error raised by segmentclient on purpose."""


class ColumnError(SegmentClientError):
    """A column or a whole table cannot be used."""


class TransactionError(SegmentClientError):
    """The order log contradicts what was asked of it."""


class RuleError(SegmentClientError):
    """A rule, a segment map or a rules file cannot be understood."""


class ModelError(SegmentClientError):
    """A model cannot be fitted, is not fitted yet, or has no answer."""


class SegmentClientWarning(UserWarning):
    """The result was computed, but there is a reason to doubt it."""


def raise_all(problems: Iterable[str], *, table: str, error: type[SegmentClientError] = ColumnError) -> None:
    """Raise one `error` that lists every problem of `table`; do nothing when there is none."""
    found = list(problems)
    if not found:
        return
    if len(found) == 1:
        raise error(f"{table}: {found[0]}")
    raise error(f"{table}: {len(found)} problems\n" + "\n".join(f"  - {problem}" for problem in found))


def not_fitted(model: object) -> ModelError:
    """Build the error of a model used before `fit`: ours, and scikit-learn's `NotFittedError` too."""
    name = type(model).__name__
    other = f" or {name}.from_params(...)" if hasattr(model, "from_params") else ""
    return _not_fitted_class()(f"this {name} is not fitted yet: call {name}().fit(customers){other} first")


@functools.cache
def _not_fitted_class() -> type[ModelError]:
    from sklearn.exceptions import NotFittedError

    return type("UnfittedModelError", (ModelError, NotFittedError), {"__module__": __name__})
