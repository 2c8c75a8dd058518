"""A page printed to PDF: by a Chromium that is installed, else by WeasyPrint."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from segmentclient.errors import SegmentClientError

__all__ = ["print_pdf"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)


def print_pdf(page: str, path: Path) -> None:
    """Print a page to `path`, or say what to install."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is not None:
        _by_browser(browser, page, path)
    elif find_spec("weasyprint") is not None:
        _by_weasyprint(page, path)
    else:
        raise SegmentClientError(
            "a PDF needs a printer: install Chromium or Chrome, or `pip install segmentclient[pdf]`; "
            "the report can always be saved as .html and printed from a browser"
        )


def _by_weasyprint(page: str, path: Path) -> None:
    """WeasyPrint knows no variables inside drawings: they take the colours of the light theme."""
    import weasyprint

    light = re.sub(r"var\(--sc-[a-z]+, (#[0-9a-f]{6})\)", r"\1", page)
    weasyprint.HTML(string=light).write_pdf(path)


def _by_browser(browser: str, page: str, path: Path) -> None:
    """Print without a network: the page is a file, the browser's profile lives as long as the printing."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "report.html")
        source.write_text(page, encoding="utf-8")
        command = [
            browser,
            *QUIET,
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={path}",
            source.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode or not path.stat().st_size:
        reason = (done.stderr or "no output").strip().splitlines()[-1:]
        raise SegmentClientError(f"{Path(browser).name} could not print the report: {' '.join(reason)}")
