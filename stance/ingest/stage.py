"""Ingest: a folder of articles -> documents.jsonl, sentences.jsonl, duplicates.jsonl, removed.jsonl."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stance.config import DataError
from stance.ingest.fetch import FetchConfig
from stance.ingest.files import article_files
from stance.ingest.merge import Corpus, merged, survey
from stance.ingest.readers import READERS, Columns, read_documents
from stance.ingest.relevance import OFF_TOPIC, sentence_is_relevant
from stance.ingest.shards import Reading, make_parts, parts
from stance.ingest.targets import propose_pairs
from stance.manifest import Manifest, build
from stance.mapping import MappedStageConfig, choose_mapper
from stance.records import Document, Record, Removed, Sentence
from stance.storage import atomic_file, read_records

REMOVED = "removed.jsonl"
FILES = {
    "documents": "documents.jsonl",
    "removed": REMOVED,
    "duplicates": "duplicates.jsonl",
    "sentences": "sentences.jsonl",
    "removed_sentences": REMOVED,
    "proposals": "proposals.jsonl",
}
"""What is counted -> the file it is written to."""
PARTS = "parts"


class IngestConfig(MappedStageConfig):
    """Articles in, sentences with exact offsets out."""

    articles: Path
    """An article, a table, feed, archive or list of URLs, or a folder of them; docs/ingest.md lists the types."""
    columns: Columns = Columns()
    """What the columns of tables are called."""
    languages: tuple[str, ...] = ("en",)
    """Languages to keep, as two-letter codes; the sentence rules are made for English. [] keeps all."""
    relevant_only: bool = False
    """Whether articles and sentences that are not about foreign intervention are set aside."""
    propose_targets: bool = False
    """Whether to propose a target for each sentence about intervention, for label to take up."""
    duplicate_threshold: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Share of three-word sequences in common from which two articles are copies of each other."""
    fetch: FetchConfig = FetchConfig()
    """How .urls files are fetched."""


def ingest(config: IngestConfig, *, replace: bool = False) -> Manifest:
    """Read every article below `config.articles`; what cannot be used is listed in removed.jsonl with the reason.

    A run that was stopped goes on where it stopped.
    """
    return build("ingest", config, _work, replace=replace, resumable=True)


def load_articles(articles: Path) -> Iterator[Document | Removed]:
    """Each article below `articles`, or why it was left out; a text seen before is left out as a duplicate."""
    seen: dict[str, str] = {}
    for entry in article_files(articles):
        for article in [entry] if isinstance(entry, Removed) else read_documents(entry, READERS):
            if isinstance(article, Document) and article.id in seen:
                detail = f"same as {seen[article.id]}"
                yield Removed(item=article.source, reason="duplicate text", detail=detail)
                continue
            if isinstance(article, Document):
                seen[article.id] = article.source
            yield article


def _work(config: IngestConfig, folder: Path) -> Mapping[str, int]:
    reading = Reading(config.columns, config.fetch, config.languages, config.relevant_only)
    mapper = choose_mapper(config.mapper, config.workers, config.address)
    make_parts(config.articles, reading, folder / PARTS, mapper)
    found = parts(folder / PARTS)
    corpus = survey(found, config.duplicate_threshold)
    if not corpus.ids:
        unread = [removed for part in found for removed in read_records(part / REMOVED, Removed)]
        shutil.rmtree(folder / PARTS)
        raise DataError(_nothing_read(config.articles, unread))
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        kinds = [kind for kind in FILES if kind != "proposals" or config.propose_targets]
        files = {name: stack.enter_context(atomic_file(folder / name)) for name in {FILES[kind] for kind in kinds}}
        for kind, record in _records(config, found, corpus):
            files[FILES[kind]].write(record.model_dump_json() + "\n")
            counts[kind] += 1
    shutil.rmtree(folder / PARTS)
    return {"articles": counts["documents"] + counts["removed"], **{kind: counts[kind] for kind in kinds}}


def _records(config: IngestConfig, found: Sequence[Path], corpus: Corpus) -> Iterator[tuple[str, Record]]:
    """(kind, record) for all that is written, in order."""
    for part in found:
        for removed in read_records(part / REMOVED, Removed):
            yield "removed", removed
    for row in merged(found, corpus):
        yield from (("removed" if row.document is None else "removed_sentences", removed) for removed in row.removed)
        if row.copy is not None:
            yield "duplicates", row.copy
        if row.document is None:
            continue
        yield "documents", row.document
        kept: list[Sentence] = []
        for sentence in row.sentences:
            if config.relevant_only and not sentence_is_relevant(sentence.text, sentence.before, sentence.after):
                yield "removed_sentences", Removed(item=sentence.id, reason=OFF_TOPIC, detail=sentence.text[:200])
                continue
            kept.append(sentence)
            yield "sentences", sentence
        if config.propose_targets:
            yield from (("proposals", pair) for pair in propose_pairs(row.document, kept))


def _nothing_read(articles: Path, unread: Sequence[Removed]) -> str:
    reasons = "; ".join(f"{r.item}: {r.reason}" for r in unread[:5]) or "the folder is empty"
    return f"{articles}: no article could be read ({reasons}); expected files of the types {', '.join(READERS)}"
