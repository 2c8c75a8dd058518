"""What to say to a group and what to do, deduced from where it stands with us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segmentclient.locale import Language
from segmentclient.personas.fields import Field, deduced
from segmentclient.personas.setting import Setting
from segmentclient.personas.typologies import apply_typology
from segmentclient.personas.typology_packs import CANNOT_TELL, Typology, load_typology
from segmentclient.rfm import maps

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["expertise_field", "speaking_fields"]

STANDING = {
    "best": "champions loyal heavy",
    "growing": "potential_loyalists active medium",
    "new": "new promising recent",
    "fading": "needs_attention about_to_sleep at_risk cant_lose almost_lost previously_loyal",
    "gone": "hibernating lost dormant inactive light",
    "prospects": "prospects potential",
}
SAY = {
    "best": "Recognise them: speak as to someone who knows you, thank them, and give them the news first.",
    "growing": "Be useful: show what goes with what they already chose.",
    "new": "Reassure and explain in plain words: they are only just discovering you.",
    "fading": "Be personal: mention what they used to buy, ask, and listen.",
    "gone": "Be brief: one useful message, no insistence.",
    "prospects": "Listen first: ask what they are looking for.",
    "steady": "Keep the contact simple and regular.",
}
DO = {
    "best": "Give them attention before discounts: early access, service, referral.",
    "growing": "Suggest the next purchase at their usual rhythm.",
    "new": "Make the second purchase easy within the first weeks.",
    "fading": "Contact them now, before the silence lasts; offer a reason to return.",
    "gone": "Send one reminder, then stop paid contact.",
    "prospects": "Help them to a first, small purchase.",
    "steady": "Watch who grows and who slows down.",
}


def speaking_fields(key: str, group: pd.DataFrame, everyone: pd.DataFrame, L: Language) -> list[Field]:
    """Deduce the tone and the action: from the segment when it is a known one, from recency and orders otherwise."""
    known = next((standing for standing, keys in STANDING.items() if key in keys.split()), None)
    standing = known or _standing(group, everyone)
    rule = (
        L.text("from the segment “{segment}”", segment=maps.label(key, L.key))
        if known
        else L.text("from the last order and the number of orders")
    )
    action = maps.action(key, L.key) or L.text(DO[standing])
    return [
        deduced("say", L.text("What to say"), L.text(SAY[standing]), "speak", rule, n=len(group)),
        deduced("do", L.text("What to do"), action, "speak", rule, n=len(group)),
    ]


def expertise_field(extra: pd.DataFrame, setting: Setting) -> list[Field]:
    """Deduce how well the group knows the subject from its survey answers, with the key to communication."""
    L, typology = setting.L, load_typology("expertise")
    if not set(typology.columns) <= set(extra.columns):
        return []
    types = apply_typology(extra[list(typology.columns)].reset_index(drop=True), typology)["expertise"]
    told = types[types != CANNOT_TELL].value_counts()
    n, coverage = int(told.sum()), float(told.sum() / len(extra))
    if n < setting.min_size or coverage < setting.min_coverage:
        return []
    key = min(told.index, key=lambda one: (-told[one], one))
    share = float(told[key] / n)
    text = L.text(
        "{type} ({share}): {advice}",
        type=typology.label(key, L.key),
        share=L.percent(share, 0),
        advice=_advice(typology, key, L),
    )
    rule = L.text(
        "typology “expertise”, from three survey answers; {coverage} known", coverage=L.percent(coverage, 0)
    )
    return [
        Field(
            "expertise", L.text("Expertise"), text, key, share, "deduced", "mode", n, coverage, rule, "speak"
        )
    ]


def _advice(typology: Typology, key: str, L: Language) -> str:
    return next(one.key_to_communication(L.key) for one in typology.types if one.key == key)


def _standing(group: pd.DataFrame, everyone: pd.DataFrame) -> str:
    """Compare the median recency and orders of the group with everyone's quartiles."""
    if not {"days_since_last_order", "n_orders"} <= set(group.columns) or group["n_orders"].isna().all():
        return "steady"
    recency, orders = group["days_since_last_order"].dropna().median(), group["n_orders"].median()
    is_recent = recency <= everyone["days_since_last_order"].quantile(0.4)
    is_old = recency >= everyone["days_since_last_order"].quantile(0.75)
    is_frequent = orders > everyone["n_orders"].median()
    if is_old:
        return "fading" if is_frequent else "gone"
    if is_recent:
        return "best" if is_frequent else "new"
    return "growing" if is_frequent else "steady"
