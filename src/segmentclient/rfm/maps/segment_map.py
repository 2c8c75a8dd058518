"""Maps from scores to named segments: presets, own maps, and the proof that a map is whole.

A map is a list of segments, each a list of cell patterns. A pattern has one place an axis (R, F, M): a digit,
a choice such as ``[45]``, or ``.`` for any score. The first segment that matches a cell names it.
"""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segmentclient import frames
from segmentclient.errors import ModelError, RuleError, raise_all
from segmentclient.options import check_options
from segmentclient.rfm.cuts import AXES
from segmentclient.rfm.maps.checking import (
    MapCheck,
    map_problems,
    range_problems,
    score_problems,
    toml_problems,
)
from segmentclient.rfm.maps.moves import moves
from segmentclient.rfm.scores import RFMScorer
from segmentclient.schema import check_columns, nearest
from segmentclient.shown import Segment, known_segment

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PRESETS", "SCORES", "SegmentMap"]

SCORES = ("r_score", "f_score", "m_score")
PRESETS = ("standard", "rf_grid", "shopify", "klaviyo", "r_rfm", "heavy_medium_light")


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
        check_options(SegmentMap, vars(self), error=RuleError)
        raise_all(map_problems(self.bins, self.cells), table=f"segment map {self.name!r}", error=RuleError)

    @classmethod
    def preset(cls, name: str) -> SegmentMap:
        """Give a shipped map: standard, rf_grid, shopify, klaviyo, r_rfm or heavy_medium_light."""
        check_options(SegmentMap.preset, locals())
        if name not in PRESETS:
            raise RuleError(
                f"segment map {name!r} is not known{nearest(str(name), PRESETS)}; accepted: {', '.join(PRESETS)}"
            )
        return cls.from_toml(_preset_text(name))

    @classmethod
    def from_toml(cls, source: str | Path) -> SegmentMap:
        """Read a map from a TOML file (a `Path`, or a name that ends in .toml) or from TOML text."""
        check_options(SegmentMap.from_toml, locals())
        data = _toml(source)
        raise_all(toml_problems(data), table="segment map", error=RuleError)
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
        check_options(SegmentMap.from_ranges, locals())
        cells: dict[str, list[str]] = {}
        for one in ranges:
            raise_all(range_problems(one, bins), table=f"segment map {name!r}", error=RuleError)
            cells.setdefault(one["segment"], []).append(
                "".join(_places(one.get(axis), bins) for axis in "rfm")
            )
        return cls(name, bins, {key: tuple(patterns) for key, patterns in cells.items()})

    @classmethod
    def from_table(cls, table: Any, *, bins: int = 5, name: str = "own") -> SegmentMap:
        """Build a map from a table with columns r_score, f_score, m_score and segment, one row a cell."""
        check_options(SegmentMap.from_table, locals())
        frame = frames.read(table, name="segment map")
        check_columns(
            frames.schema_of(frame),
            {**dict.fromkeys(SCORES, "number"), "segment": "text"},
            table="segment map",
        )
        rows = frames.collect(frame, [*SCORES, "segment"])
        raise_all(_row_problems(rows), table="segment map", error=RuleError)
        cells: dict[str, list[str]] = {}
        for r, f, m, key in rows.itertuples(index=False):
            cells.setdefault(str(key), []).append(f"{int(r)}{int(f)}{int(m)}")
        return cls(name, bins, {key: tuple(sorted(patterns)) for key, patterns in cells.items()})

    @property
    def keys(self) -> tuple[str, ...]:
        """The segment keys in order of precedence."""
        return tuple(self.cells)

    def segment_of(self, r: int, f: int, m: int) -> str:
        """Name one cell."""
        check_options(SegmentMap.segment_of, locals())
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

    def describe(self, key: str, *, lang: Literal["en", "fr"] = "en") -> Segment:
        """Give the label, colour, meaning and action of a segment; words of your own stay as you wrote them.

        Examples
        --------
        >>> import segmentclient as sc
        >>> sc.SegmentMap.preset("standard").describe("at_risk", lang="fr").label
        'À risque'
        """
        check_options(SegmentMap.describe, locals())
        return self.segments.get(key) or known_segment(key, lang) or Segment(key, key)

    def moves_up(self, scorer: RFMScorer) -> pd.DataFrame:
        """Say what moves a customer of each segment up, in days, orders and money.

        Returns
        -------
        DataFrame with one row a segment and axis that leads up: `segment`, `axis`, `to` (the better segment that
        most of its cells reach by one more point), `share_of_cells`, `threshold` (days at most; orders or money
        above).
        """
        check_options(SegmentMap.moves_up, locals())
        import pandas as pd

        if scorer.thresholds_ and any(scorer._top(axis) != self.bins for axis in AXES):
            call = self.scored_by or f"score_rfm(customers, bins={self.bins})"
            raise ModelError(
                f"the map {self.name!r} reads scores of 1 to {self.bins}, the scorer has others; fit one as in {call}"
            )
        rows = [row for key in self.cells for row in moves(self.grid(), self.bins, key, scorer.threshold)]
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

    def __repr__(self) -> str:
        cells = list(self.grid().values())
        lines = [f"  {key}: {cells.count(key)} cells" for key in self.cells]
        return "\n".join([f"SegmentMap {self.name!r}, {self.bins} scores an axis", *lines])

    def _repr_html_(self) -> str:
        from segmentclient.render import html_card, html_table

        grid = list(self.grid().values())
        rows = [(self.describe(key).label, grid.count(key), self.describe(key).meaning) for key in self.cells]
        return html_card(
            f"Segment map “{self.name}”",
            {"check": self.check()},
            body=html_table(["segment", "cells", "meaning"], rows),
        )


def _row_problems(rows: pd.DataFrame) -> Iterable[str]:
    """Say which cells of a table of cells cannot be read."""
    scores = rows[[*SCORES]].astype("float64")
    yield from score_problems((~(scores >= 1) | (scores % 1 != 0)).sum())
    if rows["segment"].isna().any():
        yield f"column 'segment' is missing in {int(rows['segment'].isna().sum()):,} rows; expected a segment for each cell"


def _toml(source: str | Path) -> dict[str, Any]:
    is_file = isinstance(source, Path) or source.endswith(".toml")
    try:
        return tomllib.loads(Path(source).read_text(encoding="utf-8-sig") if is_file else str(source))
    except (OSError, ValueError, RecursionError) as error:
        raise RuleError(f"segment map: cannot be read: {error}") from error


def _places(limits: tuple[int, int] | None, bins: int) -> str:
    if limits is None:
        return "."
    return "[" + "".join(str(score) for score in range(limits[0], limits[1] + 1)) + "]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # which TOML wants escaped too


def _preset_text(name: str) -> str:
    """Read a shipped map."""
    presets = resources.files("segmentclient.rfm").joinpath("presets")
    return presets.joinpath(f"{name}.toml").read_text(encoding="utf-8")
