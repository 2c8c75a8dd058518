"""Everything this library raises, and where it is explained.

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
come in one message. Under it, a note names the section of ``errors.md`` (which stands beside this file) that
explains such errors: the room that raised it decides which.
"""

from __future__ import annotations

import difflib
import functools
import sys
from collections.abc import Iterable
from importlib import resources
from types import FrameType

__all__ = [
    "SECTIONS",
    "ColumnError",
    "ModelError",
    "RuleError",
    "SegmentClientError",
    "SegmentClientWarning",
    "TransactionError",
    "explanation",
    "missing_package",
    "not_fitted",
    "raise_all",
]

SECTIONS = {
    "cli": "files",
    "customers": "orders-into-customers",
    "datasets": "options",
    "frames": "tables",
    "lifetime": "models",
    "lifetime.clock": "lifetime-value",
    "lifetime.groups": "lifetime-value",
    "lifetime.horizons": "lifetime-value",
    "lifetime.money": "lifetime-value",
    "lifetime.outlook": "lifetime-value",
    "lifetime.totals": "lifetime-value",
    "lifetime.value": "lifetime-value",
    "locale": "options",
    "options": "options",
    "order_files": "files",
    "personas": "personas",
    "personas.typologies": "rules",
    "personas.typology_packs": "rules",
    "plot": "charts",
    "printing": "files",
    "report": "report-and-exports",
    "rfm": "scores",
    "rfm.maps": "segment-maps",
    "schema": "columns",
    "segments": "clusters",
    "segments.explain": "profiles-and-movement",
    "segments.features": "columns",
    "segments.life_cycle": "life-cycle",
    "segments.periods": "profiles-and-movement",
    "segments.profiles": "profiles-and-movement",
    "segments.prospects": "life-cycle",
    "segments.rules": "rules",
    "segments.thresholds": "life-cycle",
    "stored": "models",
    "transactions": "order-log",
    "writing": "files",
}
_NOT_FITTED, _PACKAGES, _OTHERWISE = "not-fitted", "missing-packages", "errors-and-warnings"


class SegmentClientError(ValueError):
    """Any error raised by segmentclient on purpose.

    Attributes
    ----------
    section : str
        The section that explains such errors, such as ``rules``: ``segmentclient explain rules`` prints it.
    page : str
        The same, as the place on the page: ``docs/errors.md#rules``.
    """

    def __init__(self, *args: object, section: str | None = None) -> None:
        super().__init__(*args)
        self.section = section or _section_of(_raising_module(sys._getframe(1)))
        self.page = f"docs/errors.md#{self.section}"
        self.add_note(f"Explained in {self.page}, or by the command: segmentclient explain {self.section}")


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
    message = f"this {name} is not fitted yet: call {name}().fit(customers){other} first"
    return _not_fitted_class()(message, section=_NOT_FITTED)


def missing_package(what: str, package: str, extra: str) -> SegmentClientError:
    """Build the error of an optional package that is not installed: it says the command that installs it."""
    return SegmentClientError(
        f'{what} needs {package}: pip install "segmentclient[{extra}]"', section=_PACKAGES
    )


def explanation(section: str | None = None) -> str:
    """Give a section of the page on errors, or the whole page, as Markdown."""
    page = resources.files(__package__).joinpath("errors.md").read_text(encoding="utf-8")
    if section is None:
        return page
    parts = page.removeprefix("# ").split("\n## ")
    sections = {_anchor(part.partition("\n")[0]): part.rstrip() for part in parts}
    if section not in sections:
        close = " or ".join(map(repr, difflib.get_close_matches(section.lower(), sections)))
        meant = f"; did you mean {close}?" if close else ""
        raise SegmentClientError(
            f"{section!r} is not explained{meant}; accepted: {', '.join(sections)}, or none for the whole page",
            section=_OTHERWISE,
        )
    return f"## {sections[section]}\n"


def _anchor(heading: str) -> str:
    return heading.strip().lower().replace(" ", "-")


def _raising_module(frame: FrameType | None) -> str:
    """Name the module that raises, from inside the constructor of its error."""
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")) if frame is not None else ""


def _section_of(module: str) -> str:
    """Find the section of a module, or else of the nearest room above it."""
    ours, _, room = module.partition(".")
    while ours == __package__ and room:
        if room in SECTIONS:
            return SECTIONS[room]
        room = room.rpartition(".")[0]
    return _OTHERWISE


@functools.cache
def _not_fitted_class() -> type[ModelError]:
    from sklearn.exceptions import NotFittedError

    return type("UnfittedModelError", (ModelError, NotFittedError), {"__module__": __name__})
