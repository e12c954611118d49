"""Labels of articles that may not be passed on: published without text, placed again on the user's own copies.

A label points to its sentence by the article's address and hash, offsets, the sentence's hash, and a sketch of it: 64
bytes by which an edited sentence can be recognised, but from which it cannot be read.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stance.ingest.minhash import minhash
from stance.records import Document, Gold, Pair, Record, Removed, Sentence

SKETCH_HASHES = 64
SKETCH_SEED = 7
GRAM_CHARACTERS = 5
WORD_START = re.compile(r"\b\w")
NOT_LETTERS = re.compile(r"[\W_]+")
MIN_SIMILARITY = 0.6
MIN_LEAD = 0.2
"""By how much the best sentence must be more similar than the next: otherwise neither is taken."""
MIN_QUOTES_FOUND = 0.3
"""Share of an article's labelled sentences that a copy must hold, word for word, to be taken for it without its URL."""


class Quote(Record):
    """A stretch of an article's normalised text, by offsets and hash."""

    start: int
    end: int
    sha256: str


class Labelled(Record):
    """What a label says, whether it stands off or is placed."""

    target: str
    label: str
    intervener: str | None = None
    place: str | None = None
    tags: tuple[str, ...] = ()
    annotator: str = "human"
    guidelines: str | None = None
    created: str | None = None


class StandoffLabel(Labelled):
    """A label without the text that it is about."""

    url: str | None
    document_sha256: str
    quote: Quote
    sketch: str
    holder: Quote | None = None
    """Where in the article the holder is named; `author` is told by `holder_is_author`."""
    holder_is_author: bool = False


class PlacedLabel(Labelled):
    """A row of an annotations file: a label on a sentence of the user's copy."""

    article: str
    sentence: str
    sentence_id: str | None = None
    """Given where the article has the sentence more than once."""
    holder: str | None = None
    similarity: float = 1.0
    """1 where the sentence is the annotated one to the letter; less where it was edited since."""

    def annotation(self) -> dict[str, object]:
        """The row as an annotations file has it: without `similarity` and what is not known."""
        return self.model_dump(mode="json", exclude={"similarity"}, exclude_defaults=True)


@dataclass(frozen=True)
class Rehydrated:
    """Every label that came in is placed or listed."""

    placed: list[PlacedLabel]
    listed: list[Removed]


def publish(
    document: Document, sentences: Iterable[Sentence], pairs: Iterable[Pair], gold: Iterable[Gold]
) -> Iterator[StandoffLabel]:
    """The labels of one document without its text. A holder that is not named in the document is left out."""
    by_id = {sentence.id: sentence for sentence in sentences if sentence.document_id == document.id}
    pair_of = {pair.id: pair for pair in pairs if pair.sentence_id in by_id}
    for row in gold:
        if (pair := pair_of.get(row.pair_id)) is None:
            continue
        sentence = by_id[pair.sentence_id]
        vote = next((vote for vote in row.votes if vote.label == row.label), None)
        yield StandoffLabel(
            url=document.url,
            document_sha256=_sha256(document.text),
            quote=_quote(document.text, sentence.start, sentence.end),
            sketch=sketch(sentence.text),
            target=pair.target,
            label=row.label,
            holder=_holder(document.text, row.holder, sentence.start),
            holder_is_author=row.holder == "author",
            intervener=pair.intervener,
            place=pair.place,
            tags=pair.tags,
            annotator=vote.labeler if vote else row.source,
            guidelines=vote.guidelines if vote else None,
            created=vote.created if vote else None,
        )


def rehydrate(
    labels: Sequence[StandoffLabel], documents: Sequence[Document], sentences: Iterable[Sentence]
) -> Rehydrated:
    """`labels` on the user's copies. Small edits are followed; what cannot be placed for sure is listed."""
    by_document: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        by_document.setdefault(sentence.document_id, []).append(sentence)
    articles: dict[str, list[StandoffLabel]] = {}
    for label in labels:
        articles.setdefault(label.document_sha256, []).append(label)
    result = Rehydrated([], [])
    for own in articles.values():
        document = _find_copy(own, documents, by_document)
        if document is None:
            result.listed.extend(_listed(label, "no copy of the article") for label in own)
            continue
        anchors = _anchor({label.quote.start: label for label in own}, by_document.get(document.id, []))
        for label in own:
            anchor = anchors[label.quote.start]
            if isinstance(anchor, str):
                result.listed.append(_listed(label, anchor))
            else:
                sentence, similarity = anchor
                repeated = sum(other.text == sentence.text for other in by_document[document.id]) > 1
                result.placed.append(_placed(label, document, sentence, similarity, by_id=repeated))
    return result


def sketch(text: str) -> str:
    """64 bytes in hexadecimal by which an edited sentence is recognised; punctuation, case and spaces do not count."""
    letters = NOT_LETTERS.sub(" ", text.casefold()).strip()
    grams = [letters[i : i + GRAM_CHARACTERS] for i in range(max(1, len(letters) - GRAM_CHARACTERS + 1))]
    return (minhash(grams, SKETCH_HASHES, SKETCH_SEED) & 0xFF).astype("uint8").tobytes().hex()


def _similarity(a: str, b: str) -> float:
    return sum(x == y for x, y in zip(bytes.fromhex(a), bytes.fromhex(b), strict=True)) / SKETCH_HASHES


Anchor = tuple[Sentence, float]


def _anchor(labels: dict[int, StandoffLabel], sentences: Sequence[Sentence]) -> dict[int, Anchor | str]:
    """Start of each annotated sentence -> its sentence in the copy and their similarity, or why there is none.

    First the sentences that are unchanged and occur once; then, in the gap between two of them, those that occur
    several times or were edited. Order is never broken.
    """
    hashes = [_sha256(sentence.text) for sentence in sentences]
    sketches = [sketch(sentence.text) for sentence in sentences]
    starts = sorted(labels)
    unique = {start: place for start in starts if (place := _only(hashes, labels[start].quote.sha256)) is not None}
    fixed = _in_order(unique)
    anchors: dict[int, Anchor | str] = {}
    taken = -1
    for number, start in enumerate(starts):
        if start in fixed:
            anchors[start] = sentences[fixed[start]], 1.0
            taken = fixed[start]
            continue
        end = next((fixed[later] for later in starts[number + 1 :] if later in fixed), len(sentences))
        gap = range(taken + 1, end)
        label = labels[start]
        exact = [place for place in gap if hashes[place] == label.quote.sha256]
        scores = sorted(((_similarity(label.sketch, sketches[p]), p) for p in exact or gap), reverse=True)
        if len(exact) > 1:
            anchors[start] = "sentence occurs more than once"
        elif not scores or scores[0][0] < MIN_SIMILARITY:
            anchors[start] = "sentence not found"
        elif len(scores) > 1 and scores[0][0] - scores[1][0] < MIN_LEAD:
            anchors[start] = "two sentences are as likely"
        else:
            taken = scores[0][1]
            anchors[start] = sentences[taken], 1.0 if exact else round(min(scores[0][0], 0.999), 3)
    return anchors


def _only(hashes: Sequence[str], wanted: str) -> int | None:
    return hashes.index(wanted) if hashes.count(wanted) == 1 else None


def _in_order(places: dict[int, int]) -> dict[int, int]:
    """The longest run of `places` that keeps the article's order: a sentence that was moved does not bound gaps."""
    best: list[list[int]] = []
    for start in places:
        before = [chain for chain in best if places[chain[-1]] < places[start]]
        best.append([*max(before, key=len, default=[]), start])
    return {start: places[start] for start in max(best, key=len, default=[])}


def _find_copy(
    labels: Sequence[StandoffLabel], documents: Sequence[Document], sentences: dict[str, list[Sentence]]
) -> Document | None:
    """The copy by its text, else by its URL, else the one that holds most of the labelled sentences."""
    for document in documents:
        if _sha256(document.text) == labels[0].document_sha256:
            return document
    for document in documents:
        if document.url is not None and document.url == labels[0].url:
            return document
    wanted = {label.quote.sha256 for label in labels}
    found = [
        (len(wanted & {_sha256(sentence.text) for sentence in sentences.get(document.id, ())}), document)
        for document in documents
    ]
    count, best = max(found, key=lambda entry: entry[0], default=(0, None))
    return best if count >= max(1, MIN_QUOTES_FOUND * len(wanted)) else None


def _placed(
    label: StandoffLabel, document: Document, sentence: Sentence, similarity: float, *, by_id: bool
) -> PlacedLabel:
    holder = "author" if label.holder_is_author else None
    if label.holder is not None:
        holder = _find_quote(document.text, label.holder)
    return PlacedLabel(
        article=document.name,
        sentence=sentence.text,
        sentence_id=sentence.id if by_id else None,
        holder=holder,
        similarity=similarity,
        **label.model_dump(include=set(Labelled.model_fields)),
    )


def _find_quote(text: str, quote: Quote) -> str | None:
    """The words of `text` with the quote's length and hash, the nearest to its place; None where there are none."""
    length = quote.end - quote.start
    starts = sorted((match.start() for match in WORD_START.finditer(text)), key=lambda start: abs(start - quote.start))
    return next((text[s : s + length] for s in starts if _sha256(text[s : s + length]) == quote.sha256), None)


def _holder(text: str, holder: str | None, near: int) -> Quote | None:
    if not holder or holder == "author":
        return None
    places = [match.start() for match in re.finditer(rf"\b{re.escape(holder)}", text)]
    place = min(places, key=lambda place: abs(place - near), default=None)
    return None if place is None else _quote(text, place, place + len(holder))


def _listed(label: StandoffLabel, reason: str) -> Removed:
    article = label.url or label.document_sha256[:16]
    return Removed(item=f"{article} {label.quote.start}-{label.quote.end}", reason=reason, detail=label.target)


def _quote(text: str, start: int, end: int) -> Quote:
    return Quote(start=start, end=end, sha256=_sha256(text[start:end]))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
