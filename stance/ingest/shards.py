"""Articles read and split into sentences, a few hundred at a time, by several processes, so that a stop loses little.

A part is a folder that appears whole. After a stop, finished parts are kept, and a file that holds many articles is
read on from the part where it stopped.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from stance.ingest.article import Article
from stance.ingest.boilerplate import sentence_key
from stance.ingest.duplicates import NUM_HASHES, signature
from stance.ingest.fetch import FetchConfig, Fetcher
from stance.ingest.files import article_files
from stance.ingest.language import in_languages
from stance.ingest.readers import Columns, read_documents, reader_table
from stance.ingest.relevance import OFF_TOPIC, article_is_relevant
from stance.ingest.sentences import split_sentences
from stance.mapping import Mapper
from stance.records import Document, Removed
from stance.storage import write_records

UNIT_FILES = 250
UNIT_BYTES = 20_000_000
PART_ARTICLES = 500
PROGRESS_SECONDS = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """How articles are read: what a worker has to know."""

    columns: Columns
    fetch: FetchConfig
    languages: tuple[str, ...]
    relevant_only: bool


@dataclass(frozen=True)
class Unit:
    """Files that one worker reads in one go."""

    number: int
    files: tuple[Path | Removed, ...]


@dataclass(frozen=True)
class UnitWork:
    """Opens the work on units."""

    reading: Reading
    folder: Path

    def __call__(self) -> Callable[[Unit], int]:
        """The work: make the parts of a unit that are missing, return how many articles they hold."""
        return self._finish

    def _finish(self, unit: Unit) -> int:
        done = len(list(self.folder.glob(f"{unit.number:06}-*")))
        items = islice(_articles(unit, self.reading), done * PART_ARTICLES, None)
        count = 0
        for number, batch in enumerate(_batches(items), start=done):
            _write_part(self.folder, f"{unit.number:06}-{number:06}", batch, self.reading)
            count += len(batch)
        _mark(self.folder, unit.number).touch()
        return count


def make_parts(articles: Path, reading: Reading, folder: Path, mapper: Mapper) -> None:
    """Read everything below `articles` into parts in `folder`; parts that are there already are kept."""
    folder.mkdir(exist_ok=True)
    units = plan(articles)
    todo = [unit for unit in units if not _mark(folder, unit.number).exists()]
    if len(todo) < len(units):
        log.info("%d of %d units were read before", len(units) - len(todo), len(units))
    progress = _Progress(len(todo))
    for articles_read in mapper(UnitWork(reading, folder), todo):
        progress.add(articles_read)


def plan(articles: Path) -> list[Unit]:
    """The files below `articles` in units, the same for the same files; all lists of URLs are one unit.

    One process fetches all URLs, since the pause between two requests to a host holds within a process.
    """
    groups: list[list[Path | Removed]] = []
    lists: list[Path | Removed] = []
    size = 0
    for entry in article_files(articles):
        if isinstance(entry, Path) and entry.suffix.lower() == ".urls":
            lists.append(entry)
            continue
        added = entry.stat().st_size if isinstance(entry, Path) else 0
        if not groups or len(groups[-1]) == UNIT_FILES or size + added > UNIT_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(entry)
        size += added
    return [Unit(i, tuple(files)) for i, files in enumerate([*groups, *([lists] if lists else [])])]


def parts(folder: Path) -> list[Path]:
    """The parts in `folder`, in the order of their articles."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _articles(unit: Unit, reading: Reading) -> Iterator[Article]:
    readers = reader_table(reading.columns, Fetcher(reading.fetch))
    for entry in unit.files:
        if isinstance(entry, Removed):
            yield entry
        else:
            yield from read_documents(entry, readers)


def _write_part(folder: Path, name: str, articles: Sequence[Article], reading: Reading) -> None:
    partial_folder = folder / f".{name}.partial"
    partial_folder.mkdir(exist_ok=True)
    judged = [_judge(article, reading) for article in articles]
    documents = [article for article in judged if isinstance(article, Document)]
    sentences = [list(split_sentences(document)) for document in documents]
    write_records(partial_folder / "documents.jsonl", documents)
    write_records(partial_folder / "removed.jsonl", (a for a in judged if isinstance(a, Removed)))
    write_records(partial_folder / "sentences.jsonl", (s for group in sentences for s in group))
    keys = [sentence_key(d.outlet, s.text) for d, group in zip(documents, sentences, strict=True) for s in group]
    signatures = [signature(document.text) for document in documents]
    np.savez(
        partial_folder / "arrays.npz",
        signatures=np.array(signatures, np.uint32).reshape(-1, NUM_HASHES),
        sentence_keys=np.array(keys, np.uint64),
        sentence_counts=np.array([len(group) for group in sentences], np.int64),
    )
    partial_folder.rename(folder / name)


def _judge(article: Article, reading: Reading) -> Article:
    if isinstance(article, Document):
        article = in_languages(article, reading.languages)
    if isinstance(article, Document) and reading.relevant_only and not article_is_relevant(article.title, article.text):
        return Removed(item=article.source, reason=OFF_TOPIC)
    return article


def _batches(items: Iterable[Article]) -> Iterator[list[Article]]:
    iterator = iter(items)
    while batch := list(islice(iterator, PART_ARTICLES)):
        yield batch


def _mark(folder: Path, unit: int) -> Path:
    return folder / f".{unit:06}.done"


class _Progress:
    """A line every few seconds."""

    def __init__(self, units: int) -> None:
        self.units, self.done, self.articles = units, 0, 0
        self.started = self.shown = time.monotonic()

    def add(self, articles: int) -> None:
        """Count a finished unit."""
        self.done += 1
        self.articles += articles
        now = time.monotonic()
        if now - self.shown > PROGRESS_SECONDS:
            self.shown = now
            rate = self.articles / (now - self.started)
            log.info("read %d articles, %.0f a second (%d of %d units)", self.articles, rate, self.done, self.units)
