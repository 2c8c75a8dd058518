"""Options of a wrong type: the annotations of a function say what each of its options accepts.

A function calls ``check_options(itself, locals())`` in its first line; an estimator, whose constructor only assigns,
calls ``check_options(TheClass.__init__, vars(self))`` when it is fitted. There is no second list beside the signature.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import itertools
import numbers
import os
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Any, Literal, get_args, get_origin

import numpy as np

from segmentclient.errors import SegmentClientError, raise_all

__all__ = ["check_options", "shown"]

CHART_OPTIONS = {"by", "currency", "features", "segment", "value"}
MOST = 1_000  # elements of a list that are looked at


def check_options(
    function: Callable[..., Any],
    given: Mapping[str, Any],
    *,
    error: type[SegmentClientError] = SegmentClientError,
) -> None:
    """Raise one error that lists every option whose value its annotation does not accept.

    Parameters
    ----------
    function : the function (or dataclass) whose annotations judge; ``Any`` accepts everything.
    given : name → value; names that the function does not have are passed over.
    error : the class of error to raise.
    """
    problems = (
        f"{name}={shown(given[name])}{_kind(hint, given[name])}; accepted: {_words(hint)}"
        for name, hint in _hints(function).items()
        if name in given and not _accepts(hint, given[name])
    )
    raise_all(
        itertools.chain(problems, _strays(function, given)),
        table=function.__qualname__.removesuffix(".__init__"),
        error=error,
    )


def _strays(function: Callable[..., Any], given: Mapping[str, Any]) -> Iterator[str]:
    """Refuse options of other charts, which a chart would pass on to matplotlib."""
    for name in sorted(CHART_OPTIONS & set(given.get("artist_kwargs", ()))):
        accepted = [option for option in _hints(function) if option != "artist_kwargs"]
        yield f"{name}= is no option of this chart; accepted: {', '.join(accepted)}, and what its artist takes"


def shown(value: Any) -> str:
    """Write a value for a message, in one short line whatever it is."""
    held = type(value)  # asking a plan itself for its columns computes them
    if hasattr(held, "shape") or hasattr(held, "columns"):
        return f"<{held.__module__.split('.')[0]} {held.__name__}>"
    text = " ".join(repr(value).split()).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else f"{text[:77]}..."


def _kind(hint: Any, value: Any) -> str:
    """Name the type found, where not the value but its type is wrong."""
    is_choice = any(get_origin(one) is Literal for one in (hint, *get_args(hint))) and isinstance(value, str)
    return "" if is_choice or value is None else f" ({type(value).__name__})"


@functools.cache
def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    found = inspect.get_annotations(function)
    return {name: _resolved(function, name, text) for name, text in found.items() if name != "return"}


def _resolved(function: Callable[..., Any], name: str, annotation: Any) -> Any:
    """Give the type that an annotation names.

    What a module imports for type checkers alone is looked for among the public names; what is not there accepts
    anything.
    """
    alone: Any = types.SimpleNamespace(__annotations__={name: annotation})
    known = vars(sys.modules[function.__module__])
    try:
        return typing.get_type_hints(alone, known, _PublicNames())[name]
    except (NameError, AttributeError):
        return Any


class _PublicNames(dict[str, Any]):
    """The names of the package, each imported on first use."""

    def __missing__(self, name: str) -> Any:
        package = sys.modules["segmentclient"]
        if name in package.__all__:
            return getattr(package, name)
        raise KeyError(name)


def _accepts(hint: Any, value: Any, *, depth: int = 1) -> bool:
    hint = _behind(hint)
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_accepts(one, value, depth=depth) for one in inside)
    if origin is Literal:
        return any(isinstance(value, type(one)) and value == one for one in inside)
    if not isinstance(origin or hint, type):
        return True
    kind = origin or hint
    return _is_one(kind, value) and (depth == 0 or not _is_plain(kind) or _elements_fit(inside, value))


def _behind(hint: Any) -> Any:
    """Give what a named type stands for: newer Pythons name them by `type X = ...`, as NumPy does for NDArray."""
    return getattr(get_origin(hint) or hint, "__value__", hint)


def _is_one(kind: type, value: Any) -> bool:
    """Tell whether a value is of a kind; numpy's numbers count as Python's, a missing number as none."""
    if kind in (int, float):
        number = numbers.Integral if kind is int else numbers.Real
        return isinstance(value, number) and not isinstance(value, bool) and value == value
    if kind is bool:
        return isinstance(value, bool | np.bool_)
    if _is_plain(kind):
        return _is_collection(kind, value)
    try:
        return isinstance(value, kind) and not _is_broken(value)
    except TypeError:  # a protocol, or a type of numpy's, that does not judge
        return True


def _is_plain(kind: type) -> bool:
    """Tell whether a kind is a collection of Python's own: a list, a mapping, a sequence ..."""
    own = kind.__module__ in ("collections.abc", "builtins")
    return own and issubclass(kind, Iterable) and not issubclass(kind, str | bytes)


def _is_broken(value: object) -> bool:
    """Tell a missing date, and text with half a character (a lone surrogate), which no file and no engine can hold."""
    if isinstance(value, str):
        return any("\ud800" <= letter <= "\udfff" for letter in value)
    return isinstance(value, dt.date) and value != value


def _is_collection(kind: type, value: Any) -> bool:
    if issubclass(kind, Mapping):
        return isinstance(value, kind)
    is_single = isinstance(value, str | bytes) or hasattr(value, "columns")
    if issubclass(kind, Sized) and (isinstance(value, Mapping) or not hasattr(value, "__len__")):
        return False
    return not is_single and hasattr(value, "__iter__") and getattr(value, "ndim", 1) == 1


def _elements_fit(inside: tuple[Any, ...], value: Any) -> bool:
    """Look at the kind of the first elements, of what can be read more than once."""
    fits = functools.partial(_accepts, depth=0)
    if not inside or not hasattr(value, "__len__"):
        return True
    some = list(itertools.islice(value, MOST))
    if isinstance(value, Mapping) and len(inside) == 2:
        return all(fits(inside[0], key) and fits(inside[1], value[key]) for key in some)
    if len(inside) > 1 and Ellipsis not in inside:
        return len(some) == len(inside) and all(map(fits, inside, some))
    return all(fits(inside[0], one) for one in some)


_NAMES: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bytes: "bytes",
    bool: "True or False",
    type(None): "None",
    os.PathLike: "a path",
}


def _several(hint: Any) -> str:
    """Say what the elements of a list are."""
    return {int: "whole numbers", float: "numbers", bytes: "bytes"}.get(hint) or _words(hint).removeprefix(
        "a "
    )


def _words(hint: Any) -> str:
    """Say what an annotation accepts, for a reader."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(one) for one in inside))
    if origin is Literal:
        return ", ".join(map(repr, inside))
    kind = origin or hint
    if kind in _NAMES or not isinstance(kind, type):
        return _NAMES.get(kind, "anything")
    if issubclass(kind, Mapping):
        return f"a mapping of {_words(inside[0])} to {_words(inside[1])}" if inside else "a mapping"
    if issubclass(kind, Iterable) and inside:
        return f"a list of {_several(inside[0])}"
    return f"{'an' if kind.__name__[0] in 'AEIOUaeiou' else 'a'} {kind.__name__}"
