"""What `to_json` wrote, read again: strict JSON, of a known version, holding finite numbers only."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from segmentclient.errors import ModelError

__all__ = ["as_number", "read_stored", "refuse_unknown"]


def read_stored(text: str, what: str, *, version: int | None = None) -> dict[str, Any]:
    """Read the JSON object that ``what.to_json()`` wrote, or raise a `ModelError` that says what is wrong.

    Parameters
    ----------
    text : the text.
    what : name of the class, for the message.
    version : the version accepted; None when the object has none.
    """
    try:
        content = json.loads(
            text, parse_constant=_not_finite, parse_float=_finite, object_pairs_hook=_each_name_once
        )
    except (RecursionError, TypeError, ValueError) as error:
        raise ModelError(
            f"{what}.from_json takes the text that to_json wrote: expected the JSON text of a {what} ({error})"
        ) from None
    if not isinstance(content, dict):
        raise ModelError(
            f"{what}.from_json takes the text that to_json wrote, found a {type(content).__name__}"
        )
    found = content.get("version")
    if version is not None and (isinstance(found, bool) or not isinstance(found, int) or found != version):
        raise ModelError(
            f"{what}.from_json: version {found!r} found, expected version {version}; save it again with this version"
        )
    return content


def refuse_unknown(found: Iterable[str], written: Iterable[str], what: str) -> None:
    """Raise a `ModelError` that names what stands in a text and ``what.to_json()`` does not write."""
    written = list(written)
    odd = [name for name in found if name not in written]
    if odd:
        raise ModelError(
            f"{what}.from_json: {', '.join(map(repr, odd))} unknown; accepted: {', '.join(written)}"
        )


def as_number(value: Any) -> float:
    """Take a JSON number, and nothing that merely reads as one (true, "3")."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number is expected, found {value!r}")
    return float(value)


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number that to_json writes")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _not_finite(text)


def _each_name_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found
