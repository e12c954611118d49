"""Queues for blind double coding: which coders label what, why it was chosen, with which probability; adjudication."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from stance.config import ConfigError
from stance.labeling.items import Item
from stance.labeling.next_items import Choice, Pool, choose
from stance.records import Gold, Record

Purpose = Literal["train", "test"]


class QueueEntry(Record):
    """One item of a plan; only where `random` is true may the answers be used to estimate shares or to test a model.

    `inclusion_probability` is the chance that any one item of the pool had to be in the random part.
    """

    pair_id: str
    coders: tuple[str, ...]
    reason: str
    random: bool
    inclusion_probability: float | None
    purpose: Purpose


def plan_queue(
    pool: Pool,
    pair_ids: Sequence[str],
    coders: Sequence[str],
    *,
    size: int,
    random_share: float,
    coders_per_item: int,
    purpose: Purpose,
    seed: int,
) -> list[QueueEntry]:
    """Entries in random order, so that a coder cannot tell why an item is there, each coder with equally many.

    Raises ConfigError when a test set is not to be drawn at random, there are too few coders, or names repeat.
    """
    if purpose == "test" and random_share != 1:
        raise ConfigError(
            f"plan-queue: a test set is only ever drawn at random, the random share is {random_share:g}; give 1"
        )
    if len(set(coders)) != len(coders) or not 1 <= coders_per_item <= len(coders):
        raise ConfigError(
            f"plan-queue: {coders_per_item} coders an item of {', '.join(coders) or 'nobody'}; "
            f"expected different names, at least as many as label each item"
        )
    choices = choose(pool, size, random_share, seed)
    random = np.random.default_rng(seed + 1)
    loads = dict.fromkeys(coders, 0)
    entries: list[QueueEntry] = []
    for place in random.permutation(len(choices)).tolist():
        order = random.permutation(len(coders)).tolist()
        assigned = sorted(order, key=lambda i: loads[coders[i]])[:coders_per_item]
        for i in assigned:
            loads[coders[i]] += 1
        entries.append(_entry(choices[place], pair_ids, tuple(sorted(coders[i] for i in assigned)), purpose))
    return entries


def queue_of(coder: str, entries: Iterable[QueueEntry], items: dict[str, Item], seed: int) -> list[Item]:
    """What one coder gets, in an order of their own, with nobody's votes."""
    own = [items[entry.pair_id] for entry in entries if coder in entry.coders]
    order = np.random.default_rng([seed, *coder.encode()]).permutation(len(own)).tolist()
    return [own[i].model_copy(update={"votes": (), "answers": ""}) for i in order]


def describe_plan(entries: Sequence[QueueEntry], pool_size: int) -> str:
    """One paragraph that has to travel with the labels: what was drawn at random, what was not."""
    drawn = [entry for entry in entries if entry.random]
    chosen = len(entries) - len(drawn)
    probability = f"{drawn[0].inclusion_probability:.4g}" if drawn else "0"
    text = (
        f"{len(entries)} of {pool_size} pairs. {len(drawn)} were drawn at random, "
        f"each pair of the pool with probability {probability}."
    )
    if not chosen:
        return f"{text} All of them may be used to estimate shares and to test."
    return f"{text} {chosen} were chosen for other reasons: train on them, never test or estimate shares with them."


def to_adjudicate(gold: Iterable[Gold], items: dict[str, Item]) -> list[Item]:
    """The pairs on which people differ and nobody has decided, with their answers side by side, coders unnamed."""
    found: list[Item] = []
    for row in gold:
        people = [vote for vote in row.votes if vote.kind == "human" and vote.label is not None]
        settled = any(vote.kind == "adjudicated" for vote in row.votes)
        if settled or len({vote.label for vote in people}) < 2:
            continue
        answers = sorted(
            f"{vote.label}{f' ({vote.holder})' if vote.holder else ''}{f': {vote.notes}' if vote.notes else ''}"
            for vote in people
        )
        found.append(items[row.pair_id].model_copy(update={"votes": (), "answers": " | ".join(answers)}))
    return found


def _entry(choice: Choice, pair_ids: Sequence[str], coders: tuple[str, ...], purpose: Purpose) -> QueueEntry:
    return QueueEntry(
        pair_id=pair_ids[choice.index],
        coders=coders,
        reason=choice.reason,
        random=choice.reason == "random",
        inclusion_probability=choice.inclusion_probability,
        purpose=purpose,
    )
