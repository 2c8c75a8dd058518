"""Write the pages that are generated: `python docs/pages.py` (the build does it too).

The pages of `KEPT` stand in the repository, and a test compares them with the code. The pictures of the gallery and
the reference's own pages go to ``_generated``, which is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import segmentclient
from segmentclient import datasets, errors, plot
from segmentclient.schema import COLUMNS, Column

DOCS = Path(__file__).parent


def write_all(*, pictures: bool = False) -> None:
    """Write every generated page, and the gallery's pictures when asked."""
    for name, page in KEPT.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    if pictures:
        import gallery

        gallery.draw_all(DOCS / "_generated" / "gallery")


def columns_page() -> str:
    """Describe every column of the customers table, grouped by the function that makes it."""
    makers = dict.fromkeys(column.made_by for column in COLUMNS.values())
    return _COLUMNS_HEAD + "\n".join(_maker_section(maker) for maker in makers)


_COLUMNS_HEAD = """\
# Columns

One word, one meaning, one unit. This page is written from `segmentclient.schema.COLUMNS`, the table by which every
function judges its input. Predictions may come with `_low` and `_high`, the bounds of their interval.

"""


def _maker_section(maker: str) -> str:
    rows = [_column_row(column) for column in COLUMNS.values() if column.made_by == maker]
    head = f"## Made by `{maker}`\n\n| column | unit | meaning | literature |\n|---|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def _column_row(column: Column) -> str:
    return f"| `{column.name}` | {column.unit} | {column.meaning} | {column.literature} |"


_ROOM_TITLES = {
    "transactions": "Transactions",
    "order_files": "Order files",
    "customers": "Customers",
    "rfm": "Scores and segments",
    "segments": "Rules, clusters, profiles, movement",
    "lifetime": "Lifetime models and value",
    "personas": "Personas",
    "report": "Report and exports",
    "errors": "Errors",
}


def reference_page() -> str:
    """List every public name, by room, with the first line of its docstring."""
    by_room: dict[str, list[str]] = {}
    for name, room in segmentclient._HOME.items():
        by_room.setdefault(room, []).append(name)
    sections = [_section(title, "segmentclient", by_room[room]) for room, title in _ROOM_TITLES.items()]
    sections.append(_section("Charts", "segmentclient.plot", plot.__all__))
    sections.append(_section("Data", "segmentclient.datasets", datasets.__all__))
    return "# Functions and classes\n\nImport the package as `import segmentclient as sc`.\n\n" + "\n".join(
        sections
    )


def _section(title: str, module: str, names: Iterable[str]) -> str:
    listed = "\n".join(f"   {name}" for name in sorted(names, key=str.lower))
    directive = (
        f".. currentmodule:: {module}\n\n.. autosummary::\n   :toctree: _generated/api\n   :nosignatures:\n\n"
    )
    return f"## {title}\n\n```{{eval-rst}}\n{directive}{listed}\n```\n"


def gallery_page() -> str:
    """Show every chart with the code that draws it."""
    import gallery

    return gallery.page()


KEPT: Mapping[str, Callable[[], str]] = {
    "columns.md": columns_page,
    "api.md": reference_page,
    "errors.md": errors.explanation,
    "gallery.md": gallery_page,
}

if __name__ == "__main__":
    write_all()
