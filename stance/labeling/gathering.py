"""Pairs and votes from all sides, joined: each pair once, one vote of each labeler on it, strangers set aside."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stance.config import DataError
from stance.labeling.rules import rule_votes
from stance.labels import LabelScheme
from stance.records import Pair, Removed, Vote


@dataclass(frozen=True)
class Pairs:
    """Pairs in order, and those left out."""

    pairs: list[Pair] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)


@dataclass(frozen=True)
class Votes:
    """All votes grouped by pair, rules' last; `given` counts the votes that were neither annotations nor rules'."""

    votes: list[Vote]
    removed: list[Removed]
    given: int


def join_pairs(annotated: Iterable[Pair], others: Iterable[Pair], sentences: Collection[str]) -> Pairs:
    """The annotated pairs and those of the other files that are new; a pair of an unknown sentence is removed."""
    result = Pairs(list(annotated))
    seen = {pair.id for pair in result.pairs}
    for pair in others:
        if pair.sentence_id not in sentences:
            result.removed.append(Removed(item=pair.id, reason="unknown sentence id", detail=pair.sentence_id))
        elif pair.id not in seen:
            seen.add(pair.id)
            result.pairs.append(pair)
    return result


def gather_votes(
    pairs: Sequence[Pair],
    annotated: Iterable[Vote],
    others: Iterable[Vote],
    rules: Iterable[Mapping[str, str]],
    scheme: LabelScheme,
) -> Votes:
    """Every vote on `pairs`, and what the `rules` say of each (rule -> label).

    Of two votes of one labeler on a pair the later one stays.

    Votes on other pairs are removed. Raises DataError when a label is not in the scheme.
    """
    by_pair: dict[str, dict[tuple[str, str], Vote]] = {pair.id: {} for pair in pairs}
    removed: list[Removed] = []
    for vote in annotated:
        by_pair[vote.pair_id][vote.kind, vote.labeler] = vote
    given = 0
    for given, vote in enumerate(others, start=1):  # noqa: B007
        if vote.label is not None and vote.label not in scheme.names:
            raise DataError(
                f"vote of {vote.labeler} on {vote.pair_id}: label {vote.label!r}; "
                f"expected one of {', '.join(scheme.names)}"
            )
        cast = by_pair.get(vote.pair_id)
        key = vote.kind, vote.labeler
        if cast is None:
            removed.append(Removed(item=vote.pair_id, reason="vote on an unknown pair", detail=vote.labeler))
            continue
        if key in cast:
            earlier = cast[key]
            kept, dropped = (earlier, vote) if (earlier.created or "") > (vote.created or "") else (vote, earlier)
            cast[key] = kept
            detail = f"{dropped.labeler} said {dropped.label}, later {kept.label}"
            removed.append(Removed(item=vote.pair_id, reason="repeated vote", detail=detail))
        else:
            cast[key] = vote
    votes: list[Vote] = []
    for pair, said in zip(pairs, rules, strict=True):
        votes.extend(by_pair[pair.id].values())
        votes.extend(rule_votes(pair, said))
    return Votes(votes, removed, given)
