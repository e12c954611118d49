"""Stand-off labels from and to files: publish what was labelled, rehydrate it on one's own copies."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from stance.config import ConfigError, DataError
from stance.ingest.sentences import split_sentences
from stance.ingest.stage import load_articles
from stance.ingest.standoff import StandoffLabel, publish, rehydrate
from stance.ingest.web_annotation import read_page, to_page
from stance.records import Document, Gold, Pair, Sentence
from stance.storage import atomic_file, read_records, write_json, write_records


def publish_labels(sentences: Path, labels: Path, output: Path, articles: Sequence[str] = ()) -> int:
    """Write the labels of `articles` (names; all where none is given) without their text; returns how many.

    `sentences` and `labels` are the outputs of ingest and label. The suffix of `output` says the format: .jsonl has a
    label a line, .jsonld or .json is a page of W3C Web Annotations. Raises ConfigError when an article is unknown.
    """
    documents = list(read_records(sentences / "documents.jsonl", Document))
    if unknown := sorted(set(articles) - {document.name for document in documents}):
        raise ConfigError(f"no such article in {sentences}: {', '.join(unknown)}; give names without suffix")
    all_sentences = list(read_records(sentences / "sentences.jsonl", Sentence))
    pairs = list(read_records(labels / "pairs.jsonl", Pair))
    gold = list(read_records(labels / "gold.jsonl", Gold))
    chosen = [document for document in documents if not articles or document.name in articles]
    made = [label for document in chosen for label in publish(document, all_sentences, pairs, gold)]
    if output.suffix == ".jsonl":
        return write_records(output, made)
    write_json(output, to_page(made))
    return len(made)


def rehydrate_labels(standoff: Path, articles: Path, output: Path) -> Mapping[str, int]:
    """Place the labels of `standoff` on the user's `articles`; returns how many were placed, edited and listed.

    `output` becomes an annotations file for the label stage; labels that could not be placed go to
    `<output>.unplaced.jsonl`, and those on edited sentences, which deserve a look, to `<output>.edited.jsonl`.
    Raises DataError when no article can be read, or `standoff` holds no labels.
    """
    labels = list(read_records(standoff, StandoffLabel)) if standoff.suffix == ".jsonl" else read_page(standoff)
    documents = [article for article in load_articles(articles) if isinstance(article, Document)]
    if not documents:
        raise DataError(f"{articles}: no article could be read; expected your copies of the labelled articles")
    result = rehydrate(labels, documents, (s for document in documents for s in split_sentences(document)))
    edited = [label for label in result.placed if label.similarity < 1]
    with atomic_file(output) as file:
        for label in result.placed:
            file.write(json.dumps(label.annotation(), ensure_ascii=False) + "\n")
    write_records(output.with_suffix(".edited.jsonl"), edited)
    write_records(output.with_suffix(".unplaced.jsonl"), result.listed)
    return {"labels": len(labels), "placed": len(result.placed), "edited": len(edited), "unplaced": len(result.listed)}
