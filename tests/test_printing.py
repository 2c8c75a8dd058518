"""Printing without a printer, and what a printer is given."""

import subprocess

import pytest

import segmentclient as sc
from segmentclient import printing


def test_without_a_printer_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(printing.shutil, "which", lambda _: None)
    monkeypatch.setattr(printing, "find_spec", lambda _: None)
    with pytest.raises(
        sc.SegmentClientError, match=r"install Chromium or Chrome, or pip install \"segmentclient\[pdf\]\""
    ):
        sc.report.Report("<p>", "t", "en").save(tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_fails_is_told_and_leaves_nothing(monkeypatch, tmp_path):
    failed = subprocess.CompletedProcess([], 1, "", "first\nno display")
    monkeypatch.setattr(printing.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(printing.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(sc.SegmentClientError, match="chromium could not print the page: no display"):
        sc.report.Report("<p>", "t", "en").save(tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []
