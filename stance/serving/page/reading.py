"""What a reader pastes, drops or names -> the article, and the targets that it is about."""

import tempfile
from collections import Counter
from pathlib import Path

from stance.ingest.article import UnreadableError, make_document
from stance.ingest.fetch import FetchConfig, Fetcher
from stance.ingest.readers import READERS, read_documents
from stance.ingest.readers.html import page_document
from stance.ingest.sentences import split_sentences
from stance.ingest.targets import propose_pairs
from stance.records import Document, Removed

SUFFIXES = {
    "application/pdf": ".pdf",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
}
"""What may be uploaded, by Content-Type, with the suffix by which its reader is found."""
SOURCE = "request"
MAX_SUGGESTIONS = 6
MAX_RELEVANT = 400
"""Sentences looked at for suggestions; an article that is longer repeats itself."""
FETCH_SECONDS, FETCH_BYTES = 10.0, 10_000_000


def pasted(text: str) -> Document:
    """The article of a text; raises UnreadableError."""
    return make_document(SOURCE, text, {})


def pasted_page(html: str) -> Document:
    """The article of a page's source; raises UnreadableError."""
    return page_document(SOURCE, html.encode())


def uploaded(content: bytes, content_type: str) -> Document:
    """The article in a file's bytes; raises UnreadableError when it holds none or is of no type that is read."""
    suffix = SUFFIXES.get(content_type)
    if suffix is None:
        raise UnreadableError("not a page", f"{content_type}; expected one of {', '.join(SUFFIXES)}")
    with tempfile.TemporaryDirectory(prefix="stance-") as folder:
        copy = Path(folder) / f"article{suffix}"
        copy.write_bytes(content)
        (found,) = list(read_documents(copy, READERS))[:1]
    if isinstance(found, Removed):
        raise UnreadableError(found.reason, "" if found.detail.startswith(folder) else found.detail)
    return found.model_copy(update={"source": SOURCE})


def fetched(url: str) -> Document:
    """The article at a public address; raises UnreadableError with the reason only.

    A refusal does not say what a name resolves to, so that nobody can map a private network by asking.
    """
    settings = FetchConfig(timeout_seconds=FETCH_SECONDS, max_bytes=FETCH_BYTES, attempts=1, delay_seconds=0)
    try:
        page = Fetcher(settings).fetch(url)
    except UnreadableError as error:
        raise UnreadableError(error.reason) from None
    document = uploaded(page.content, page.content_type)
    return document.model_copy(update={"url": page.url})


def suggest(document: Document) -> list[str]:
    """Targets that the article's sentences are about, the one of most sentences first."""
    sentences = list(split_sentences(document))[:MAX_RELEVANT]
    counts = Counter(pair.target for pair in propose_pairs(document, sentences))
    return [target for target, _ in counts.most_common(MAX_SUGGESTIONS)]
