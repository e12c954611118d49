"""The page's labels as stand-off annotations, which hold no text of the article."""

from collections.abc import Iterator, Sequence

from stance.ingest.standoff import StandoffLabel, publish
from stance.records import Document, Gold, Pair, Sentence, pair_id
from stance.serving.asking import Body


class Mark(Body):
    """A label on sentence number `sentence` of the article; `by` is a model or a reader."""

    sentence: int
    target: str
    label: str
    by: str
    holder: str | None = None


def standoff(document: Document, sentences: Sequence[Sentence], marks: Sequence[Mark]) -> Iterator[StandoffLabel]:
    """One stand-off label a mark, in order; raises IndexError where there is no such sentence."""
    for mark in marks:
        sentence = sentences[mark.sentence]
        pair = Pair(id=pair_id(sentence.id, mark.target), sentence_id=sentence.id, target=mark.target)
        gold = Gold(
            pair_id=pair.id, probabilities={mark.label: 1.0}, holder=mark.holder, weight=1.0, source=mark.by, votes=()
        )
        yield from publish(document, [sentence], [pair], [gold])
