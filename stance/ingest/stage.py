"""Ingest: a folder of articles -> documents.jsonl, sentences.jsonl, removed.jsonl."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from stance.config import DataError, StageConfig
from stance.ingest.readers import UnreadableError, article_files, read_documents
from stance.ingest.sentences import split_sentences
from stance.manifest import Manifest, build
from stance.records import Document, Removed
from stance.storage import write_records

DOCUMENTS = "documents.jsonl"
SENTENCES = "sentences.jsonl"
REMOVED = "removed.jsonl"


class IngestConfig(StageConfig):
    """Articles in, sentences with exact offsets out."""

    articles: Path
    """An article (.txt, .md) or a folder of them."""


def ingest(config: IngestConfig, *, replace: bool = False) -> Manifest:
    """Read every article below `config.articles`; what cannot be used is listed in removed.jsonl with the reason."""
    return build("ingest", config, _work, replace=replace)


def load_articles(articles: Path) -> Iterator[Document | Removed]:
    """Each article below `articles`, or why it was left out; a text seen before is left out as a duplicate."""
    seen: dict[str, str] = {}
    for path in article_files(articles):
        try:
            for document in read_documents(path):
                if document.id in seen:
                    yield Removed(item=document.source, reason="duplicate text", detail=f"same as {seen[document.id]}")
                    continue
                seen[document.id] = document.source
                yield document
        except UnreadableError as error:
            yield Removed(item=path.as_posix(), reason=error.reason, detail=error.detail)


def _work(config: IngestConfig, folder: Path) -> Mapping[str, int]:
    documents: list[Document] = []
    removed: list[Removed] = []
    for article in load_articles(config.articles):
        (documents if isinstance(article, Document) else removed).append(article)  # ty: ignore[invalid-argument-type]
    if not documents:
        reasons = "; ".join(f"{r.item}: {r.reason}" for r in removed[:5]) or "the folder is empty"
        raise DataError(f"{config.articles}: no article could be read ({reasons}); expected .txt or .md files")
    write_records(folder / DOCUMENTS, documents)
    write_records(folder / REMOVED, removed)
    sentences = write_records(folder / SENTENCES, (s for d in documents for s in split_sentences(d)))
    return {
        "articles": len(documents) + len(removed),
        "documents": len(documents),
        "removed": len(removed),
        "sentences": sentences,
    }
