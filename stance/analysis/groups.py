"""By what opinions are grouped, and how one is shown as evidence."""

from collections.abc import Callable, Mapping
from typing import Any

from stance.analysis.opinions import Opinion

GROUPINGS: Mapping[str, Callable[[Opinion], str | None]] = {
    "target": lambda opinion: opinion.target,
    "intervener": lambda opinion: opinion.intervener,
    "country": lambda opinion: opinion.place,
    "outlet": lambda opinion: opinion.outlet,
    "genre": lambda opinion: opinion.genre,
    "conflict": lambda opinion: opinion.conflict,
    "holder": lambda opinion: opinion.speaker or opinion.holder,
    "author": lambda opinion: opinion.author,
    "language": lambda opinion: opinion.language,
    "year": lambda opinion: opinion.published[:4] if opinion.published else None,
}
"""Kind of group -> the group that an opinion is in; None where unknown. `country` is that of the intervention."""


def group_of(opinion: Opinion, kind: str) -> str | None:
    """Raises ValueError for a kind that is not in GROUPINGS."""
    if kind not in GROUPINGS:
        raise ValueError(f"no grouping {kind!r}; expected one of {', '.join(GROUPINGS)}")
    return GROUPINGS[kind](opinion) or None


def sentence_of(opinion: Opinion, number: int, gold: str | None) -> dict[str, Any]:
    """An opinion as a row of evidence; `gold` is the label that a person gave."""
    return {
        "number": number,
        "id": opinion.id,
        "text": opinion.text,
        "target": opinion.target,
        "label": opinion.label,
        "probability": max(opinion.probabilities.values()),
        "gold": gold,
        "holder": opinion.holder,
        "article": opinion.title or opinion.document,
        "document": opinion.document_id,
        "outlet": opinion.outlet,
        "published": opinion.published,
        "start": opinion.start,
        "end": opinion.end,
    }
