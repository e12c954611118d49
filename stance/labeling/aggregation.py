"""Votes -> gold: people decide where they spoke; rules and models only where nobody did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from stance.labeling.label_models import METHODS, Method, count_ballots
from stance.labels import LabelScheme
from stance.records import Gold, Vote

RULE_WEIGHT = 0.3
"""Weight in training of a pair that only rules have labelled; such pairs never enter dev or test."""
MODEL_WEIGHT = 0.5
"""The same where a model has voted too."""
ADJUDICATED, HUMAN, RULE = "adjudicated", "human", "rule"


@dataclass(frozen=True)
class Reliability:
    """How good a source seemed to the method that combined it with others."""

    source: str
    kind: str
    votes: int
    accuracy: float


@dataclass(frozen=True)
class Aggregate:
    """One Gold for each pair on which somebody had an opinion, and what was learnt of the sources."""

    gold: list[Gold]
    sources: list[Reliability]


def aggregate(
    votes: Iterable[Vote], scheme: LabelScheme, people: Method = "majority", machines: Method = "one_coin"
) -> Aggregate:
    """Gold in the order of the votes, which come grouped by pair; a pair on which all abstain has none.

    The adjudicated label decides; without one what `people` makes of people's votes; without those, what `machines`
    makes of all others. The label models take what ranks higher as known, so that where people and machines have
    labelled the same pairs a machine's accuracy is measured rather than guessed. Every vote is kept in the Gold.
    """
    cast = {pair: tuple(group) for pair, group in groupby(votes, key=lambda vote: vote.pair_id)}
    adjudicated, _ = _combine(_of(cast, ADJUDICATED), scheme, "majority", {})
    human, annotators = _combine(_of(cast, HUMAN), scheme, people, adjudicated)
    decided = human | adjudicated
    machine, others = _combine(_of(cast, None), scheme, machines, decided)
    gold = [
        _gold(pair, probabilities, votes, scheme, decided=pair in decided)
        for pair, votes in cast.items()
        if (probabilities := decided.get(pair) or machine.get(pair)) is not None
    ]
    return Aggregate(gold, annotators + others)


def is_machine(vote: Vote) -> bool:
    """Whether a vote is neither a person's nor adjudicated."""
    return vote.kind not in (ADJUDICATED, HUMAN)


def _of(cast: Mapping[str, Sequence[Vote]], kind: str | None) -> list[Vote]:
    """All votes of a kind; None stands for whatever is no person's."""
    return [v for votes in cast.values() for v in votes if (is_machine(v) if kind is None else v.kind == kind)]


def _combine(
    votes: Sequence[Vote], scheme: LabelScheme, method: Method, known: Mapping[str, Mapping[str, float]]
) -> tuple[dict[str, dict[str, float]], list[Reliability]]:
    """Pair -> probabilities by label name, and the sources' reliability; both empty without votes."""
    ballots = count_ballots(votes, scheme)
    if not len(ballots.items):
        return {}, []
    number = {pair: i for i, pair in enumerate(ballots.item_names)}
    best = {number[p]: scheme.index(max(shares, key=shares.__getitem__)) for p, shares in known.items() if p in number}
    fit = METHODS[method](ballots, best)
    shares = {
        pair: dict(zip(scheme.names, row, strict=True))
        for pair, row in zip(ballots.item_names, fit.probabilities.tolist(), strict=True)
    }
    kinds = {vote.labeler: vote.kind for vote in votes}
    counts = [0] * len(ballots.source_names)
    for source in ballots.sources.tolist():
        counts[source] += 1
    rows = zip(ballots.source_names, counts, fit.accuracy.tolist(), strict=True)
    return shares, [Reliability(name, kinds[name], count, accuracy) for name, count, accuracy in rows]


def _gold(
    pair: str, probabilities: Mapping[str, float], cast: tuple[Vote, ...], scheme: LabelScheme, *, decided: bool
) -> Gold:
    label = max(scheme.names, key=probabilities.__getitem__)
    agreeing = [vote for vote in cast if vote.label == label and is_machine(vote) != decided]
    agreeing.sort(key=lambda vote: vote.kind != ADJUDICATED)
    only_rules = all(vote.kind == RULE for vote in cast if vote.label is not None)
    machine_weight = RULE_WEIGHT if only_rules else MODEL_WEIGHT
    return Gold(
        pair_id=pair,
        probabilities=probabilities,
        holder=next((vote.holder for vote in agreeing if vote.holder), None),
        weight=1.0 if decided else machine_weight,
        source="human" if decided else ("rules" if only_rules else "models"),
        votes=cast,
    )
