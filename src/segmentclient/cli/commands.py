"""What each command does. Heavy rooms are entered only by the command that needs them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

__all__ = ["audiences", "charts", "check_rules", "demo", "drift", "explain", "report", "score"]


def report(options: argparse.Namespace) -> int:
    """Write the report of an order file."""
    from segmentclient.cli.pipeline import STEPS, analyse
    from segmentclient.cli.progress import showing
    from segmentclient.cli.tables import check_page, with_ids_like

    check_page(options.output)
    people = _people(options)
    with showing(STEPS + 2, quiet=options.quiet, lang=options.lang) as progress:
        analysis = analyse(options, progress)
        told = _write_report(options, analysis, with_ids_like(people, analysis.customers), progress)
    print(told)
    return 0


def demo(options: argparse.Namespace) -> int:
    """Write the report of the CDNOW log."""
    import segmentclient as sc
    from segmentclient import frames
    from segmentclient.cli.pipeline import STEPS, clean_orders, label
    from segmentclient.cli.progress import showing
    from segmentclient.cli.tables import check_page

    check_page(options.output)
    options.currency = options.currency or "USD"
    options.title = (
        options.title
        or {"en": "CDNOW: who are our customers?", "fr": "CDNOW : qui sont nos clients ?"}[options.lang]
    )
    with showing(STEPS + 2, quiet=options.quiet, lang=options.lang) as progress:
        progress.step("reading the CDNOW log and setting faulty rows aside")
        clean = clean_orders(sc.datasets.load_cdnow(), options)
        progress.step("summing the rows into customers ({n})", n=clean.kept_rows)
        customers = frames.collect(
            frames.read(sc.summarize_customers(clean.transactions, as_of=options.as_of))
        )
        analysis = label(clean, customers, options, progress)
        told = _write_report(options, analysis, None, progress)
    print(told)
    return 0


def _write_report(options: argparse.Namespace, analysis: Any, people: Any, progress: Any) -> str:
    """Write the report and the manifest, and give the line that says so."""
    import segmentclient as sc
    from segmentclient.cli.manifest import write_manifest

    progress.step("drawing the personas")
    personas = sc.build_personas(
        analysis.customers,
        attributes=people,
        transactions=analysis.clean.transactions,
        lang=options.lang,
        currency=options.currency,
    )
    progress.step("writing {path}", path=options.output)
    page = sc.build_report(
        analysis.customers,
        clean=analysis.clean,
        scorer=analysis.scorer,
        models=analysis.models,
        values=analysis.values,
        terms=analysis.terms,
        personas=personas,
        lang=options.lang,
        currency=options.currency,
        title=options.title,
    )
    page.save(options.output)
    write_manifest(options, [options.output], analysis=analysis)
    return _summary(options.output, analysis, progress.words)


def _summary(path: str, analysis: Any, words: Any) -> str:
    clean, customers = analysis.clean, len(analysis.customers)
    return str(
        words.text(
            "{path}: {customers}, rows kept: {kept} of {rows}",
            path=path,
            customers=words.plural("{n} customer", "{n} customers", customers),
            kept=words.number(clean.kept_rows),
            rows=words.number(clean.rows),
        )
    )


def _people(options: argparse.Namespace) -> Any:
    if not options.people:
        return None
    from segmentclient.cli.tables import read_customers

    return read_customers(options.people)


def charts(options: argparse.Namespace) -> int:
    """Write the charts alone, one file each."""
    from segmentclient import plot
    from segmentclient.cli.manifest import write_manifest
    from segmentclient.cli.pipeline import STEPS, analyse
    from segmentclient.cli.progress import showing

    with showing(STEPS + 1, quiet=options.quiet, lang=options.lang) as progress:
        analysis = analyse(options, progress)
        progress.step("drawing into {path}", path=options.out)
        drawn = _charts(analysis, options)
        paths = [plot.save_chart(axes, Path(options.out, f"{name}.{options.format}")) for name, axes in drawn]
        write_manifest(options, paths, analysis=analysis)
    print("\n".join(map(str, paths)))
    return 0


def _charts(analysis: Any, options: argparse.Namespace) -> Any:
    from segmentclient import plot

    words, money = {"lang": options.lang}, {"lang": options.lang, "currency": options.currency}
    yield "segment_treemap", plot.segment_treemap(analysis.customers, **words)
    yield "segment_bars", plot.segment_bars(analysis.customers, **money)
    yield "share_pairs", plot.share_pairs(analysis.customers, **words)
    yield "rf_heatmap", plot.rf_heatmap(analysis.customers, **money)
    yield "score_histograms", plot.score_histograms(analysis.customers, scorer=analysis.scorer, **money)
    yield "lorenz_curve", plot.lorenz_curve(analysis.customers, **words)
    yield "value_distribution", plot.value_distribution(analysis.customers, **money)


def score(options: argparse.Namespace) -> int:
    """Write the customers with their scores, segments and values."""
    from segmentclient.cli.manifest import write_manifest
    from segmentclient.cli.pipeline import STEPS, analyse
    from segmentclient.cli.progress import showing
    from segmentclient.cli.tables import check_table, write_table

    check_table(options.output)
    with showing(STEPS + 1, quiet=options.quiet) as progress:
        analysis = analyse(options, progress)
        progress.step("writing {path}", path=options.output)
        write_table(analysis.customers, options.output)
        write_manifest(options, [options.output], analysis=analysis)
    print(f"{options.output}: {len(analysis.customers):,} customers")
    return 0


def audiences(options: argparse.Namespace) -> int:
    """Write one file a segment."""
    import segmentclient as sc
    from segmentclient.cli.manifest import write_manifest
    from segmentclient.cli.pipeline import STEPS, analyse
    from segmentclient.cli.progress import showing
    from segmentclient.cli.tables import with_ids_like

    people = _people(options)
    with showing(STEPS + 1, quiet=options.quiet) as progress:
        analysis = analyse(options, progress)
        people = with_ids_like(people, analysis.customers)
        customers = analysis.customers if people is None else sc.join_people(analysis.customers, people)
        progress.step("writing into {path}", path=options.out)
        signed = sc.export_audiences(
            customers, options.out, hash_ids=options.hash_ids, holdout=options.holdout
        )
        write_manifest(options, [signed], analysis=analysis)
    print(options.out)
    return 0


def check_rules(options: argparse.Namespace) -> int:
    """Check a rules file; exit with 1 when something is wrong."""
    import segmentclient as sc
    from segmentclient.cli.manifest import write_manifest
    from segmentclient.cli.tables import read_customers
    from segmentclient.render import printable

    found = sc.check_rules(options.rules, read_customers(options.data) if options.data else None)
    print(printable(str(found)))
    write_manifest(options, [], result={"ok": found.ok, "problems": [str(one) for one in found.problems]})
    return 0 if found.ok else 1


def drift(options: argparse.Namespace) -> int:
    """Compare two customer files; exit with 1 when the segments have moved too far."""
    import segmentclient as sc
    from segmentclient.cli.manifest import write_manifest
    from segmentclient.cli.tables import read_customers, with_ids_like

    before, after = (read_customers(path) for path in (options.before, options.after))
    after = with_ids_like(after, before)
    before = with_ids_like(before, after)
    moved = sc.compare_periods(before, after, by=options.by)
    print(moved)
    print(f"population stability index: {moved.psi:.4f} (limit {options.max_psi:g})")
    write_manifest(options, [], result={"psi": moved.psi, "moved_too_far": moved.psi > options.max_psi})
    if moved.psi > options.max_psi:
        print("segmentclient: the segments have moved further than --max-psi allows", file=sys.stderr)
        return 1
    return 0


def explain(options: argparse.Namespace) -> int:
    """Print the page on errors, or the section of it that an error named."""
    from segmentclient.cli.manifest import write_manifest
    from segmentclient.errors import explanation

    print(explanation(options.section), end="")
    write_manifest(options, [])
    return 0
