"""Cards on disk: a page, a PDF, a picture or Markdown, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from segmentclient.errors import SegmentClientError
from segmentclient.personas.card import Card
from segmentclient.personas.pages import cards_markdown, page_html
from segmentclient.printing import print_pdf, print_png
from segmentclient.writing import whole_file

__all__ = ["save_cards"]


def save_cards(cards: Sequence[Card], lang: str, path: Path) -> Path:
    """Write the cards in the format that the suffix of the path names."""
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise SegmentClientError(
            f"cannot save cards as {path.suffix or path.name!r}; accepted: .html, .pdf, .png, .md"
        )
    with whole_file(path) as draft:
        write(cards, lang, draft)
    return path


def _html(cards: Sequence[Card], lang: str, draft: Path) -> None:
    draft.write_text(page_html(cards, lang), encoding="utf-8", newline="\n")


def _markdown(cards: Sequence[Card], lang: str, draft: Path) -> None:
    draft.write_text(cards_markdown(cards, lang), encoding="utf-8", newline="\n")


def _pdf(cards: Sequence[Card], lang: str, draft: Path) -> None:
    print_pdf(page_html(cards, lang), draft)


def _png(cards: Sequence[Card], lang: str, draft: Path) -> None:
    """Take a picture of the page on a tall canvas, then cut the empty end off."""
    height = 400 + 1100 * ((len(cards) + 1) // 2)
    print_png(page_html(cards, lang), draft, width=1280, height=height)
    _cut(draft)


_WRITERS: Mapping[str, Callable[[Sequence[Card], str, Path], None]] = {
    ".html": _html,
    ".htm": _html,
    ".md": _markdown,
    ".pdf": _pdf,
    ".png": _png,
}


def _cut(picture: Path) -> None:
    from PIL import Image, ImageChops

    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, ground).getbbox()
    bottom = min(image.height, box[3] + 48) if box else image.height
    image.crop((0, 0, image.width, bottom)).save(picture, "PNG")
