"""Answers on record -> votes with their provenance, and a line for the ledger."""

from collections.abc import Iterable, Sequence
from typing import Any

from stance.labeling.llm_answer import Answer, parse_answer
from stance.labeling.llm_prompt import Item, Prompt
from stance.labeling.llm_store import ANSWERED, INVALID, LOST, Attempt
from stance.labels import LabelScheme
from stance.records import Vote

KIND = "llm"
INVALID_NOTE = "no valid answer"


def vote_of(item: Item, attempts: Sequence[Attempt], prompt: Prompt, labeler: str, scheme: LabelScheme) -> Vote | None:
    """The vote that an item's requests gave: an abstention where no answer was valid, None where none came at all."""
    paid = [a for a in attempts if a.outcome in (ANSWERED, INVALID)]
    if not paid:
        return None
    last = next((a for a in paid if a.outcome == ANSWERED), paid[-1])
    answered = last.outcome == ANSWERED
    answer = parse_answer(last.raw or "", scheme) if answered else Answer(label=None)
    holder = item.masking.show(answer.holder) if answer.holder else None
    start = item.raw_sentence.find(holder) if holder else -1
    return Vote(
        pair_id=item.pair_id,
        labeler=labeler,
        label=answer.label,
        holder=holder,
        confidence=answer.confidence,
        kind=KIND,
        guidelines=prompt.guidelines_version,
        created=last.created,
        holder_start=start if holder and start >= 0 else None,
        holder_end=start + len(holder) if holder and start >= 0 else None,
        notes=None if answered else f"{INVALID_NOTE} in {len(paid)}",
        seconds=round(sum(a.seconds or 0.0 for a in paid), 4),
        cost=sum(a.cost for a in paid),
        model=last.model or None,
        prompt=prompt.hash,
        tokens_in=sum(a.tokens_in for a in paid),
        tokens_out=sum(a.tokens_out for a in paid),
    )


def ledger(labeler: str, votes: Sequence[Vote], items: int, attempts: Iterable[Attempt]) -> dict[str, Any]:
    """What the votes took. `minutes` adds up the waiting for answers; `cost_lost` is for requests whose answer never
    came, which may or may not have been billed.
    """
    rows = list(attempts)
    billed = [a for a in rows if a.outcome in (ANSWERED, INVALID)]
    return {
        "source": labeler,
        "kind": KIND,
        "items": items,
        "votes": len(votes),
        "abstained": sum(vote.label is None for vote in votes),
        "invalid_answers": sum(a.outcome == INVALID for a in rows),
        "lost_requests": sum(a.outcome == LOST for a in rows),
        "tokens_in": sum(a.tokens_in for a in billed),
        "tokens_out": sum(a.tokens_out for a in billed),
        "cost": round(sum(a.cost for a in billed), 6),
        "cost_lost": round(sum(a.cost for a in rows if a.outcome == LOST), 6),
        "minutes": round(sum(a.seconds or 0.0 for a in billed) / 60, 3),
    }
