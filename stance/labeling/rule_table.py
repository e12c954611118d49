"""How the rules do: how often each speaks, with and against whom, and how often it is right."""

from collections.abc import Sequence
from dataclasses import dataclass

from stance.labeling.aggregation import RULE
from stance.labeling.rules import rule_book
from stance.records import Gold


@dataclass(frozen=True)
class RuleRow:
    """One rule over all pairs: shares of the pairs; `accuracy` over the `judged` votes on pairs that people decided."""

    rule: str
    about: str
    label: str
    votes: int
    coverage: float
    overlap: float
    conflict: float
    judged: int
    accuracy: float | None


def rule_table(gold: Sequence[Gold]) -> list[RuleRow]:
    """One row for each rule of `cues.yaml`, in its order.

    Overlap: pairs on which it and another rule vote. Conflict: pairs on which another rule votes otherwise.
    """
    book = rule_book()
    votes: dict[str, list[tuple[str, list[str], str | None]]] = {name: [] for name in book.rules}
    for row in gold:
        cast = {v.labeler.removeprefix("rule:"): v.label for v in row.votes if v.kind == RULE and v.label is not None}
        truth = row.label if row.source == "human" else None
        for name, label in cast.items():
            if name in votes:
                votes[name].append((label, [other for who, other in cast.items() if who != name], truth))
    return [_row(name, votes[name], len(gold)) for name in book.rules]


def _row(name: str, votes: Sequence[tuple[str, list[str], str | None]], pairs: int) -> RuleRow:
    judged = [label == truth for label, _, truth in votes if truth is not None]
    total = max(pairs, 1)
    return RuleRow(
        rule=name,
        about=rule_book().about[name],
        label=rule_book().labels[name],
        votes=len(votes),
        coverage=len(votes) / total,
        overlap=sum(bool(others) for _, others, _ in votes) / total,
        conflict=sum(any(other != label for other in others) for label, others, _ in votes) / total,
        judged=len(judged),
        accuracy=sum(judged) / len(judged) if judged else None,
    )
