"""Which pairs a machine is to label."""

from collections.abc import Iterable, Mapping, Sequence

from stance.records import Pair, Removed, Sentence, pair_id


def pairs_to_label(
    listed: Iterable[Pair], targets: Sequence[str], sentences: Mapping[str, Sentence]
) -> tuple[list[Pair], list[Removed]]:
    """(pairs, left out): the listed pairs, then every sentence with every target, each pair once.

    A listed pair whose sentence is unknown or that was listed before is left out.
    """
    pairs: dict[str, Pair] = {}
    removed: list[Removed] = []
    for pair in listed:
        if pair.sentence_id not in sentences:
            removed.append(Removed(item=pair.id, reason="unknown sentence id", detail=pair.sentence_id))
        elif pair.id in pairs:
            removed.append(Removed(item=pair.id, reason="duplicate pair"))
        else:
            pairs[pair.id] = pair
    for target in targets:
        for sentence in sentences:
            name = pair_id(sentence, target)
            pairs.setdefault(name, Pair(id=name, sentence_id=sentence, target=target))
    return list(pairs.values()), removed
