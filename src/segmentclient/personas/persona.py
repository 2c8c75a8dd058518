"""The results: one `Persona` a segment, and the frozen sequence `Personas` that shows and saves them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from segmentclient.errors import SegmentClientError
from segmentclient.locale import language
from segmentclient.options import check_options
from segmentclient.personas.card import Card
from segmentclient.personas.pages import cards_html, cards_markdown
from segmentclient.personas.saving import save_cards

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Persona", "Personas"]


@dataclass(frozen=True)
class Persona(Card):
    """A semi-fictional person (or company) that stands for a segment.

    Attributes
    ----------
    key, label, colour : the segment: its stable key, its name in the language of the card, its colour.
    kind : "person" or "company".
    name : fictional first name, or fictional company.
    n, share : customers of the group, and their share of all customers.
    story : three sentences.
    tagline : the line that one remembers; for a group too small to be described, the reason.
    fields : everything the card says, each with its provenance.
    traits : what is significantly different from everyone.
    measures : the numbers compared with the average customer.
    described : False when the group is too small.
    lang : language of the texts.
    """

    def __repr__(self) -> str:
        return cards_markdown([self], self.lang).rstrip()

    def _repr_html_(self) -> str:
        return cards_html([self], self.lang)


@dataclass(frozen=True)
class Personas(Sequence[Persona]):
    """Persona cards, in the order of their revenue; `personas["champions"]` and `personas[0]` give one.

    Attributes
    ----------
    cards : the cards. by : the column of the groups. lang, currency : as asked for.
    n_customers : customers with a group. notes : what was set aside while reading.
    """

    cards: tuple[Persona, ...]
    by: str
    lang: str
    currency: str | None
    n_customers: int
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.cards)

    def __iter__(self) -> Iterator[Persona]:
        return iter(self.cards)

    @overload
    def __getitem__(self, place: int) -> Persona: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Persona, ...]: ...
    @overload
    def __getitem__(self, place: str) -> Persona: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, (int, slice)):
            return self.cards[place]
        for card in self.cards:
            if card.key == place:
                return card
        raise SegmentClientError(
            f"no persona for {place!r}; groups: {', '.join(str(card.key) for card in self.cards)}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Give every field of every card as a row.

        Returns
        -------
        DataFrame with `segment` (key of the group), `name`, `field`, `label`, `text`, `value`, `share` (0 to 1),
        `low`, `high`, `provenance`, `statistic`, `n`, `coverage` (0 to 1), `rule` and `block`.
        """
        import pandas as pd

        names = [
            "field",
            "label",
            "text",
            "value",
            "share",
            "low",
            "high",
            "provenance",
            "statistic",
            "n",
            "coverage",
            "rule",
            "block",
        ]
        rows = [
            (card.key, card.name, *(getattr(field, "key" if name == "field" else name) for name in names))
            for card in self.cards
            for field in card.fields
        ]
        return pd.DataFrame(rows, columns=["segment", "name", *names])

    def to_markdown(self) -> str:
        """Write the cards as Markdown."""
        return cards_markdown(self.cards, self.lang)

    def to_html(self) -> str:
        """Give the cards as an HTML fragment with its own style, to be put in any page."""
        return cards_html(self.cards, self.lang)

    def save(self, path: str | Path) -> Path:
        """Write the cards as `.html`, `.pdf` (one A5 card a page), `.png` or `.md`, whole or not at all.

        PDF needs WeasyPrint (``pip install "segmentclient[pdf]"``) or Chromium, PNG needs Chromium.
        """
        check_options(Personas.save, locals())
        return save_cards(self.cards, self.lang, Path(path))

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        L = language(self.lang)
        lines = [
            f"  {card.label}{L.text(': ')}{card.name or '–'}, n = {card.n}, {card.tagline}"
            for card in self.cards
        ]
        title = L.plural(
            "Personas by {by}: {n} card", "Personas by {by}: {n} cards", len(self.cards), by=self.by
        )
        return "\n".join([title, *lines])
