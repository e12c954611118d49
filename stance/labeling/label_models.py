"""Many sources' votes -> probabilities of each label, and how reliable each source is, by expectation maximisation.

Votes are three parallel arrays, abstentions left out, so a million of them take some 10 MB and a pass over them
milliseconds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stance.labels import LabelScheme
from stance.records import Vote

Array = np.ndarray
Method = Literal["majority", "one_coin", "dawid_skene"]

MAX_ROUNDS = 100
TOLERANCE = 1e-5
"""EM ends when no probability moves by more."""
PRIOR_ACCURACY = 0.7
"""A source starts with imagined votes, so many of them right: few real ones do not make it certain."""
CELL_PRIOR_VOTES = 2.0
"""Imagined votes in each row of a confusion matrix."""
COIN_PRIOR_VOTES = 20.0
"""Imagined votes behind an accuracy: sources that abstain have few real ones."""
ABOVE_CHANCE = 0.1
"""A source of the one-coin model is at least so much better than chance. Without this floor, rules that overlap little
drift to the answer that one of two labels is always wrong (seen on the bundled corpus)."""
LEAST_WEIGHT = 1e-6
"""A vote of no confidence still names a label, where it is the only one."""


@dataclass(frozen=True)
class Ballots:
    """Vote k: the source `sources[k]` gave the item `items[k]` the label `labels[k]`, with `weights[k]`."""

    items: Array
    sources: Array
    labels: Array
    weights: Array
    item_names: Sequence[str]
    source_names: Sequence[str]
    num_labels: int


@dataclass(frozen=True)
class Fit:
    """What a label model found: probabilities (items, labels), confusion (sources, labels, labels), prior (labels,).

    `confusion[s, t, v]` is the probability that source s says v when t is true; `accuracy[s]` its share of right votes.
    """

    probabilities: Array
    confusion: Array
    prior: Array
    accuracy: Array
    rounds: int


def count_ballots(votes: Iterable[Vote], scheme: LabelScheme, source: Callable[[Vote], str] | None = None) -> Ballots:
    """The votes that are no abstention as arrays; items and sources numbered by first appearance."""
    items: dict[str, int] = {}
    sources: dict[str, int] = {}
    columns: tuple[list[int], list[int], list[int], list[float]] = ([], [], [], [])
    number = {name: i for i, name in enumerate(scheme.names)}
    for vote in votes:
        if vote.label is None:
            continue
        if vote.label not in number:
            scheme.index(vote.label)
        columns[0].append(items.setdefault(vote.pair_id, len(items)))
        columns[1].append(sources.setdefault(source(vote) if source else vote.labeler, len(sources)))
        columns[2].append(number[vote.label])
        columns[3].append(max(vote.confidence, LEAST_WEIGHT))
    arrays = [np.array(column, dtype=np.int32) for column in columns[:3]]
    return Ballots(*arrays, np.array(columns[3]), list(items), list(sources), len(scheme.names))


def majority(ballots: Ballots) -> Fit:
    """Each label's share of the votes; confusion and accuracy are measured against these shares."""
    shares = _tally(ballots, np.eye(ballots.num_labels)[ballots.labels] * ballots.weights[:, None])
    shares = shares / shares.sum(axis=1, keepdims=True)
    return _finish(ballots, shares, _confusion(ballots, shares, smoothing=0.0), shares.mean(axis=0), 0)


def dawid_skene(ballots: Ballots, known: Mapping[int, int] | None = None) -> Fit:
    """One confusion matrix a source (Dawid and Skene 1979, eq. 2.3 to 2.5), smoothed by a prior.

    `known` maps items to labels that are certain (an adjudicated answer): they stay as they are and teach the rest.
    """
    return _maximise(
        ballots, known, lambda shares: _confusion(ballots, shares, smoothing=CELL_PRIOR_VOTES), learn_prior=True
    )


def one_coin(ballots: Ballots, known: Mapping[int, int] | None = None) -> Fit:
    """One accuracy a source, errors spread evenly, all labels equally likely beforehand (Zhang et al. 2014, section 2).

    The choice for sources that mostly abstain: a rule with thirty votes has too few for a confusion matrix.
    """
    return _maximise(ballots, known, lambda shares: _coins(ballots, shares), learn_prior=False)


METHODS: Mapping[str, Callable[[Ballots, Mapping[int, int] | None], Fit]] = {
    "majority": lambda ballots, _known: majority(ballots),
    "one_coin": one_coin,
    "dawid_skene": dawid_skene,
}


def _maximise(
    ballots: Ballots, known: Mapping[int, int] | None, confusion_of: Callable[[Array], Array], *, learn_prior: bool
) -> Fit:
    shares = majority(ballots).probabilities
    fixed = np.array(list(known or {}), dtype=np.int64)
    answers = np.eye(ballots.num_labels)[list((known or {}).values())] if known else np.zeros((0, ballots.num_labels))
    shares[fixed] = answers
    prior = np.full(ballots.num_labels, 1 / ballots.num_labels)
    rounds = 0
    while rounds < MAX_ROUNDS:
        rounds += 1
        confusion = confusion_of(shares)
        if learn_prior:
            prior = (shares.sum(axis=0) + 1) / (len(shares) + ballots.num_labels)
        # How likely each vote is under each true label: (votes, labels).
        likelihood = np.log(confusion.transpose(0, 2, 1))[ballots.sources, ballots.labels] * ballots.weights[:, None]
        scores = _tally(ballots, likelihood) + np.log(prior)
        updated = np.exp(scores - scores.max(axis=1, keepdims=True))
        updated /= updated.sum(axis=1, keepdims=True)
        updated[fixed] = answers
        moved = float(np.abs(updated - shares).max(initial=0.0))
        shares = updated
        if moved < TOLERANCE:
            break
    return _finish(ballots, shares, confusion_of(shares), prior, rounds)


def _finish(ballots: Ballots, shares: Array, confusion: Array, prior: Array, rounds: int) -> Fit:
    right = np.bincount(
        ballots.sources, weights=shares[ballots.items, ballots.labels], minlength=len(ballots.source_names)
    )
    votes = np.bincount(ballots.sources, minlength=len(ballots.source_names))
    return Fit(shares, confusion, prior, right / np.maximum(votes, 1), rounds)


def _tally(ballots: Ballots, values: Array) -> Array:
    """Sums of `values` (votes, labels) over the votes of each item: (items, labels)."""
    columns = [np.bincount(ballots.items, weights=column, minlength=len(ballots.item_names)) for column in values.T]
    return np.stack(columns, axis=1)


def _confusion(ballots: Ballots, shares: Array, smoothing: float) -> Array:
    """(sources, true, said), each row summing to 1; `smoothing` imagined votes a row."""
    size, labels = len(ballots.source_names), ballots.num_labels
    cell = ballots.sources.astype(np.int64) * labels + ballots.labels
    counts = np.stack(
        [np.bincount(cell, weights=shares[ballots.items, true], minlength=size * labels) for true in range(labels)]
    )
    counts = counts.reshape(labels, size, labels).transpose(1, 0, 2)
    counts = counts + smoothing * _coin_matrix(np.full(size, PRIOR_ACCURACY), labels) + 1e-12
    return counts / counts.sum(axis=2, keepdims=True)


def _coins(ballots: Ballots, shares: Array) -> Array:
    size = len(ballots.source_names)
    right = np.bincount(ballots.sources, weights=shares[ballots.items, ballots.labels], minlength=size)
    votes = np.bincount(ballots.sources, minlength=size)
    accuracy = (right + COIN_PRIOR_VOTES * PRIOR_ACCURACY) / (votes + COIN_PRIOR_VOTES)
    return _coin_matrix(np.maximum(accuracy, 1 / ballots.num_labels + ABOVE_CHANCE), ballots.num_labels)


def _coin_matrix(accuracy: Array, labels: int) -> Array:
    """(sources, labels, labels) of sources that are right with `accuracy` and wrong evenly."""
    wrong = (1 - accuracy) / max(labels - 1, 1)
    eye = np.eye(labels)
    return accuracy[:, None, None] * eye + wrong[:, None, None] * (1 - eye)
