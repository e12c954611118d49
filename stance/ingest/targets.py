"""Proposes a target for a sentence, such as "Russian intervention in Libya", from who and what place it names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stance.ingest.names import Mention, gazetteer
from stance.ingest.relevance import sentence_is_relevant
from stance.records import Document, Pair, Sentence, pair_id

PLACE_BEFORE = re.compile(
    r"\b(?:in|into|inside|on|against|over|across|out of|from|to|of|for|invade[sd]?|invading|attack(?:ed|ing|s)?"
    r"|bomb(?:ed|ing|s)?|arm(?:ed|ing|s)?|occup(?:y|ied|ying))\s+(?:the\s+|eastern\s+|northern\s+|southern\s+|western\s+)?$",
    re.IGNORECASE,
)
FORCE_AFTER = re.compile(
    r"^(?:[-’']\w+)?\s+(?:\w+\s+){0,2}(?:troops|forces|soldiers|marines|army|military|air ?strikes|strikes|jets|planes"
    r"|warplanes|drones|missiles|bombing|bombs|raids?|invasion|intervention|occupation|involvement|action|sanctions|aid"
    r"|arms|weapons|tanks|advisers|mercenaries|peacekeepers|mission|resolution|coalition|backing|support|officials?"
    r"|president|government|administration|ambassador|envoy|diplomats?|congress|senate)\b",
    re.IGNORECASE,
)
REACH = 40
PLACE_WEIGHT, FORCE_WEIGHT, USUAL_WEIGHT = 2.0, 2.0, 1.5
SENTENCE_WEIGHT, TITLE_WEIGHT, NEIGHBOUR_WEIGHT, ARTICLE_WEIGHT = 4.0, 2.0, 1.0, 1.0


@dataclass(frozen=True)
class Proposal:
    """Who is thought to intervene where; either may be unknown."""

    intervener: str | None
    place: str | None

    @property
    def target(self) -> str:
        """The target as the guidelines spell it."""
        who = gazetteer().adjective(self.intervener) if self.intervener else "foreign"
        return f"{who} intervention in {self.place}" if self.place else f"{who} intervention"


def propose(
    text: str, before: str = "", after: str = "", title: str = "", article: Counter[str] | None = None
) -> Proposal:
    """Who intervenes where in the sentence `text`; `article` counts the names in the whole article.

    What the sentence says weighs more than its neighbours, the title and the article.
    """
    who: defaultdict[str, float] = defaultdict(float)
    where: defaultdict[str, float] = defaultdict(float)
    context = [
        (text, SENTENCE_WEIGHT),
        (title, TITLE_WEIGHT),
        (before, NEIGHBOUR_WEIGHT),
        (after, NEIGHBOUR_WEIGHT / 2),
    ]
    for part, weight in context:
        for mention in gazetteer().mentions(part):
            as_intervener, as_place = _roles(part, mention)
            who[mention.name] += weight * as_intervener
            where[mention.name] += weight * as_place
    total = sum(article.values()) if article else 0
    for name, count in (article or {}).items():
        usual = name in gazetteer().usual
        (who if usual else where)[name] += ARTICLE_WEIGHT * count / total
    place = _best(where, taken=None)
    return Proposal(_best(who, taken=place), place)


def name_counts(document: Document) -> Counter[str]:
    """How often each country and organisation is named in an article."""
    return Counter(mention.name for mention in gazetteer().mentions(f"{document.title or ''}\n{document.text}"))


def propose_pairs(document: Document, sentences: Iterable[Sentence]) -> Iterator[Pair]:
    """One Pair for each sentence that is about intervention."""
    counts = name_counts(document)
    for sentence in sentences:
        if sentence_is_relevant(sentence.text, sentence.before, sentence.after):
            found = propose(sentence.text, sentence.before, sentence.after, document.title or "", counts)
            yield Pair(
                id=pair_id(sentence.id, found.target),
                sentence_id=sentence.id,
                target=found.target,
                intervener=found.intervener,
                place=found.place,
            )


def _roles(text: str, mention: Mention) -> tuple[float, float]:
    """(weight as intervener, weight as place) of a mention, from its form and its neighbours."""
    usual = mention.name in gazetteer().usual
    before, after = text[max(0, mention.start - REACH) : mention.start], text[mention.end : mention.end + REACH]
    as_place = PLACE_WEIGHT if PLACE_BEFORE.search(before) and mention.kind != "adjective" else 0.5
    as_intervener = FORCE_WEIGHT if FORCE_AFTER.match(after) else 0.5
    if mention.name in gazetteer().bodies:
        return as_intervener * USUAL_WEIGHT, 0.0
    if usual:
        return as_intervener * USUAL_WEIGHT, as_place / 3
    return as_intervener / 3, as_place * USUAL_WEIGHT


def _best(weights: Mapping[str, float], taken: str | None) -> str | None:
    best = max((name for name in weights if name != taken), key=lambda name: (weights[name], name), default=None)
    return best if best is not None and weights[best] >= 1.0 else None
