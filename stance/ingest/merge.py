"""Parts to one whole: copies found, boilerplate set aside, in memory that holds a few hundred bytes an article."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stance.ingest.boilerplate import repeated_keys
from stance.ingest.duplicates import near_duplicates
from stance.records import Copy, Document, Removed, Sentence
from stance.storage import read_records


@dataclass(frozen=True)
class Corpus:
    """What is known of all articles before they are written: one entry an article, in order, in each list."""

    ids: list[str]
    sources: list[str]
    same_as: Mapping[int, int]
    """Number of an article whose text is another's -> number of that other one."""
    similar_to: Mapping[int, tuple[int, float]]
    """Number of a near-duplicate -> number of the first article of its cluster, similarity."""
    boilerplate: np.ndarray = field(repr=False)

    @property
    def clusters(self) -> dict[int, list[int]]:
        """First article of a cluster -> all its articles."""
        found: dict[int, list[int]] = {}
        for number, (first, _) in self.similar_to.items():
            found.setdefault(first, [first]).append(number)
        return found


@dataclass(frozen=True)
class Row:
    """One article with its sentences, ready to be written; of an exact copy only `copy` and `removed` are left."""

    document: Document | None
    sentences: Sequence[Sentence] = ()
    copy: Copy | None = None
    removed: Sequence[Removed] = ()


def survey(parts: Sequence[Path], threshold: float) -> Corpus:
    """Exact and near copies, and the sentences that outlets repeat."""
    ids: list[str] = []
    sources: list[str] = []
    outlets: list[str | None] = []
    arrays: dict[str, list[np.ndarray]] = {"signatures": [], "sentence_keys": [], "sentence_counts": []}
    for part in parts:
        for document in read_records(part / "documents.jsonl", Document):
            ids.append(document.id)
            sources.append(document.source)
            outlets.append(document.outlet)
        with np.load(part / "arrays.npz") as stored:
            for name, collected in arrays.items():
                collected.append(stored[name])
    if not ids:
        return Corpus([], [], {}, {}, np.empty(0, np.uint64))
    signatures, keys, counts = (np.concatenate(arrays.pop(name)) for name in list(arrays))
    first_with: dict[str, int] = {}
    same_as = {n: first for n, identity in enumerate(ids) if (first := first_with.setdefault(identity, n)) != n}
    signatures[list(same_as)] = 0
    matches = near_duplicates(signatures, threshold)
    copies = {*same_as, *(match.number for match in matches)}
    originals = np.array([number not in copies for number in range(len(ids))], bool)
    sizes = Counter(outlet for outlet, original in zip(outlets, originals, strict=True) if original)
    outlet_sizes = np.array([sizes[outlet] for outlet in outlets], np.int64)
    counted = np.repeat(originals, counts)
    article = np.repeat(np.arange(len(ids)), counts)
    return Corpus(
        ids=ids,
        sources=sources,
        same_as=same_as,
        similar_to={match.number: (match.first, match.similarity) for match in matches},
        boilerplate=repeated_keys(keys[counted], article[counted], np.repeat(outlet_sizes, counts)[counted]),
    )


def merged(parts: Sequence[Path], corpus: Corpus) -> Iterator[Row]:
    """Every article in order, with its cluster filled in and its boilerplate taken out."""
    members = {n: cluster for cluster in corpus.clusters.values() for n in cluster}
    number = -1
    for part in parts:
        sentences = read_records(part / "sentences.jsonl", Sentence)
        with np.load(part / "arrays.npz") as stored:
            repeated = np.isin(stored["sentence_keys"], corpus.boilerplate)
            counts = stored["sentence_counts"].tolist()
        position = 0
        for document, count in zip(read_records(part / "documents.jsonl", Document), counts, strict=True):
            number += 1
            own = [next(sentences) for _ in range(count)]
            marks = repeated[position : position + count]
            position += count
            if number in corpus.same_as:
                yield _exact_copy(document, corpus.sources[corpus.same_as[number]])
                continue
            others = tuple(corpus.ids[n] for n in members.get(number, ()) if n != number)
            yield Row(
                document=document.model_copy(update={"copies": others}) if others else document,
                sentences=[s for s, mark in zip(own, marks, strict=True) if not mark],
                copy=_near_copy(document, corpus, *corpus.similar_to[number]) if number in corpus.similar_to else None,
                removed=[
                    Removed(item=s.id, reason="repeated by its outlet", detail=s.text[:200])
                    for s, mark in zip(own, marks, strict=True)
                    if mark
                ],
            )


def _exact_copy(document: Document, original: str) -> Row:
    return Row(
        document=None,
        copy=_copy(document, document.id, 1.0),
        removed=[Removed(item=document.source, reason="duplicate text", detail=f"same as {original}")],
    )


def _near_copy(document: Document, corpus: Corpus, first: int, similarity: float) -> Copy:
    return _copy(document, corpus.ids[first], similarity)


def _copy(document: Document, copy_of: str, similarity: float) -> Copy:
    return Copy(
        source=document.source,
        document=document.id,
        copy_of=copy_of,
        similarity=similarity,
        outlet=document.outlet,
        url=document.url,
        published=document.published,
    )
