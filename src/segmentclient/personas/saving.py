"""Cards on disk: a page, a PDF, a picture or Markdown, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segmentclient.errors import SegmentClientError
from segmentclient.personas.pages import page_html
from segmentclient.printing import print_pdf, print_png
from segmentclient.writing import whole_file

if TYPE_CHECKING:
    from segmentclient.personas.persona import Personas

__all__ = ["save_cards"]


def save_cards(personas: Personas, path: Path) -> Path:
    """Write the cards in the format that the suffix of the path names."""
    writers = {".html": _html, ".htm": _html, ".md": _markdown, ".pdf": _pdf, ".png": _png}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise SegmentClientError(
            f"cannot save cards as {path.suffix or path.name!r}; accepted: .html, .pdf, .png, .md"
        )
    with whole_file(path) as draft:
        write(personas, draft)
    return path


def _html(personas: Personas, draft: Path) -> None:
    draft.write_text(page_html(personas.cards, personas.lang), encoding="utf-8")


def _markdown(personas: Personas, draft: Path) -> None:
    draft.write_text(personas.to_markdown(), encoding="utf-8")


def _pdf(personas: Personas, draft: Path) -> None:
    print_pdf(page_html(personas.cards, personas.lang), draft)


def _png(personas: Personas, draft: Path) -> None:
    """Take a picture of the page on a tall canvas, then cut the empty end off."""
    height = 400 + 1100 * ((len(personas) + 1) // 2)
    print_png(page_html(personas.cards, personas.lang), draft, width=1280, height=height)
    _cut(draft)


def _cut(picture: Path) -> None:
    from PIL import Image, ImageChops

    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, ground).getbbox()
    bottom = min(image.height, box[3] + 48) if box else image.height
    image.crop((0, 0, image.width, bottom)).save(picture, "PNG")
