"""The bundled corpus is what its card says: schema, anchors, shares, contrast, no copies."""

import hashlib
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from stance.config import decode
from stance.ingest.sentences import split_sentences
from stance.ingest.stage import load_articles
from stance.labeling.human import Annotation, anchor, read_annotations
from stance.labels import LabelScheme
from stance.records import Document
from tests.conftest import ROOT, SHARED

CORPUS = ROOT / "data" / "corpus"
POLAR = ("favor", "against")
MAX_JACCARD = 0.7
SHARED_WORDS = 8


@pytest.fixture(scope="module")
def foreign_intervention() -> LabelScheme:
    return decode(LabelScheme, yaml.safe_load((ROOT / "configs/labels/foreign_intervention.yaml").read_text()))


@pytest.fixture(scope="module")
def rows(foreign_intervention: LabelScheme) -> list[Annotation]:
    return [row for _, row in read_annotations(CORPUS / "annotations.jsonl", foreign_intervention)]


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    articles = list(load_articles(CORPUS / "articles"))
    assert not [a for a in articles if not isinstance(a, Document)]
    return [a for a in articles if isinstance(a, Document)]


def test_every_row_finds_its_sentence_and_every_sentence_has_a_row(
    rows: list[Annotation], documents: list[Document]
) -> None:
    sentences = [s for d in documents for s in split_sentences(d)]
    found = anchor(list(enumerate(rows, start=1)), documents, sentences)
    assert found.removed == []
    assert {s.id for s in sentences} - {p.sentence_id for p in found.pairs} == set()


def test_it_is_as_large_and_as_wide_as_the_card_says(rows: list[Annotation], documents: list[Document]) -> None:
    assert len(documents) >= 240
    assert len(rows) >= 4000
    assert len({d.conflict for d in documents}) >= 40
    assert len({r.intervener for r in rows}) >= 20
    genres = Counter(d.genre for d in documents)
    assert len(genres) >= 10
    assert all(d.title and d.outlet and d.published and d.genre and d.conflict for d in documents)


def test_label_shares(rows: list[Annotation]) -> None:
    shares = {label: count / len(rows) for label, count in Counter(r.label for r in rows).items()}
    assert 0.22 <= shares["favor"] <= 0.30
    assert 0.22 <= shares["against"] <= 0.30
    assert 0.28 <= shares["neutral"] <= 0.36
    assert 0.12 <= shares["unrelated"] <= 0.18


def test_polar_pairs_have_holders_and_all_have_intervener_and_place(rows: list[Annotation]) -> None:
    assert not [r for r in rows if (r.label in POLAR) != bool(r.holder)]
    assert not [r for r in rows if not r.intervener or not r.place]
    polar = [r for r in rows if r.label in POLAR]
    assert sum(r.holder != "author" for r in polar) / len(polar) >= 0.45


def test_contrast(rows: list[Annotation]) -> None:
    by_sentence = defaultdict(list)
    for row in rows:
        by_sentence[row.article, row.sentence].append(row.label)
    assert sum(len(labels) for labels in by_sentence.values() if len(set(labels)) > 1) >= 600
    couples = defaultdict(list)
    for row in rows:
        if row.minimal_pair:
            couples[row.minimal_pair].append(row)
    assert {len(couple) for couple in couples.values()} == {2}
    assert all(a.label != b.label and a.sentence != b.sentence for a, b in couples.values())
    assert len(couples) >= 300


def test_every_hard_case_has_at_least_sixty_pairs(rows: list[Annotation]) -> None:
    tags = Counter(tag for row in rows for tag in row.tags)
    assert {tag: count for tag, count in tags.items() if count < 60} == {}


def test_second_readings_cover_whole_articles_drawn_at_random(rows: list[Annotation]) -> None:
    read = [r for r in rows if r.readings]
    assert len(read) / len(rows) >= 0.30
    assert {len(r.readings) for r in read} == {2}
    articles = {r.article for r in read}
    later = [r for r in rows if r.article in articles and not r.readings]
    assert len(later) <= 0.02 * len(read)  # sentences mended after the reading


def test_no_two_sentences_are_near_copies_but_declared_minimal_pairs(rows: list[Annotation]) -> None:
    texts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        texts[row.sentence or ""].add(row.minimal_pair or "")
    shingles = {text: _ngrams(text, 3) for text in texts}
    holders = defaultdict(list)
    for text, grams in shingles.items():
        for gram in grams:
            holders[gram].append(text)
    candidates = Counter(pair for found in holders.values() for pair in itertools.combinations(found, 2))
    copies = [
        (a, b)
        for (a, b), shared in candidates.items()
        if shared / (len(shingles[a]) + len(shingles[b]) - shared) >= MAX_JACCARD and not (texts[a] & texts[b]) - {""}
    ]
    assert copies == []


def test_the_annotations_are_a_data_set_for_datasets(tmp_path: Path) -> None:
    from datasets import load_dataset

    loaded = load_dataset(str(CORPUS), split="train", cache_dir=str(tmp_path))
    assert loaded.num_rows == len((CORPUS / "annotations.jsonl").read_text(encoding="utf-8").splitlines())
    assert {"sentence", "target", "label", "holder"} <= set(loaded.column_names)


def test_no_sentence_comes_from_the_measuring_sets_or_the_seed(rows: list[Annotation]) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"needs the measuring sets in {SHARED}")
    known = {gram for text in _shared_texts() for gram in _hashed(text)}
    assert len(known) > 10_000
    assert [row.sentence for row in rows if known & set(_hashed(row.sentence or ""))] == []


def _shared_texts() -> Iterator[str]:
    for path in sorted((SHARED / "seeds").glob("*.txt")):
        yield path.read_text(encoding="utf-8")
    for name in ("real_news_dev.jsonl", "real_news_unlabelled.jsonl", "on_topic_dev.jsonl"):
        for line in (SHARED / "data" / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield from (row[key] for key in ("text", "prev", "next", "title") if row.get(key))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _ngrams(text: str, size: int) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}


def _hashed(text: str) -> list[str]:
    words = _words(text)
    grams = (" ".join(words[i : i + SHARED_WORDS]) for i in range(len(words) - SHARED_WORDS + 1))
    return [hashlib.sha256(gram.encode()).hexdigest() for gram in grams]
