"""Maps from scores to named segments: presets, own maps, and the proof that a map is whole.

A map is a list of segments, each a list of cell patterns. A pattern has one place an axis (R, F, M): a digit,
a choice such as ``[45]``, or ``.`` for any score. The first segment that matches a cell names it.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, RuleError, raise_all
from segmentclient.locale import language
from segmentclient.render import printable
from segmentclient.schema import check_columns, nearest

if TYPE_CHECKING:
    import pandas as pd

    from segmentclient.rfm.scores import RFMScorer

__all__ = ["MapCheck", "Segment", "SegmentMap", "action", "colour", "label", "meaning", "segment_rfm"]

SCORES = ("r_score", "f_score", "m_score")
PRESETS = ("standard", "rf_grid", "shopify", "klaviyo", "r_rfm", "heavy_medium_light")
UNKNOWN_COLOUR = "#A8A8A8"


@dataclass(frozen=True)
class Segment:
    """One named segment: a stable key, and what a reader is shown (English; French comes from the catalogue)."""

    key: str
    label: str
    colour: str = UNKNOWN_COLOUR
    meaning: str = ""
    action: str = ""


@dataclass(frozen=True)
class MapCheck:
    """What `SegmentMap.check` found; `is_partition` when every cell has exactly one segment."""

    n_cells: int
    uncovered: tuple[str, ...]
    overlapping: tuple[str, ...]
    unreachable: tuple[str, ...]

    @property
    def is_partition(self) -> bool:
        """True when no cell is uncovered or matched twice and every segment can be reached."""
        return not (self.uncovered or self.overlapping or self.unreachable)

    def __str__(self) -> str:
        if self.is_partition:
            return f"{self.n_cells} cells: each has exactly one segment, every segment can be reached"
        parts = [
            ("uncovered", self.uncovered),
            ("matched twice", self.overlapping),
            ("never reached", self.unreachable),
        ]
        found = "; ".join(f"{len(what)} {name}: {' '.join(what)}" for name, what in parts if what)
        return f"{self.n_cells} cells; {found}"


@dataclass(frozen=True)
class SegmentMap:
    """Names for the cells of an R × F × M grid.

    Parameters
    ----------
    name : what the map is called.
    bins : number of scores an axis (at most 9).
    cells : segment key → cell patterns, in order of precedence.
    default : key given to cells that no pattern matches.
    segments : descriptions of keys that the library does not know, or describes otherwise.
    scored_by : the call that makes the scores this map expects.

    Examples
    --------
    >>> import segmentclient as sc
    >>> grid = sc.SegmentMap.preset("standard")
    >>> grid.segment_of(5, 5, 5), grid.segment_of(1, 1, 1)
    ('champions', 'lost')
    >>> print(sc.SegmentMap.preset("r_rfm").check().uncovered)
    ('215', '241', '251', '252', '341', '351', '441', '451', '541', '551')
    """

    name: str
    bins: int
    cells: Mapping[str, tuple[str, ...]]
    default: str = "others"
    segments: Mapping[str, Segment] = field(default_factory=dict)
    scored_by: str = ""

    def __post_init__(self) -> None:
        raise_all(_map_problems(self), table=f"segment map {self.name!r}", error=RuleError)

    @classmethod
    def preset(cls, name: str) -> SegmentMap:
        """Give a shipped map: standard, rf_grid, shopify, klaviyo, r_rfm or heavy_medium_light."""
        if name not in PRESETS:
            raise RuleError(
                f"segment map {name!r} is not known{nearest(str(name), PRESETS)}; accepted: {', '.join(PRESETS)}"
            )
        return cls.from_toml(_preset_text(f"{name}.toml"))

    @classmethod
    def from_toml(cls, source: str | Path) -> SegmentMap:
        """Read a map from a TOML file (a `Path`, or a name that ends in .toml) or from TOML text."""
        data = _toml(source)
        raise_all(_toml_problems(data), table="segment map", error=RuleError)
        described = {key: Segment(key, **words) for key, words in data.get("segments", {}).items()}
        return cls(
            name=data.get("name", "own"),
            bins=data["bins"],
            cells={key: tuple(patterns) for key, patterns in data["cells"].items()},
            default=data.get("default", "others"),
            segments=described,
            scored_by=data.get("scored_by", ""),
        )

    @classmethod
    def from_ranges(
        cls, ranges: Iterable[Mapping[str, Any]], *, bins: int = 5, name: str = "own"
    ) -> SegmentMap:
        """Build a map from ranges: ``{"segment": "champions", "r": (4, 5), "f": (4, 5), "m": (3, 5)}``.

        An axis that is left out takes any score; one segment may have several ranges; the first match wins.
        """
        cells: dict[str, list[str]] = {}
        for one in ranges:
            raise_all(_range_problems(one, bins), table=f"segment map {name!r}", error=RuleError)
            cells.setdefault(one["segment"], []).append(
                "".join(_places(one.get(axis), bins) for axis in "rfm")
            )
        return cls(name, bins, {key: tuple(patterns) for key, patterns in cells.items()})

    @classmethod
    def from_table(cls, table: Any, *, bins: int = 5, name: str = "own") -> SegmentMap:
        """Build a map from a table with columns r_score, f_score, m_score and segment, one row a cell."""
        frame = frames.read(table, name="segment map")
        check_columns(
            frame.collect_schema(),
            {**dict.fromkeys(SCORES, "number"), "segment": "text"},
            table="segment map",
        )
        cells: dict[str, list[str]] = {}
        for r, f, m, key in frames.collect(frame, [*SCORES, "segment"]).itertuples(index=False):
            cells.setdefault(str(key), []).append(f"{int(r)}{int(f)}{int(m)}")
        return cls(name, bins, {key: tuple(sorted(patterns)) for key, patterns in cells.items()})

    @property
    def keys(self) -> tuple[str, ...]:
        """The segment keys in order of precedence."""
        return tuple(self.cells)

    def segment_of(self, r: int, f: int, m: int) -> str:
        """Name one cell."""
        return self.grid().get(f"{r}{f}{m}", self.default)

    def grid(self) -> dict[str, str]:
        """Give every cell that a pattern matches, with its segment."""
        return {cell: keys[0] for cell, keys in self._matches().items() if keys}

    def check(self) -> MapCheck:
        """Prove that the map is complete, disjoint and reachable, or list the offending cells."""
        matches = self._matches()
        reached = {keys[0] for keys in matches.values() if keys}
        return MapCheck(
            n_cells=len(matches),
            uncovered=tuple(cell for cell, keys in matches.items() if not keys),
            overlapping=tuple(cell for cell, keys in matches.items() if len(keys) > 1),
            unreachable=tuple(key for key in self.cells if key not in reached),
        )

    def _matches(self) -> dict[str, list[str]]:
        scores = [str(score) for score in range(1, self.bins + 1)]
        patterns = {key: re.compile("|".join(cells)) for key, cells in self.cells.items()}
        cells = ("".join(cell) for cell in itertools.product(scores, repeat=3))
        return {cell: [key for key, pattern in patterns.items() if pattern.fullmatch(cell)] for cell in cells}

    def describe(self, key: str) -> Segment:
        """Give the label, colour, meaning and action of a segment."""
        return self.segments.get(key) or _known_segments().get(key) or Segment(key, key)

    def moves_up(self, scorer: RFMScorer) -> pd.DataFrame:
        """Say what moves a customer of each segment up, in days, orders and money.

        Returns
        -------
        DataFrame with one row a segment and axis that leads up: `segment`, `axis`, `to` (the better segment that
        most of its cells reach by one more point), `share_of_cells`, `threshold` (days at most; orders or money
        above).
        """
        import pandas as pd

        rows = [row for key in self.cells for row in _moves(self, key, scorer)]
        return pd.DataFrame(rows, columns=["segment", "axis", "to", "share_of_cells", "threshold"])

    def to_toml(self) -> str:
        """Write the map as TOML, to be read again by `from_toml`."""
        lines = [f"name = {_quoted(self.name)}", f"bins = {self.bins}", f"default = {_quoted(self.default)}"]
        lines += [f"scored_by = {_quoted(self.scored_by)}"] if self.scored_by else []
        lines += ["", "[cells]"]
        lines += [f"{_quoted(key)} = [{', '.join(map(_quoted, cells))}]" for key, cells in self.cells.items()]
        for key, segment in self.segments.items():
            words = {name: getattr(segment, name) for name in ("label", "colour", "meaning", "action")}
            lines += [
                "",
                f"[segments.{_quoted(key)}]",
                *(f"{name} = {_quoted(text)}" for name, text in words.items()),
            ]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        from segmentclient.render import html_card, html_table

        grid = list(self.grid().values())
        rows = [(self.describe(key).label, grid.count(key), self.describe(key).meaning) for key in self.cells]
        return html_card(
            f"Segment map “{self.name}”",
            {"check": self.check()},
            body=html_table(["segment", "cells", "meaning"], rows),
        )


def segment_rfm(customers: Any, *, segments: str | SegmentMap = "standard", column: str = "segment") -> Any:
    """Name each customer's segment from the three scores.

    Parameters
    ----------
    customers : table with `r_score`, `f_score` and `m_score` (see `score_rfm`), on any engine.
    segments : name of a preset ("standard", "rf_grid", "shopify", "klaviyo", "r_rfm", "heavy_medium_light")
        or a `SegmentMap`.
    column : name of the column to add.

    Returns
    -------
    The same rows in the same kind of table, with the text column `segment`: a stable English key. Rows without
    scores (people who never bought) are `prospects`; cells that no rule of the map covers take its `default`.
    One row (the highest score) is collected.

    Raises
    ------
    ColumnError
        A score column is missing, the output column is there already, or the scores have more bins than the map.
    RuleError
        The map is not known.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> scored = pd.DataFrame({"r_score": [5, 1], "f_score": [5, 1], "m_score": [5, 1]})
    >>> sc.segment_rfm(scored)["segment"].tolist()
    ['champions', 'lost']
    """
    chosen = segments if isinstance(segments, SegmentMap) else SegmentMap.preset(segments)
    frame = frames.read(customers)
    check_columns(frame.collect_schema(), SCORES)
    _check_new(frame, column)
    _check_bins(frame, chosen)
    return frames.give_back(frame.with_columns(_segment_expression(chosen).alias(column)))


def _check_new(frame: frames.Frame, column: str) -> None:
    if column in frame.collect_schema():
        raise ColumnError(
            f"customers: column {column!r} is there already; drop it, or choose another name with column="
        )


def _check_bins(frame: frames.Frame, chosen: SegmentMap) -> None:
    highest = frames.one_row(frame, **{score: nw.col(score).max() for score in SCORES})
    found = max((score for score in highest.values() if score is not None), default=0)
    if found > chosen.bins:
        call = chosen.scored_by or f"score_rfm(customers, bins={chosen.bins})"
        raise ColumnError(
            f"customers: the map {chosen.name!r} reads scores of 1 to {chosen.bins}, found {found:g}; "
            f"drop the score columns and call {call} first"
        )


def _segment_expression(chosen: SegmentMap) -> nw.Expr:
    """First the rows without scores, then one branch a segment, then the default."""
    r, f, m = (nw.col(score) for score in SCORES)
    code = r * 100 + f * 10 + m
    cells: dict[str, list[int]] = {}
    for cell, key in chosen.grid().items():
        cells.setdefault(key, []).append(int(cell))
    result = nw.lit(chosen.default)
    for key, codes in cells.items():
        result = nw.when(code.is_in(codes)).then(nw.lit(key)).otherwise(result)
    return nw.when(r.is_null()).then(nw.lit("prospects")).otherwise(result)


def label(key: str, lang: str = "en") -> str:
    """Give the label of a segment in a language; a key that the library does not know is its own label."""
    known = _known_segments().get(key)
    return language(lang).term("segment", known.label) if known else printable(key)


def meaning(key: str, lang: str = "en") -> str:
    """Give the one-sentence meaning of a segment in a language ("" for a key that the library does not know)."""
    known = _known_segments().get(key)
    return language(lang).text(known.meaning) if known else ""


def action(key: str, lang: str = "en") -> str:
    """Give the recommended action for a segment in a language ("" for a key that the library does not know)."""
    known = _known_segments().get(key)
    return language(lang).text(known.action) if known else ""


def colour(key: str) -> str | None:
    """Give the colour of a segment, or None for a key that the library does not know."""
    known = _known_segments().get(key)
    return known.colour if known else None


@functools.cache
def _known_segments() -> dict[str, Segment]:
    return {key: Segment(key, **words) for key, words in tomllib.loads(_preset_text("segments.toml")).items()}


def _preset_text(file: str) -> str:
    return resources.files(__package__).joinpath("presets", file).read_text(encoding="utf-8")


def _toml(source: str | Path) -> dict[str, Any]:
    is_file = isinstance(source, Path) or source.endswith(".toml")
    try:
        return tomllib.loads(Path(source).read_text(encoding="utf-8") if is_file else str(source))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(f"segment map: cannot be read: {error}") from error


def _toml_problems(data: Mapping[str, Any]) -> Iterable[str]:
    if not isinstance(data.get("bins"), int):
        yield f"bins must be a whole number from 2 to 9, found {data.get('bins')!r}"
    cells = data.get("cells")
    if not isinstance(cells, dict) or not all(isinstance(patterns, list) for patterns in cells.values()):
        yield "[cells] must list the patterns of each segment, such as champions = ['55.']"
    known = {"label", "colour", "meaning", "action"}
    for key, words in data.get("segments", {}).items():
        if not isinstance(words, dict) or "label" not in words or not set(words) <= known:
            yield f"[segments.{key}] takes label (needed), colour, meaning and action"


def _map_problems(chosen: SegmentMap) -> Iterable[str]:
    if not isinstance(chosen.bins, int) or not 2 <= chosen.bins <= 9:
        yield f"bins must be a whole number from 2 to 9, found {chosen.bins!r}"
    for key, patterns in chosen.cells.items():
        for pattern in patterns:
            if not isinstance(pattern, str) or not re.fullmatch(r"(\d|\.|\[\d+\]){3}", pattern):
                yield f"{key}: {pattern!r} is not a cell pattern; one place an axis (R, F, M): 5, [45] or ."


def _range_problems(one: Mapping[str, Any], bins: int) -> Iterable[str]:
    if not isinstance(one.get("segment"), str):
        yield f"each range needs a text 'segment', found {one!r}"
    for axis in "rfm":
        limits = one.get(axis)
        if limits is not None and not (len(limits) == 2 and 1 <= limits[0] <= limits[1] <= bins):
            yield f"{one.get('segment')}: {axis}={limits!r} is not a range (low, high) within 1 to {bins}"


def _places(limits: tuple[int, int] | None, bins: int) -> str:
    if limits is None:
        return "."
    return "[" + "".join(str(score) for score in range(limits[0], limits[1] + 1)) + "]"


def _moves(chosen: SegmentMap, key: str, scorer: RFMScorer) -> Iterable[tuple[str, str, str, float, float]]:
    grid = chosen.grid()
    height = {
        name: _mean([sum(map(int, cell)) for cell, of in grid.items() if of == name]) for name in chosen.cells
    }
    own = [cell for cell, name in grid.items() if name == key]
    for place, axis in enumerate(("recency", "frequency", "monetary")):
        reached = [
            (cell, grid.get(_raised(cell, place), key)) for cell in own if int(cell[place]) < chosen.bins
        ]
        better = [(cell, to) for cell, to in reached if height.get(to, 0) > height[key]]
        if better:
            names = [to for _, to in better]
            to = max(sorted(set(names)), key=names.count)
            score = min(int(cell[place]) for cell, name in better if name == to) + 1
            yield key, axis, to, names.count(to) / len(own), scorer.threshold(axis, score)


def _raised(cell: str, place: int) -> str:
    return cell[:place] + str(int(cell[place]) + 1) + cell[place + 1 :]


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
