"""Labels that people gave, read from an annotations file and anchored to sentences.

A row names its sentence by `sentence_id`, or by `article` (file name without suffix) and the `sentence` text itself,
which keeps the file readable and diffable.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stance.config import DataError
from stance.labels import LabelScheme
from stance.records import Document, Pair, Record, Removed, Sentence, Vote, pair_id
from stance.storage import read_rows

MAX_PROBLEMS_SHOWN = 20


class Reading(Record):
    """One annotator's own answer, kept beside the adjudicated one."""

    annotator: str
    label: str
    holder: str | None = None


class Annotation(Record):
    """One row of an annotations file; `label` is the adjudicated answer where several people answered."""

    target: str
    label: str
    sentence_id: str | None = None
    article: str | None = None
    sentence: str | None = None
    holder: str | None = None
    intervener: str | None = None
    place: str | None = None
    tags: tuple[str, ...] = ()
    minimal_pair: str | None = None
    annotator: str = "human"
    guidelines: str | None = None
    created: str | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class HumanLabels:
    """What an annotations file gave: every row is a pair with votes, or was removed."""

    pairs: list[Pair] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)


def read_annotations(path: Path, scheme: LabelScheme) -> list[tuple[int, Annotation]]:
    """(line, row) of an annotations file; raises DataError listing every row that is malformed or off the scheme."""
    rows: list[tuple[int, Annotation]] = []
    problems: list[str] = []
    for number, values in read_rows(path):
        try:
            row = Annotation.model_validate(values, strict=False)
        except ValidationError as error:
            problems += [f"{path}:{number}: {'.'.join(map(str, d['loc']))}: {d['msg']}" for d in error.errors()]
            continue
        for label in (row.label, *(reading.label for reading in row.readings)):
            if label not in scheme.names:
                problems.append(f"{path}:{number}: label {label!r}; expected one of {', '.join(scheme.names)}")
        if row.sentence_id is None and (row.article is None or row.sentence is None):
            problems.append(f"{path}:{number}: names no sentence; expected sentence_id, or article and sentence")
        rows.append((number, row))
    if problems:
        more = len(problems) - MAX_PROBLEMS_SHOWN
        raise DataError("\n".join(problems[:MAX_PROBLEMS_SHOWN] + [f"... and {more} more"] * (more > 0)))
    return rows


def anchor(
    annotations: Iterable[tuple[int, Annotation]], documents: Iterable[Document], sentences: Iterable[Sentence]
) -> HumanLabels:
    """Pairs and votes for the annotated sentences; rows whose sentence is unknown or that repeat a pair are removed."""
    index = _SentenceIndex.of(documents, sentences)
    result = HumanLabels()
    seen: dict[str, int] = {}
    for line, row in annotations:
        found = index.find(row)
        if isinstance(found, Removed):
            result.removed.append(found.model_copy(update={"item": f"line {line}"}))
            continue
        pair = pair_id(found, row.target)
        if pair in seen:
            detail = f"same sentence and target as line {seen[pair]}"
            result.removed.append(Removed(item=f"line {line}", reason="duplicate pair", detail=detail))
            continue
        seen[pair] = line
        result.pairs.append(
            Pair(
                id=pair,
                sentence_id=found,
                target=row.target,
                intervener=row.intervener,
                place=row.place,
                tags=row.tags,
                minimal_pair=row.minimal_pair,
            )
        )
        result.votes.extend(_votes(pair, row))
    return result


def _votes(pair: str, row: Annotation) -> Iterator[Vote]:
    shared: dict[str, Any] = {"pair_id": pair, "guidelines": row.guidelines, "created": row.created}
    yield Vote(labeler=row.annotator, label=row.label, holder=row.holder, kind="adjudicated", **shared)
    for reading in row.readings:
        yield Vote(labeler=reading.annotator, label=reading.label, holder=reading.holder, **shared)


@dataclass(frozen=True)
class _SentenceIndex:
    ids: frozenset[str]
    by_text: Mapping[tuple[str, str], list[str]]
    articles: frozenset[str]

    @classmethod
    def of(cls, documents: Iterable[Document], sentences: Iterable[Sentence]) -> "_SentenceIndex":
        names = {document.id: document.name for document in documents}
        ids: set[str] = set()
        by_text: dict[tuple[str, str], list[str]] = {}
        for sentence in sentences:
            ids.add(sentence.id)
            by_text.setdefault((names[sentence.document_id], _folded(sentence.text)), []).append(sentence.id)
        return cls(frozenset(ids), by_text, frozenset(names.values()))

    def find(self, row: Annotation) -> str | Removed:
        if row.sentence_id is not None:
            if row.sentence_id in self.ids:
                return row.sentence_id
            return Removed(item="", reason="unknown sentence id", detail=row.sentence_id)
        article, text = row.article or "", row.sentence or ""
        matches = self.by_text.get((article, _folded(text)), [])
        if len(matches) == 1:
            return matches[0]
        if matches:
            return Removed(item="", reason="sentence occurs twice in its article", detail=f"{article}: {text}")
        reason = "sentence not found in its article" if article in self.articles else "unknown article"
        return Removed(item="", reason=reason, detail=f"{article}: {text}")


def _folded(text: str) -> str:
    return " ".join(text.split())
