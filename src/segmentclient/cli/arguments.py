"""What the command line accepts. Options may also stand in a TOML file given by ``--config``."""

from __future__ import annotations

import argparse
import contextlib
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from segmentclient import __version__
from segmentclient.cli import commands

__all__ = ["COMMANDS", "parse"]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; `run` of the answer is the command to call."""
    parser = _parser()
    config = _config(arguments, parser)
    if config:
        command = next((one for one in arguments if one in COMMANDS), None)
        parser = _parser(command, config)
    return parser.parse_args(arguments)


class _Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong and where help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"segmentclient: error: {message} (see {self.prog} --help)\n")


def _parser(command: str | None = None, config: dict[str, Any] | None = None) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="segmentclient",
        description="Who are our customers? Scores, segments, lifetime value, personas and reports from a table of orders.",
        epilog="Exit codes: 0 done · 1 a check said no · 2 bad use or bad input · 3 a fault of the program · 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"segmentclient {__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks and the log")
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (run, add, text) in COMMANDS.items():
        one = kinds.add_parser(name, help=text, description=text)
        add(one)
        one.add_argument(
            "--config", metavar="FILE.toml", help="read options from a TOML file; the command line wins"
        )
        one.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks and the log"
        )
        one.add_argument(
            "--manifest", metavar="FILE.json", help="write what was read, kept, fitted and written, as JSON"
        )
        one.add_argument("--quiet", action="store_true", help="no progress display")
        one.set_defaults(run=run, command=name)
        if name == command and config:
            _apply(one, config)
    return parser


def _config(arguments: Sequence[str], parser: argparse.ArgumentParser) -> dict[str, Any]:
    finder = _Parser(prog="segmentclient", add_help=False)
    finder.add_argument("--config")
    path = finder.parse_known_args(list(arguments))[0].config
    if path is None:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        parser.error(f"--config {path}: {error.strerror}")
    except (ValueError, RecursionError) as error:
        parser.error(f"--config {path}: not a TOML file: {error}")


def _apply(parser: argparse.ArgumentParser, config: dict[str, Any]) -> None:
    """Make the values of the file the defaults; a name that the command does not take is an error."""
    known = {action.dest: action for action in parser._actions if action.dest not in {"config", "help"}}
    values = {name.replace("-", "_"): value for name, value in config.items()}
    unknown = sorted(set(values) - set(known))
    if unknown:
        parser.error(f"--config: unknown options {', '.join(unknown)}; accepted: {', '.join(sorted(known))}")
    for name, value in values.items():
        action = known[name]
        if action.choices is not None and value not in action.choices:
            parser.error(f"--config: {name}={value!r}; accepted: {', '.join(map(str, action.choices))}")
        action.required = False
        if not action.option_strings:
            action.nargs = "?"
    parser.set_defaults(**{name: _default(parser, known[name], value) for name, value in values.items()})


def _default(parser: argparse.ArgumentParser, action: argparse.Action, value: Any) -> Any:
    """Give a value as the command line would: texts, which argparse reads and checks itself, true or false, and lists."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            parser.error(f"--config: {action.dest}={value!r}; accepted: true or false")
        return value
    if isinstance(action, argparse._AppendAction):
        return [str(one) for one in (value if isinstance(value, list) else [value])]
    if isinstance(value, bool | list | dict):
        parser.error(f"--config: {action.dest}={value!r}; one text or number is expected")
    return str(value)


def _orders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "orders",
        metavar="ORDERS",
        help="a .csv, .csv.gz, .tsv or .parquet file, or a pattern such as 'orders/*.parquet'",
    )
    group = parser.add_argument_group("columns of the orders")
    group.add_argument("--customer-id", default="customer_id", metavar="COLUMN")
    group.add_argument("--order-id", metavar="COLUMN")
    group.add_argument("--date", default="date", metavar="COLUMN")
    group.add_argument("--amount", default="amount", metavar="COLUMN")
    group.add_argument("--quantity", metavar="COLUMN", help="with --unit-price, instead of --amount")
    group.add_argument("--unit-price", metavar="COLUMN")
    reading = parser.add_argument_group("reading")
    reading.add_argument(
        "--date-format", metavar="FORMAT", help="of text dates, such as %%d/%%m/%%Y (ISO when not given)"
    )
    reading.add_argument("--decimal", choices=[".", ","], default=".", help="decimal mark of text amounts")
    reading.add_argument(
        "--separator",
        type=_separator,
        metavar="CHARACTER",
        help="of a CSV file, \\t for a tab (found when not given)",
    )
    reading.add_argument("--encoding", default="utf-8", help="of a CSV file: utf-8, latin-1 or utf-16")
    reading.add_argument(
        "--skip-lines", type=int, default=0, metavar="N", help="lines above the column names of a CSV file"
    )
    reading.add_argument(
        "--timezone", metavar="ZONE", help="whose wall clock decides the day, such as Europe/Paris"
    )
    reading.add_argument(
        "--memory-limit", metavar="SIZE", help="the most memory for reading and summing, such as 2GB"
    )
    reading.add_argument("--spill-folder", metavar="FOLDER", help="where to put what does not fit in memory")
    cleaning = parser.add_argument_group("cleaning")
    cleaning.add_argument(
        "--returns", choices=["net", "drop", "raise"], default="net", help="what to do with negative amounts"
    )
    cleaning.add_argument(
        "--duplicates", choices=["keep", "drop"], default="keep", help="what to do with exact duplicates"
    )
    cleaning.add_argument(
        "--exclude", action="append", default=[], metavar="ID", help="a customer id to leave out (repeat)"
    )
    cleaning.add_argument(
        "--exclude-column",
        metavar="COLUMN",
        help="a true / false column that marks rows to leave out, instead of --exclude",
    )
    cleaning.add_argument(
        "--as-of",
        metavar="DAY",
        help="the day from which recency is counted (the last in the data when not given)",
    )


def _analysis(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("analysis")
    group.add_argument(
        "--segments",
        default="standard",
        help="map of segments: standard, rf_grid, shopify, klaviyo, r_rfm, heavy_medium_light",
    )
    group.add_argument(
        "--purchase", default="auto", help="model of purchases: auto, bgnbd, mbgnbd, pareto_nbd"
    )
    group.add_argument(
        "--spend", default="gamma_gamma", help="model of spend: gamma_gamma, gamma_gamma_by_frequency"
    )
    group.add_argument("--horizon", default="12M", help="of lifetime value: 12M, 52W, 365D or a day")
    group.add_argument(
        "--margin", type=float, default=1.0, help="share of revenue that is profit (1.0: value in revenue)"
    )
    group.add_argument("--annual-discount-rate", type=float, default=0.0)


def _words(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("words")
    group.add_argument("--lang", choices=["en", "fr"], default="en")
    group.add_argument(
        "--currency", metavar="CODE", help="such as EUR, GBP or USD; bare numbers when not given"
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    _orders(parser)
    _analysis(parser)
    _words(parser)
    _add_page(parser)
    parser.add_argument(
        "--people", metavar="FILE", help="a table of people, with the same customer ids, for the personas"
    )


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--title")
    parser.add_argument("--output", default="report.html", metavar="FILE.html")


def _add_demo(parser: argparse.ArgumentParser) -> None:
    _words(parser)
    _add_page(parser)
    cdnow = {"orders": "CDNOW", "as_of": "1998-06-30", "people": None}
    parser.set_defaults(**_defaults_of(_orders, _analysis), **cdnow)


def _defaults_of(*groups: Callable[[argparse.ArgumentParser], None]) -> dict[str, Any]:
    """Give the values of options that a command takes without showing them."""
    stand_in = argparse.ArgumentParser(add_help=False)
    for group in groups:
        group(stand_in)
    return {
        action.dest: action.default
        for action in stand_in._actions
        if action.option_strings and action.dest != "as_of"
    }


def _add_charts(parser: argparse.ArgumentParser) -> None:
    _orders(parser)
    _analysis(parser)
    _words(parser)
    parser.add_argument("--out", default="charts", metavar="FOLDER")
    parser.add_argument("--format", choices=["png", "svg"], default="png")


def _add_score(parser: argparse.ArgumentParser) -> None:
    _orders(parser)
    _analysis(parser)
    parser.add_argument("--output", default="customers.csv", metavar="FILE", help="a .csv or .parquet file")
    parser.add_argument(
        "--scorer",
        metavar="FILE.json",
        help="apply the cut points of this file if it is there, else learn and write them",
    )


def _add_audiences(parser: argparse.ArgumentParser) -> None:
    _orders(parser)
    _analysis(parser)
    parser.add_argument("--people", metavar="FILE", help="a table of people, with the same customer ids")
    parser.add_argument("--out", default="audiences", metavar="FOLDER")
    parser.add_argument(
        "--hash-ids",
        metavar="SECRET",
        help="hash the customer ids with this secret; who knows it can find them again",
    )
    parser.add_argument(
        "--holdout", type=float, default=0.0, metavar="SHARE", help="share kept back as a control group"
    )


def _add_check_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rules", metavar="RULES.toml")
    parser.add_argument(
        "--data", metavar="FILE", help="a table to check the rules against (.csv or .parquet)"
    )


def _add_drift(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "before", metavar="BEFORE", help="the customers of the former period (.csv or .parquet)"
    )
    parser.add_argument("after", metavar="AFTER", help="the customers of the later period")
    parser.add_argument("--by", default="segment", metavar="COLUMN")
    parser.add_argument(
        "--max-psi",
        type=_limit,
        default=0.2,
        help="exit with 1 when the population stability index is above this",
    )


def _separator(text: str) -> str:
    """Take a backslash and a t, as a shell hands them over, for a tab."""
    return "\t" if text == "\\t" else text


def _limit(text: str) -> float:
    """Read a limit; one that is no number would let everything pass."""
    with contextlib.suppress(ValueError):
        if (limit := float(text)) >= 0:
            return limit
    raise argparse.ArgumentTypeError(f"{text!r}; accepted: a number of 0 or more")


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "section",
        nargs="?",
        metavar="SECTION",
        help="the section that an error named (the whole page when not given)",
    )


COMMANDS = {
    "report": (commands.report, _add_report, "write the report of an order file"),
    "demo": (commands.demo, _add_demo, "write the report of the CDNOW log, which comes with the library"),
    "charts": (commands.charts, _add_charts, "write the charts alone"),
    "score": (commands.score, _add_score, "write the customers with their scores, segments and values"),
    "audiences": (commands.audiences, _add_audiences, "write one file a segment for a mail or CRM tool"),
    "check-rules": (commands.check_rules, _add_check_rules, "check a rules file, alone or against data"),
    "drift": (
        commands.drift,
        _add_drift,
        "measure how far the segments have moved between two customer files",
    ),
    "explain": (commands.explain, _add_explain, "explain an error: what was wrong, and what to do"),
}
