"""An opinion: what a sentence says of an intervention, with everything that it can be grouped by."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stance.records import Document, Pair, Prediction, Removed

TARGET = re.compile(r"(?P<intervener>.+?) intervention in (?P<place>.+)")
"""How the guidelines spell a target; what it names counts where the pair itself says nothing."""


@dataclass(frozen=True)
class Opinion:
    """A prediction joined with its article and its pair."""

    id: str
    """Of the pair."""
    document_id: str
    document: str
    """The article's file name."""
    start: int
    end: int
    text: str
    target: str
    label: str
    probabilities: Mapping[str, float]
    title: str | None = None
    outlet: str | None = None
    published: str | None = None
    genre: str | None = None
    conflict: str | None = None
    author: str | None = None
    language: str | None = None
    intervener: str | None = None
    place: str | None = None
    holder: str | None = None
    """Whose stance it is, where that was found out."""
    speaker: str | None = None
    """The holder's one name within the article, however it is spelt where the span is."""
    holder_kind: str | None = None
    """author, named, collective, anonymous or pronoun-resolved."""
    holder_start: int | None = None
    holder_end: int | None = None
    """Code points of the document; None for the author."""
    actor: str | None = None
    actor_kind: str | None = None
    """author, country, organisation, person or group."""
    cluster: str | None = None
    """The group of articles that repeat one another; the article itself where there is none."""


def join(
    predictions: Iterable[Prediction], pairs: Mapping[str, Pair], documents: Mapping[str, Document]
) -> tuple[list[Opinion], list[Removed]]:
    """(opinions in the order of the predictions, predictions left out); `pairs` and `documents` by id."""
    opinions: list[Opinion] = []
    removed: list[Removed] = []
    seen: set[str] = set()
    for prediction in predictions:
        document = documents.get(prediction.id.partition(":")[0])
        if document is None:
            removed.append(Removed(item=prediction.id, reason="its article is not among the documents"))
        elif prediction.id in seen:
            removed.append(Removed(item=prediction.id, reason="second prediction for the pair"))
        else:
            seen.add(prediction.id)
            opinions.append(_opinion(prediction, pairs.get(prediction.id), document))
    return opinions, removed


def _opinion(prediction: Prediction, pair: Pair | None, document: Document) -> Opinion:
    named = TARGET.fullmatch(prediction.target)
    intervener, place = (named["intervener"], named["place"]) if named else (None, None)
    return Opinion(
        id=prediction.id,
        document_id=document.id,
        document=document.name,
        start=prediction.start,
        end=prediction.end,
        text=prediction.text,
        target=prediction.target,
        label=prediction.label,
        probabilities=prediction.probabilities,
        title=document.title,
        outlet=document.outlet,
        published=document.published,
        genre=document.genre,
        conflict=document.conflict,
        author=document.author,
        language=document.language,
        intervener=(pair.intervener if pair else None) or intervener,
        place=(pair.place if pair else None) or place,
    )
