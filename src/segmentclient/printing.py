"""A page printed: to PDF by an installed Chromium or by WeasyPrint, to a picture by Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from segmentclient.errors import SegmentClientError

__all__ = ["print_pdf", "print_png"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
QUIET = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 180


def print_pdf(page: str, path: Path) -> None:
    """Print an HTML page to `path`, or say what to install."""
    if _browser() is not None:
        _browse(page, path, "--no-pdf-header-footer", "--print-to-pdf={path}")
    elif find_spec("weasyprint") is not None:
        _by_weasyprint(page, path)
    else:
        raise SegmentClientError(
            'a PDF needs a printer: install Chromium or Chrome, or pip install "segmentclient[pdf]"; '
            "the page can always be saved as .html and printed from a browser",
            section="missing-packages",
        )


def print_png(page: str, path: Path, *, width: int, height: int) -> None:
    """Take a picture of an HTML page, twice as fine as the screen."""
    if _browser() is None:
        raise SegmentClientError(
            "a picture of a page needs Chromium or Chrome; none was found. Save as .html instead",
            section="missing-packages",
        )
    size = f"--window-size={width},{height}"
    _browse(page, path, size, "--force-device-scale-factor=2", "--hide-scrollbars", "--screenshot={path}")


def _browser() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _by_weasyprint(page: str, path: Path) -> None:
    """WeasyPrint knows no variables inside drawings: they take the colours of the light theme."""
    import weasyprint

    light = re.sub(r"var\(--sc-[a-z]+, (#[0-9a-f]{6})\)", r"\1", page)
    weasyprint.HTML(string=light).write_pdf(path)


def _browse(page: str, path: Path, *options: str) -> None:
    """Print without a network: the page is a file, the browser's profile lives as long as the printing."""
    browser = str(_browser())
    as_root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "page.html"), Path(folder, f"printed{path.suffix}")
        source.write_text(page, encoding="utf-8")
        ordered = [option.format(path=target) for option in options]
        command = [browser, *QUIET, *as_root, f"--user-data-dir={folder}/profile", *ordered, source.as_uri()]
        reason = _run(command)
        if not target.exists():
            raise SegmentClientError(f"{Path(browser).name} could not print the page: {reason}")
        path.write_bytes(target.read_bytes())


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return " ".join((done.stderr or "no output").strip().splitlines()[-1:])
