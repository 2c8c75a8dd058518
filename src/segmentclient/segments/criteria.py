"""The four families of criteria that a base is cut by: geographic, demographic, behavioural, psychographic.

A column of the customers table is behavioural; others are recognised by the words of their names, in English and
French. What is not recognised is said so, and can be given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from segmentclient.errors import SegmentClientError
from segmentclient.options import check_options
from segmentclient.schema import COLUMNS

__all__ = ["FAMILIES", "Family", "criteria_families"]

Family: TypeAlias = Literal["geographic", "demographic", "behavioural", "psychographic", "unknown"]
FAMILIES: tuple[Family, ...] = ("geographic", "demographic", "behavioural", "psychographic")

_WORDS: Mapping[Family, str] = {
    "geographic": """
        address adresse area city climat climate commune continent country county department departement district
        geo iris latitude longitude market municipality neighbourhood neighborhood pays place postal postcode province
        quartier region rural state territoire town urban ville zip zone""",
    "demographic": """
        age birth birthday children civilite civility company diploma education effectif employees employment enfants
        enterprise entreprise ethnicity famille family firm foyer gender generation genre headcount household income
        industry job legal marital menage metier naf naissance nationality nationalite occupation post profession
        religion revenus salaire salary secteur sector sex sexe siren siret title turnover type""",
    "behavioural": """
        abandoned achat achats activity amount app average baskets basket brand browser cadence campaign canal card carte
        cart channel churn clicks click clics commande commandes complaints consent contact coupon days desktop device
        discount email engagement fidelite frequency gap last loyalty marque mobile nps offline online opens order orders
        panier payment points promo promotion purchase purchases quantity recency referral remise retours returns revenue
        satisfaction sessions session share smartphone store subscription tablet tickets transactions usage used visit
        visits visites web wishlist""",
    "psychographic": """
        ambition attentes attitude attitudes attitudinal aspirations belief beliefs brakes centres convictions desires
        expectations expertise fears freins hobbies hobby interest interests interets lifestyle motivation motivations
        needs besoins opinion opinions personality personnalite preference preferences style temperament valeurs
        values wishes envies""",
}  # fmt: skip
_FAMILY_OF = {word: family for family, words in _WORDS.items() for word in words.split()}


def criteria_families(
    columns: Iterable[str], *, given: Mapping[str, Family] | None = None
) -> dict[str, Family]:
    """Say which family of criteria each variable of a segmentation belongs to.

    Parameters
    ----------
    columns : names of variables.
    given : families of your own columns, which win.

    Returns
    -------
    dict
        "geographic" (where they live), "demographic" (who they are; for companies: sector, headcount, turnover),
        "behavioural" (what they do), "psychographic" (what they think and want), or "unknown".

    Raises
    ------
    SegmentClientError
        When a given family is none of the four.

    Examples
    --------
    >>> import segmentclient as sc
    >>> sc.criteria_families(["n_orders", "code_postal", "ageBand", "lifestyle", "x1"])
    {'n_orders': 'behavioural', 'code_postal': 'geographic', 'ageBand': 'demographic', 'lifestyle': 'psychographic', 'x1': 'unknown'}
    """
    check_options(criteria_families, locals())
    given = given or {}
    wrong = [f"{name}={family!r}" for name, family in given.items() if family not in FAMILIES]
    if wrong:
        raise SegmentClientError(f"given: {', '.join(wrong)}; families: {', '.join(FAMILIES)}")
    return {name: given.get(name) or _family(name) for name in columns}


def _family(name: str) -> Family:
    if name in COLUMNS:
        return "behavioural"
    found = [_FAMILY_OF[word] for word in _words(name) if word in _FAMILY_OF]
    return found[0] if found else "unknown"


def _words(name: str) -> list[str]:
    """Split a name into plain words: ageBand, age_band and "Âge (bande)" all hold "age"."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", parts.lower()).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z]+", plain)
