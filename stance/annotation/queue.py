"""What is to be labelled: pairs with their sentence and its context, in order, and who labels which."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stance.config import ConfigError, DataError
from stance.records import Document, Pair, Record, Removed, Sentence, pair_id
from stance.storage import read_records, read_rows

PLAN, PAIRS = "plan.jsonl", "pairs.jsonl"


class Suggestion(Record):
    """What a model or another labeler answered; `confidence` is a probability, None where there is none."""

    label: str
    confidence: float | None = None
    by: str | None = None


class Item(Record):
    """A pair as a coder sees it; `coders` empty means everybody."""

    pair_id: str
    target: str
    text: str
    before: str = ""
    after: str = ""
    title: str | None = None
    outlet: str | None = None
    published: str | None = None
    coders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queue:
    """Items in order, suggestions by pair id, and the rows that could not be used: in = items + removed."""

    items: tuple[Item, ...]
    suggestions: Mapping[str, Suggestion] = field(default_factory=dict)
    removed: tuple[Removed, ...] = ()

    def of(self, coder: str) -> list[Item]:
        """The items that `coder` is to label, in order."""
        return [item for item in self.items if not item.coders or coder in item.coders]

    @property
    def assigned(self) -> list[str]:
        """Names that the queue itself gives, sorted."""
        return sorted({name for item in self.items for name in item.coders})


def read_queue(
    sentences: Path, pairs: Path | None, targets: Iterable[str] = (), suggestions: Path | None = None
) -> Queue:
    """The queue of a folder of sentences.

    `pairs` is JSON Lines of Pair records (a label stage's, ingest's proposals), or of a plan: pair_id, coders, in the
    order to label, with pairs.jsonl in the same folder; or a folder with either. Every sentence is paired with each of
    `targets` besides. Raises ConfigError when neither is given, DataError when nothing is left to label.
    """
    targets = tuple(targets)
    if pairs is None and not targets:
        raise ConfigError("annotate: nothing to label; give --pairs FILE, or --target 'Russian intervention in Libya'")
    documents = {row.id: row for row in read_records(sentences / "documents.jsonl", Document)}
    by_id = {row.id: row for row in read_records(sentences / "sentences.jsonl", Sentence)}
    items: dict[str, Item] = {}
    removed: list[Removed] = []
    for row in (*(_rows(pairs) if pairs else ()), *_each_with(targets, by_id.values())):
        sentence = by_id.get(row.sentence_id)
        if sentence is None:
            removed.append(Removed(item=row.pair_id, reason="unknown sentence id", detail=row.sentence_id))
        elif row.pair_id in items:
            removed.append(Removed(item=row.pair_id, reason="duplicate pair", detail=row.target))
        else:
            items[row.pair_id] = _item(row, sentence, documents.get(sentence.document_id))
    if not items:
        first = f": {removed[0].reason} {removed[0].detail}" if removed else ""
        raise DataError(f"{pairs or sentences}: no pair could be queued{first}; check that --pairs fits the sentences")
    found = {s.pair_id: s.suggestion for s in _suggestions(suggestions) if s.pair_id in items} if suggestions else {}
    return Queue(tuple(items.values()), found, tuple(removed))


@dataclass(frozen=True)
class _Row:
    pair_id: str
    sentence_id: str
    target: str
    coders: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Suggested:
    pair_id: str
    suggestion: Suggestion


def _each_with(targets: Iterable[str], sentences: Iterable[Sentence]) -> Iterator[_Row]:
    for sentence in sentences:
        for target in targets:
            yield _Row(pair_id(sentence.id, target), sentence.id, target)


def _rows(path: Path) -> Iterator[_Row]:
    file = _file_in(path)
    beside = file.with_name(PAIRS)
    planned = file.name != PAIRS and beside.is_file()
    pairs = {row.id: row for row in read_records(beside, Pair)} if planned else {}
    for number, row in read_rows(file):
        name = _text(row, "pair_id") or _text(row, "id")
        pair = pairs.get(name or "")
        target = _text(row, "target") or (pair.target if pair else None)
        sentence = _text(row, "sentence_id") or (pair.sentence_id if pair else None)
        if target is None or sentence is None:
            raise DataError(
                f"{file}:{number}: expected sentence_id and target, or pair_id of a row of {PAIRS} beside it; "
                f"got {', '.join(row) or 'nothing'}"
            )
        coders = row.get("coders") or ()
        if isinstance(coders, str) or not all(isinstance(coder, str) for coder in coders):
            raise DataError(f"{file}:{number}: expected a list of names as coders, got {coders!r}")
        yield _Row(name or pair_id(sentence, target), sentence, target, tuple(coders))


def _file_in(path: Path) -> Path:
    if not path.is_dir():
        return path
    there = [path / name for name in (PLAN, PAIRS) if (path / name).is_file()]
    if not there:
        raise DataError(f"{path}: holds neither {PLAN} nor {PAIRS}; name the file of pairs itself")
    return there[0]


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def _item(row: _Row, sentence: Sentence, document: Document | None) -> Item:
    return Item(
        pair_id=row.pair_id,
        target=row.target,
        text=sentence.text,
        before=sentence.before,
        after=sentence.after,
        title=document.title if document else None,
        outlet=document.outlet if document else None,
        published=document.published if document else None,
        coders=row.coders,
    )


def _suggestions(path: Path) -> Iterator[_Suggested]:
    """Of a file of Prediction or Vote rows, or of a folder with predictions.jsonl; abstentions suggest nothing."""
    file = path / "predictions.jsonl" if path.is_dir() else path
    for number, row in read_rows(file):
        pair, label = _text(row, "pair_id") or _text(row, "id"), row.get("label")
        if pair is None or (label is not None and not isinstance(label, str)):
            raise DataError(f"{file}:{number}: expected pair_id or id, and label; got {', '.join(row)}")
        if label is None:
            continue
        chances = row.get("probabilities")
        confidence = chances.get(label) if isinstance(chances, dict) else row.get("confidence")
        try:
            yield _Suggested(pair, Suggestion(label=label, confidence=confidence, by=_text(row, "labeler")))
        except ValidationError:
            raise DataError(f"{file}:{number}: confidence {confidence!r} is no number") from None
