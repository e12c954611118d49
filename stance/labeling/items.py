"""What a coder sees: a sentence in its context with the target, and the votes cast on it so far."""

from collections.abc import Iterable, Mapping
from typing import Any

from stance.records import Document, Pair, Record, Sentence, Vote

OWN_FIELDS = ("label", "holder", "holder_start", "holder_end", "notes")
"""The fields of a vote that a labelling tool shows and changes; the others say where the vote came from."""


class Item(Record):
    """A pair with all that is needed to label it elsewhere, and its votes."""

    pair_id: str
    sentence_id: str
    target: str
    text: str
    before: str = ""
    after: str = ""
    article: str = ""
    intervener: str | None = None
    place: str | None = None
    minimal_pair: str | None = None
    answers: str = ""
    """What coders said, for the one who decides between them; empty in a queue for blind coding."""
    votes: tuple[Vote, ...] = ()

    @property
    def shown(self) -> dict[str, Any]:
        """Every field but the votes."""
        return self.model_dump(exclude={"votes"})

    @property
    def pair(self) -> Pair:
        """The pair as a record of the pipeline."""
        return Pair(
            id=self.pair_id,
            sentence_id=self.sentence_id,
            target=self.target,
            intervener=self.intervener,
            place=self.place,
            minimal_pair=self.minimal_pair,
        )


SHOWN = tuple(name for name in Item.model_fields if name != "votes")


def make_items(
    pairs: Iterable[Pair],
    sentences: Mapping[str, Sentence],
    documents: Mapping[str, Document],
    votes: Iterable[Vote] = (),
) -> list[Item]:
    """One Item for each pair, in order; votes on other pairs are left out."""
    by_pair: dict[str, list[Vote]] = {}
    for vote in votes:
        by_pair.setdefault(vote.pair_id, []).append(vote)
    items: list[Item] = []
    for pair in pairs:
        sentence = sentences[pair.sentence_id]
        items.append(
            Item(
                pair_id=pair.id,
                sentence_id=pair.sentence_id,
                target=pair.target,
                text=sentence.text,
                before=sentence.before,
                after=sentence.after,
                article=documents[sentence.document_id].name,
                intervener=pair.intervener,
                place=pair.place,
                minimal_pair=pair.minimal_pair,
                votes=tuple(by_pair.get(pair.id, ())),
            )
        )
    return items


def provenance(vote: Vote) -> dict[str, Any]:
    """What a tool must carry along unseen: the fields that say where a vote came from, defaults left out."""
    hidden = {"pair_id", *OWN_FIELDS}
    return vote.model_dump(exclude=hidden, exclude_defaults=True)


def other_name(item: Item, vote: Vote) -> str | None:
    """The holder where it is not just the text marked in the sentence."""
    if vote.holder_start is not None and vote.holder == item.text[vote.holder_start : vote.holder_end]:
        return None
    return vote.holder


def put_together(item: Item, answer: Mapping[str, Any], origin: Mapping[str, Any]) -> Vote:
    """The vote on `item` of what a tool shows (`answer`) and what it carried along (`origin`).

    A holder that the coder marked in the sentence and did not name otherwise is the marked text. Raises
    ValidationError when a field has the wrong type.
    """
    start, end = answer.get("holder_start"), answer.get("holder_end")
    marked = item.text[start:end] if start is not None and end is not None else None
    values = {**origin, **answer, "holder": answer.get("holder") or marked}
    return Vote.model_validate({"pair_id": item.pair_id, **values}, strict=False)


def collect(rows: Iterable[tuple[Item, Vote | None]]) -> list[Item]:
    """Items in order of appearance, each with all votes that its rows carry."""
    items: dict[str, Item] = {}
    votes: dict[str, list[Vote]] = {}
    for item, vote in rows:
        items.setdefault(item.pair_id, item)
        cast = votes.setdefault(item.pair_id, [])
        if vote is not None:
            cast.append(vote)
    return [item.model_copy(update={"votes": tuple(votes[name])}) for name, item in items.items()]
