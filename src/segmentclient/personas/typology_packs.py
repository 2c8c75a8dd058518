"""Packs of types: those that are shipped, and those that users write in TOML."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from segmentclient.errors import RuleError, raise_all
from segmentclient.locale import language
from segmentclient.options import check_options
from segmentclient.schema import nearest, unknown_names
from segmentclient.segments.rules import Rule

__all__ = ["CANNOT_TELL", "PACKS", "Sign", "Type", "Typology", "load_typology"]

PACKS = ("expertise", "temperament", "colour", "relation")
CANNOT_TELL = "cannot_tell"
_KNOWN_KEYS = {"key", "label", "label_fr", "advice", "advice_fr", "signs"}


@dataclass(frozen=True)
class Sign:
    """A condition that speaks for a type, and how much it weighs."""

    rule: Rule
    weight: float = 1.0


@dataclass(frozen=True)
class Type:
    """One type of a typology: its key, how it is shown, the key to communication, and its signs."""

    key: str
    label: str
    advice: str
    signs: tuple[Sign, ...]
    label_fr: str = ""
    advice_fr: str = ""

    def shown(self, lang: str) -> str:
        """Give the label in a language."""
        return self.label_fr if lang == "fr" and self.label_fr else language(lang).text(self.label)

    def key_to_communication(self, lang: str) -> str:
        """Give the advice in a language."""
        return self.advice_fr if lang == "fr" and self.advice_fr else language(lang).text(self.advice)


@dataclass(frozen=True)
class Typology:
    """A pack of types; `columns` says what it reads, by column name."""

    name: str
    about: str
    columns: Mapping[str, str]
    types: tuple[Type, ...]

    def label(self, key: str, lang: str = "en") -> str:
        """Give the label of a type ("cannot_tell" included)."""
        if key == CANNOT_TELL:
            return language(lang).text("Cannot tell")
        return next((one.shown(lang) for one in self.types if one.key == key), key)


def load_typology(pack: str | Path) -> Typology:
    """Read a pack: the name of a shipped one, or the path of a TOML file.

    A file gives a `name`, a table `[columns]` (column = what it holds) and tables `[[type]]` with `key`, `label`,
    `advice`, `signs` (a list of ``{ when = "...", weight = 1 }``) and, to be shown in French, `label_fr`, `advice_fr`.

    Raises
    ------
    RuleError
        The pack is not known, or the file cannot be read; all its problems in one message.

    Examples
    --------
    >>> from segmentclient.personas import load_typology
    >>> [one.key for one in load_typology("expertise").types]
    ['novice', 'informed', 'savvy', 'expert']
    >>> load_typology("colour").label("red", "en")
    'Red (dominant)'
    """
    check_options(load_typology, locals())
    source = str(pack)
    data = _read(source)
    raise_all(_pack_problems(data), table=source, error=RuleError)
    types = tuple(_type(entry) for entry in data["type"])
    named = dict.fromkeys(name for one in types for sign in one.signs for name in sign.rule.columns)
    described = {name: str(meaning) for name, meaning in data.get("columns", {}).items()}
    return Typology(
        data.get("name", Path(source).stem),
        data.get("about", ""),
        {**described, **{name: "" for name in named if name not in described}},
        types,
    )


def _read(source: str) -> dict[str, Any]:
    try:
        if source in PACKS:
            return tomllib.loads(
                resources.files(__package__).joinpath("packs", f"{source}.toml").read_text("utf-8")
            )
        if not source.endswith(".toml"):
            raise RuleError(
                f"typology {source!r} is not known{nearest(source, PACKS)}; accepted: {', '.join(PACKS)}, or the path of a .toml file"
            )
        return tomllib.loads(Path(source).read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise RuleError(f"{source}: cannot be read: {error}") from error


def _pack_problems(data: Mapping[str, Any]) -> Iterable[str]:
    yield from unknown_names(data, ("name", "about", "columns", "type"))
    for key, kind in (("name", str), ("about", str), ("columns", dict)):
        if not isinstance(data.get(key, kind()), kind):
            yield f"{key!r} must be {_KINDS[kind]}, found {data[key]!r}"
    types = data.get("type")
    if not isinstance(types, list) or len(types) < 2 or not all(isinstance(entry, dict) for entry in types):
        yield "at least two [[type]] tables are expected, each with key, label, advice and signs"
        return
    for position, entry in enumerate(types, start=1):
        yield from (f"type {position}: {problem}" for problem in _type_problems(entry))
    keys = [str(entry.get("key")) for entry in types]
    yield from (
        f"type {key!r} is there twice" for key in sorted({key for key in keys if keys.count(key) > 1})
    )


_KINDS = {str: "text", dict: "a table"}


def _type_problems(entry: Mapping[str, Any]) -> Iterable[str]:
    yield from (f"{key!r} is missing" for key in ("key", "label", "advice", "signs") if not entry.get(key))
    for key, value in entry.items():
        if key not in _KNOWN_KEYS:
            yield f"{key!r} is unknown{nearest(key, _KNOWN_KEYS)}"
        elif key != "signs" and not isinstance(value, str):
            yield f"{key!r} must be text, found {value!r}"
    yield from _sign_problems(entry.get("signs"))


def _sign_problems(signs: Any) -> Iterable[str]:
    for sign in signs if isinstance(signs, list) else [signs] if signs else []:
        if not isinstance(sign, dict) or not isinstance(sign.get("when"), str):
            yield 'each sign is written { when = "...", weight = 1 }'
            continue
        yield from (
            f"sign {sign['when']!r}: {problem}" for problem in unknown_names(sign, ("when", "weight"))
        )
        if not 0 < _number(sign.get("weight", 1)) < math.inf:
            yield f"sign {sign['when']!r}: weight must be a number above 0"
        try:
            Rule("sign", sign["when"])
        except RuleError as error:
            yield str(error)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _type(entry: Mapping[str, Any]) -> Type:
    signs = tuple(
        Sign(Rule(entry["key"], sign["when"]), float(sign.get("weight", 1))) for sign in entry["signs"]
    )
    return Type(
        entry["key"],
        entry["label"],
        entry["advice"],
        signs,
        entry.get("label_fr", ""),
        entry.get("advice_fr", ""),
    )
