"""Which pairs of a sentence and a target a model is asked about."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from stance.records import Pair, Removed, Sentence, pair_id

TRAINED_ON = "the model was trained on the article"
NO_TARGET = "no target to ask about"


def every_target(sentences: Iterable[Sentence], targets: Sequence[str]) -> Iterator[Pair]:
    """Each sentence with each target."""
    for sentence in sentences:
        for target in targets:
            yield Pair(id=pair_id(sentence.id, target), sentence_id=sentence.id, target=target)


def askable(
    pairs: Iterable[Pair], sentences: Mapping[str, Sentence], trained_on: Collection[str]
) -> tuple[list[Pair], list[Removed]]:
    """(pairs to ask about, what is left out): pairs in + sentences that no pair names = asked + removed.

    `sentences` by id; `trained_on` holds document ids. A model knows the answers of articles that it was trained on:
    its errors there say nothing of those elsewhere.
    """
    asked: dict[str, Pair] = {}
    removed: list[Removed] = []
    named: set[str] = set()
    for pair in pairs:
        named.add(pair.sentence_id)
        sentence = sentences.get(pair.sentence_id)
        if sentence is None:
            removed.append(Removed(item=pair.id, reason="its sentence is not among the sentences"))
        elif pair.id in asked:
            removed.append(Removed(item=pair.id, reason="same sentence and target twice"))
        elif sentence.document_id in trained_on:
            removed.append(Removed(item=pair.id, reason=TRAINED_ON, detail=sentence.document_id))
        else:
            asked[pair.id] = pair
    removed += [Removed(item=name, reason=NO_TARGET) for name in sentences if name not in named]
    return list(asked.values()), removed
