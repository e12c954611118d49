"""Readers of article files: one function `Path -> Iterator[Article]` for each suffix.

`text` and its siblings read one family of files each, `article` has what they share.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from stance.ingest.article import Article, Reader, UnreadableError
from stance.ingest.fetch import Fetcher
from stance.ingest.readers.archives import read_zip
from stance.ingest.readers.feeds import read_feed
from stance.ingest.readers.html import read_html
from stance.ingest.readers.pdf import read_pdf
from stance.ingest.readers.tables import Columns, read_csv, read_jsonl, read_parquet
from stance.ingest.readers.text import read_markdown, read_text
from stance.ingest.readers.urls import read_urls
from stance.ingest.readers.warc import read_warc
from stance.records import Removed

__all__ = ["READERS", "Article", "Columns", "Reader", "UnreadableError", "read_documents", "reader_table"]


def reader_table(columns: Columns, fetcher: Fetcher | None = None) -> Mapping[str, Reader]:
    """Suffix -> reader. `columns` maps the columns of tables; without a `fetcher` lists of URLs are left out."""
    table: dict[str, Reader] = {
        ".txt": read_text,
        ".md": read_markdown,
        ".html": read_html,
        ".htm": read_html,
        ".xhtml": read_html,
        ".pdf": read_pdf,
        ".rss": read_feed,
        ".atom": read_feed,
        ".xml": read_feed,
        ".warc": read_warc,
        ".warc.gz": read_warc,
        ".parquet": partial(read_parquet, columns=columns),
    }
    for suffix in (".jsonl", ".ndjson", ".jsonl.gz"):
        table[suffix] = partial(read_jsonl, columns=columns)
    for suffix in (".csv", ".tsv", ".csv.gz", ".tsv.gz"):
        table[suffix] = partial(read_csv, columns=columns)
    # A list of URLs inside an archive is not followed: what an archive holds should not reach out.
    table[".zip"] = partial(read_zip, read=partial(read_documents, readers=dict(table)))
    table[".urls"] = partial(read_urls, fetcher=fetcher)
    return table


def read_documents(path: Path, readers: Mapping[str, Reader]) -> Iterator[Article]:
    """The articles of one file by its suffix; damage comes as the last item, a Removed."""
    name = path.name.lower()
    suffix = max((s for s in readers if name.endswith(s)), key=len, default=None)
    if suffix is None:
        detail = f"{path.suffix or 'no suffix'}; known: {', '.join(readers)}"
        yield Removed(item=path.as_posix(), reason="unknown file type", detail=detail)
        return
    try:
        yield from readers[suffix](path)
    except UnreadableError as error:
        yield Removed(item=path.as_posix(), reason=error.reason, detail=error.detail)
    except OSError as error:
        yield Removed(item=path.as_posix(), reason="cannot be opened", detail=error.strerror or str(error))


READERS = reader_table(Columns())
