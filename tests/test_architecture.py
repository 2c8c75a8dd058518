"""Imports run downwards only, and siblings never import one another."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "segmentclient"
LAYERS = [
    {"cli"},
    {"report"},
    {"personas", "plot"},
    {"rfm", "segments", "lifetime"},
    {"customers"},
    {"transactions", "datasets"},
    {"cells", "order_files"},
    {"frames"},
    {"shown"},
    {"render", "printing"},
    {"schema", "options", "stored", "locale", "writing", "errors"},
]
HEIGHT = {room: len(LAYERS) - level for level, rooms in enumerate(LAYERS) for room in rooms}
GROUND = {
    "locale": {"errors"},
    "options": {"errors"},
    "schema": {"errors"},
    "stored": {"errors"},
    "writing": {"errors", "options"},
}  # within the ground floor, errors lies deepest


def room_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "segmentclient" and len(parts) > 1 and not parts[1].startswith("__"):
                yield parts[1]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_downwards(path):
    room = room_of(path)
    if room in {"__init__", "__main__"}:
        return
    assert room in HEIGHT, f"{room} stands in no layer"
    for other in set(imported_rooms(path)) - {room}:
        if other in GROUND.get(room, ()):
            continue
        assert other in HEIGHT, f"{path.name} imports {other}, which stands in no layer"
        assert HEIGHT[other] < HEIGHT[room], f"{room} may not import {other}"


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "docs"])
def test_each_exception_to_a_check_carries_its_reason(folder):
    bare = re.compile(r"# (noqa(: \w+)?|type: ignore(\[[\w, -]+\])?)\s*$", re.MULTILINE)
    for path in (SOURCE.parents[1] / folder).rglob("*.py"):
        assert not bare.search(path.read_text(encoding="utf-8")), path


def test_the_house_is_drawn_as_it_stands():
    text = (SOURCE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = text.split("```\n")[1].splitlines()
    assert [set(line.split(" | ")) for line in drawn] == LAYERS
    assert {path.name.removesuffix(".py") for path in SOURCE.iterdir()} >= set().union(*LAYERS)
