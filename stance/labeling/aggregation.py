"""Votes -> gold: people decide where they spoke; rules only where nobody did."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from stance.labels import LabelScheme
from stance.records import Gold, Vote

RULE_WEIGHT = 0.3
"""Weight in training of a pair that only rules have labelled; such pairs never enter dev or test."""
PRECEDENCE = ("adjudicated", "human", "rule")


def aggregate(votes: Iterable[Vote], scheme: LabelScheme) -> list[Gold]:
    """One Gold for each pair on which at least one vote is no abstention; `votes` come grouped by pair.

    The adjudicated label decides; without one the share of each label among people's votes; without those, among
    the rules'. Every vote is kept in the Gold, whether it decided or not.
    """
    gold: list[Gold] = []
    for pair, group in groupby(votes, key=lambda vote: vote.pair_id):
        cast = tuple(group)
        for kind in PRECEDENCE:
            deciding = [vote for vote in cast if vote.kind == kind and vote.label is not None]
            if deciding:
                gold.append(_gold(pair, kind, deciding, cast, scheme))
                break
    return gold


def _gold(pair: str, kind: str, deciding: list[Vote], cast: tuple[Vote, ...], scheme: LabelScheme) -> Gold:
    shares = _shares(deciding, scheme)
    label = max(shares, key=shares.__getitem__)
    return Gold(
        pair_id=pair,
        probabilities=shares,
        holder=next((vote.holder for vote in deciding if vote.label == label and vote.holder), None),
        weight=RULE_WEIGHT if kind == "rule" else 1.0,
        source="rules" if kind == "rule" else "human",
        votes=cast,
    )


def _shares(votes: list[Vote], scheme: LabelScheme) -> Mapping[str, float]:
    weights = dict.fromkeys(scheme.names, 0.0)
    for vote in votes:
        if vote.label is not None:
            weights[scheme.names[scheme.index(vote.label)]] += vote.confidence
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
