"""What moves the customers of a segment up: one more point on one axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

__all__ = ["moves"]


def moves(
    grid: Mapping[str, str], bins: int, key: str, threshold: Callable[[str, int], float]
) -> Iterable[tuple[str, str, str, float, float]]:
    """Give each axis on which the cells of a segment lead up: where to, for what share of them, from what value on."""
    height = {name: _height(grid, name) for name in set(grid.values())}
    own = [cell for cell, name in grid.items() if name == key]
    for place, axis in enumerate(("recency", "frequency", "monetary")):
        reached = [(cell, grid.get(_raised(cell, place), key)) for cell in own if int(cell[place]) < bins]
        better = [(cell, to) for cell, to in reached if height[to] > height[key]]
        if better:
            names = [to for _, to in better]
            to = max(sorted(set(names)), key=names.count)
            score = min(int(cell[place]) for cell, name in better if name == to) + 1
            yield key, axis, to, names.count(to) / len(own), threshold(axis, score)


def _height(grid: Mapping[str, str], segment: str) -> float:
    """Mean sum of the scores of a segment's cells."""
    sums = [sum(map(int, cell)) for cell, name in grid.items() if name == segment]
    return sum(sums) / len(sums)


def _raised(cell: str, place: int) -> str:
    return cell[:place] + str(int(cell[place]) + 1) + cell[place + 1 :]
