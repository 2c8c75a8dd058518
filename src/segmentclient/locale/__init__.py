"""Languages: sentences through gettext, numbers, dates and money through Babel.

A `Language` is got once, by `language("fr")`, and handed downwards. Message ids are the English sentences;
translations stand in `locale/fr/*.po`, one file a room (`segments.po`, `plot.po`, ...), read on first use.
"""

from __future__ import annotations

import datetime as dt
import functools
import gettext
import io
import math
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from segmentclient.errors import SegmentClientError

__all__ = ["LANGUAGES", "Language", "check_currency", "language"]

LANGUAGES = {"en": "en_GB", "fr": "fr_FR"}
MISSING = "–"
NBSP = "\N{NO-BREAK SPACE}"
_LINKS = "à au contre dans en et ou par pour sur"
_BEFORE_NOUN = re.compile(rf"\{{(\w+)\}} (?!(?:{_LINKS.replace(' ', '|')})\b)(?=[^\W\d_])")
_NUMBER = re.compile(r"\d[\d.,\s]*")


@functools.cache
def language(lang: str) -> Language:
    """Give the `Language` for "en" or "fr"."""
    if lang not in LANGUAGES:
        raise SegmentClientError(f"lang={lang!r} is not known; accepted: {', '.join(map(repr, LANGUAGES))}")
    return Language(lang, LANGUAGES[lang], _catalogue(lang))


def _catalogue(lang: str) -> gettext.NullTranslations:
    """Read every catalogue of a language into one (English needs none: its sentences are the ids)."""
    if lang == "en":
        return gettext.NullTranslations()
    from babel.messages import Catalog, mofile, pofile

    whole, compiled = Catalog(locale=lang), io.BytesIO()
    for path in sorted(resources.files(__name__).joinpath(lang).iterdir(), key=lambda path: path.name):
        if path.name.endswith(".po"):
            for message in pofile.read_po(io.BytesIO(path.read_bytes()), locale=lang):
                whole[message.id] = message
    mofile.write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True)
class Language:
    """One language: `text` and `plural` for sentences, the rest for figures.

    Every method that formats gives "–" for a missing value.
    """

    key: str
    locale: str
    catalogue: gettext.NullTranslations

    def text(self, message: str, /, **values: Any) -> str:
        """Translate an English sentence, then fill its `{places}`."""
        translated = self.catalogue.gettext(message) if message else ""
        return self._filled(translated, values) if values else translated

    def term(self, context: str, message: str) -> str:
        """Translate a word whose meaning depends on its context (msgctxt)."""
        return self.catalogue.pgettext(context, message)

    def plural(self, singular: str, plural: str, n: float, /, **values: Any) -> str:
        """Translate a sentence that counts; `{n}` is the formatted count. French says "0 client", "1 client"."""
        whole = 2 if n != int(n) else int(abs(n))
        message = self.catalogue.ngettext(singular, plural, whole)
        return self._filled(message, {"n": self.number(n), **values})

    def _filled(self, message: str, values: dict[str, Any]) -> str:
        """Fill the places; in French no line may end between a number and the word that it counts."""
        if self.key == "fr":
            message = _BEFORE_NOUN.sub(
                lambda place: f"{{{place[1]}}}{NBSP}" if _is_number(values.get(place[1])) else place[0],
                message,
            )
        return message.format(**values)

    def number(self, value: Any, decimals: int = 0) -> str:
        """Format `1 234,5` or `1,234.5`, with a fixed number of decimals."""
        if _is_missing(value):
            return MISSING
        from babel.numbers import format_decimal

        if abs(float(value)) >= 1e25:  # beyond the digits of decimal numbers
            return f"{float(value):.2e}"
        return _minus(
            format_decimal(_rounded(value, decimals), format=_pattern(decimals), locale=self.locale)
        )

    def percent(self, share: Any, decimals: int = 1) -> str:
        """Format a share of 1 as `12,3 %` or `12.3%`."""
        if _is_missing(share):
            return MISSING
        from babel.numbers import format_percent

        pattern = _pattern(decimals) + (f"{NBSP}%" if self.key == "fr" else "%")
        return _minus(format_percent(_rounded(share, decimals + 2), format=pattern, locale=self.locale))

    def money(self, value: Any, currency: str | None = None, decimals: int = 0) -> str:
        """Format an amount with its currency, or as a bare number when none is given."""
        if _is_missing(value):
            return MISSING
        if currency is None:
            return self.number(value, decimals)
        check_currency(currency)
        from babel.core import Locale
        from babel.numbers import parse_pattern

        pattern = parse_pattern(Locale.parse(self.locale).currency_formats["standard"].pattern)
        pattern.frac_prec = (decimals, decimals)
        amount = pattern.apply(
            _rounded(value, decimals), Locale.parse(self.locale), currency=currency, currency_digits=False
        )
        return _minus(self._plain_symbol(amount))

    def compact(self, value: Any, currency: str | None = None) -> str:
        """Format with k / M in the language's habits: `12 k`, `3,4 M€`; small values in full."""
        if _is_missing(value):
            return MISSING
        from babel.numbers import format_compact_currency, format_compact_decimal

        digits = 0 if abs(value) < 1_000 else _compact_digits(value)
        if abs(value) < 1_000:
            return self.money(value, currency)
        if currency is None:
            amount = format_compact_decimal(
                value, format_type="short", locale=self.locale, fraction_digits=digits
            )
        else:
            check_currency(currency)
            amount = format_compact_currency(
                value, currency, format_type="short", locale=self.locale, fraction_digits=digits
            )
        return _minus(self._one_case(self._close_unit(self._plain_symbol(amount))))

    def symbol(self, currency: str) -> str:
        """Give the sign of a currency, as amounts show it."""
        from babel.numbers import get_currency_symbol

        check_currency(currency)
        return self._plain_symbol(get_currency_symbol(currency, self.locale))

    def _plain_symbol(self, amount: str) -> str:
        """Write pounds as French readers do: £ is sterling unless told, so Babel's "£GB" says nothing more."""
        return amount.replace("£GB", "£") if self.key == "fr" else amount

    def _one_case(self, amount: str) -> str:
        """Write k and M in English whatever Babel's age: it once wrote K and M, and now writes k and m."""
        if self.key != "en":
            return amount
        return amount[:-1] + {"K": "k", "m": "M"}.get(amount[-1], amount[-1])

    def _close_unit(self, amount: str) -> str:
        """Write the thousands of a currency as French does, in one unit: `169 k€`, `71 k$US`; a code stays apart."""
        return re.sub(r"(?<=[A-Za-z])\s(?=[^\w\s])", "", amount) if self.key == "fr" else amount

    def date(self, value: Any, style: Literal["short", "medium", "long"] = "medium") -> str:
        """Format a date as `31/12/2026`, `31 déc. 2026` or `31 décembre 2026`; French has `1er janv. 2027`."""
        if _is_missing(value):
            return MISSING
        from babel.dates import format_date

        day = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])
        if style == "short":
            return format_date(day, format="dd/MM/yyyy", locale=self.locale)
        written = format_date(day, format=style, locale=self.locale)
        if self.key != "fr":
            return written
        number, rest = written.split(maxsplit=1)
        return f"{number}er{NBSP}{rest}" if day.day == 1 else f"{number}{NBSP}{rest}"

    def listed(self, words: Any, style: Literal["standard", "or"] = "standard") -> str:
        """Join words as `a, b et c`."""
        from babel.lists import format_list

        words = [str(word) for word in words]
        return format_list(words, style=style, locale=self.locale) if words else ""


def check_currency(currency: str | None) -> None:
    """Raise when a currency is no ISO 4217 code: three capitals."""
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        raise SegmentClientError(
            f"currency={currency!r}; accepted: an ISO code, such as 'EUR', 'GBP' or 'USD'"
        )


def _is_missing(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, float) and math.isinf(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and bool(_NUMBER.fullmatch(value)))


def _pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _rounded(value: Any, decimals: int) -> float:
    """Round half away from nothing surprising, and never show −0."""
    return round(float(value), decimals) + 0.0


def _minus(text: str) -> str:
    """Write a leading minus as one: the hyphen that Babel gives is shorter, and breaks at the end of a line."""
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


def _compact_digits(value: float) -> int:
    magnitude = math.floor(math.log10(abs(value)))
    return 1 if magnitude % 3 == 0 else 0
