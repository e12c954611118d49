"""Dataset: gold and sentences -> data/{train,dev,test}.parquet for `datasets.load_dataset`, a card, a page to read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stance.config import DataError, StageConfig
from stance.dataset.card import dataset_card
from stance.dataset.page import render_page
from stance.dataset.splits import SPLITS, assign_splits, connected_groups, take_groups
from stance.examples import LABELS, read_scheme, write_examples
from stance.labels import LabelScheme
from stance.manifest import Manifest, build
from stance.records import Document, Example, Gold, Pair, Removed, Sentence
from stance.storage import atomic_file, read_records, write_json, write_records

Share = Annotated[float, Field(gt=0, lt=0.5)]


class DatasetConfig(StageConfig):
    """Gold in, a dataset in leak-free splits out."""

    sentences: Path
    """Output of ingest."""
    labels: Path
    """Output of label."""
    dev_share: Share = 0.1
    """Share of pairs for choosing the model."""
    test_share: Share = 0.15
    """Share of pairs for the reported figures."""
    split_seed: int = 0
    """Decides which articles go to which split."""
    max_train_pairs: Annotated[int, Field(ge=1)] | None = None
    """Keep only so many training pairs, in whole groups of articles drawn at random: for learning curves."""


def build_dataset(config: DatasetConfig, *, replace: bool = False) -> Manifest:
    """Join gold with its sentences, group articles that share text, split by group."""
    return build("dataset", config, _work, replace=replace)


def make_examples(
    documents: Mapping[str, Document],
    sentences: Mapping[str, Sentence],
    pairs: Mapping[str, Pair],
    gold: Iterable[Gold],
    scheme: LabelScheme,
) -> list[Example]:
    """One Example for each Gold, in order, with its group; probabilities in the scheme's order."""
    rows = [(row, pairs[row.pair_id], sentences[pairs[row.pair_id].sentence_id]) for row in gold]
    groups = _article_groups([(pair, sentence) for _, pair, sentence in rows])
    return [
        Example(
            id=pair.id,
            text=sentence.text,
            target=pair.target,
            before=sentence.before,
            after=sentence.after,
            label=row.label,
            probabilities=tuple(row.probabilities[name] for name in scheme.names),
            weight=row.weight,
            holder=row.holder,
            intervener=pair.intervener,
            place=pair.place,
            tags=pair.tags,
            minimal_pair=pair.minimal_pair,
            document=documents[sentence.document_id].name,
            start=sentence.start,
            end=sentence.end,
            group=groups[sentence.document_id],
            conflict=documents[sentence.document_id].conflict,
            outlet=documents[sentence.document_id].outlet,
            year=(documents[sentence.document_id].published or "")[:4] or None,
            genre=documents[sentence.document_id].genre,
            source=row.source,
        )
        for row, pair, sentence in rows
    ]


def _article_groups(rows: Iterable[tuple[Pair, Sentence]]) -> dict[str, str]:
    """Document id -> group; articles that share a sentence or a declared minimal pair are one group."""
    sharing: dict[str, list[str]] = {}
    for pair, sentence in rows:
        sharing.setdefault(f"document:{sentence.document_id}", []).append(sentence.document_id)
        sharing.setdefault(f"text:{' '.join(sentence.text.lower().split())}", []).append(sentence.document_id)
        if pair.minimal_pair:
            sharing.setdefault(f"minimal:{pair.minimal_pair}", []).append(sentence.document_id)
    return connected_groups(sharing.values())


def _work(config: DatasetConfig, folder: Path) -> Mapping[str, int]:
    scheme = read_scheme(config.labels)
    documents = {d.id: d for d in read_records(config.sentences / "documents.jsonl", Document)}
    sentences = {s.id: s for s in read_records(config.sentences / "sentences.jsonl", Sentence)}
    pairs = {p.id: p for p in read_records(config.labels / "pairs.jsonl", Pair)}
    if strangers := [p.sentence_id for p in pairs.values() if p.sentence_id not in sentences]:
        raise DataError(
            f"{config.labels}: {len(strangers)} of {len(pairs)} pairs name sentences that {config.sentences} does not "
            f"have (first: {strangers[0]}); run label again on these sentences"
        )
    gold = read_records(config.labels / "gold.jsonl", Gold)
    examples = make_examples(documents, sentences, pairs, gold, scheme)
    shares = {"dev": config.dev_share, "test": config.test_share}
    try:
        split_of = assign_splits(Counter(e.group for e in examples), shares, config.split_seed)
    except ValueError as error:
        raise DataError(f"{config.labels}: {error}") from None
    parts: dict[str, list[Example]] = {split: [] for split in SPLITS}
    removed: list[Removed] = []
    for example in examples:
        split = split_of[example.group]
        if split != "train" and example.source != "human":
            removed.append(Removed(item=example.id, reason="rule label in a split for measuring", detail=split))
        else:
            parts[split].append(example)
    if config.max_train_pairs is not None:
        parts["train"], spare = take_groups(parts["train"], config.max_train_pairs, config.split_seed)
        removed += [Removed(item=e.id, reason="beyond max_train_pairs", detail=e.group) for e in spare]
    for split, part in parts.items():
        write_examples(folder, split, part, scheme)
    write_records(folder / "removed.jsonl", removed)
    write_json(folder / LABELS, scheme.model_dump(mode="json"))
    with atomic_file(folder / "README.md") as card:
        card.write(dataset_card(parts, scheme))
    with atomic_file(folder / "browse.html") as page:
        page.write(render_page(parts, scheme))
    return {
        "gold": len(examples),
        **{split: len(part) for split, part in parts.items()},
        "removed": len(removed),
        "groups": len(split_of),
    }
