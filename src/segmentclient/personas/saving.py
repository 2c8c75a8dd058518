"""Cards on disk: a page, a PDF, a picture or Markdown, written whole or not at all."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from segmentclient.errors import SegmentClientError
from segmentclient.personas.pages import page_html

if TYPE_CHECKING:
    from segmentclient.personas.persona import Personas

__all__ = ["save_cards"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
QUIET = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 120


def save_cards(personas: Personas, path: Path) -> Path:
    """Write the cards in the format that the suffix of the path names."""
    writers = {".html": _html, ".htm": _html, ".md": _markdown, ".pdf": _pdf, ".png": _png}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise SegmentClientError(
            f"cannot save cards as {path.suffix or path.name!r}; accepted: .html, .pdf, .png, .md"
        )
    _whole(path, write(personas))
    return path


def _whole(path: Path, content: bytes) -> None:
    """Write beside the target, then take its place: a reader never meets half a file."""
    if path.is_dir():
        raise SegmentClientError(f"cannot write {str(path)!r}: it is a folder; give the name of a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise SegmentClientError(f"cannot write {str(path)!r}: {error.strerror or error}") from error


def _html(personas: Personas) -> bytes:
    return page_html(personas.cards, personas.lang).encode()


def _markdown(personas: Personas) -> bytes:
    return personas.to_markdown().encode()


def _pdf(personas: Personas) -> bytes:
    if importlib.util.find_spec("weasyprint") is not None:
        import weasyprint

        return bytes(weasyprint.HTML(string=_html(personas).decode()).write_pdf())
    with tempfile.TemporaryDirectory() as folder:
        page, target = Path(folder, "cards.html"), Path(folder, "cards.pdf")
        page.write_bytes(_html(personas))
        _browse(page, folder, "--no-pdf-header-footer", f"--print-to-pdf={target}")
        return target.read_bytes()


def _png(personas: Personas) -> bytes:
    """Take a picture of the page on a tall canvas, then cut the empty end off."""
    with tempfile.TemporaryDirectory() as folder:
        page, target = Path(folder, "cards.html"), Path(folder, "cards.png")
        page.write_bytes(_html(personas))
        height = 400 + 1100 * ((len(personas) + 1) // 2)
        _browse(
            page,
            folder,
            f"--window-size=1280,{height}",
            "--force-device-scale-factor=2",
            "--hide-scrollbars",
            f"--screenshot={target}",
        )
        return _cut(target)


def _cut(picture: Path) -> bytes:
    import io

    from PIL import Image, ImageChops

    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, ground).getbbox()
    bottom = min(image.height, box[3] + 48) if box else image.height
    written = io.BytesIO()
    image.crop((0, 0, image.width, bottom)).save(written, "PNG")
    return written.getvalue()


def _browse(page: Path, folder: str, *options: str) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SegmentClientError(
            "a picture of the cards needs Chromium, and a PDF needs WeasyPrint or Chromium; none was found. "
            'Try pip install "segmentclient[pdf]" for PDF, install chromium, or save as .html and print from a browser'
        )
    as_root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    command = [browser, *QUIET, *as_root, f"--user-data-dir={folder}/profile", *options, page.as_uri()]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise SegmentClientError(f"{browser} could not print the cards: {error}") from error
    if not any(Path(folder).glob("cards.p*")):
        raise SegmentClientError(f"{browser} wrote nothing; save as .html and print from a browser")
