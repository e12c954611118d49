"""Labels without text: published, placed again, never on a wrong sentence."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.made_articles import Maker
from stance.config import DataError
from stance.ingest.article import make_document
from stance.ingest.exchange import publish_labels, rehydrate_labels
from stance.ingest.sentences import split_sentences
from stance.ingest.standoff import StandoffLabel, publish, rehydrate
from stance.ingest.web_annotation import read_page, to_page
from stance.labeling.human import Annotation
from stance.records import Document, Gold, Pair, Sentence, Vote, pair_id
from stance.storage import read_records
from tests.conftest import ROOT, SCHEME, SHARED, run_script
from tests.ingest.samples import write

SEED_ARTICLE = SHARED / "seeds" / "haftar-russia-libya.txt"
SEED_LABELS = ROOT / "data" / "standoff" / "haftar-russia-libya.jsonld"
NAMES = SCHEME.names


def labelled(document: Document) -> tuple[list[Sentence], list[StandoffLabel]]:
    """A label on every sentence of `document`, by turns."""
    sentences = list(split_sentences(document))
    pairs, gold = [], []
    for sentence in sentences:
        identity = pair_id(sentence.id, "t")
        label = NAMES[sentence.index % len(NAMES)]
        holder = sentence.text.split()[0] if sentence.index % 3 else "author"
        vote = Vote(pair_id=identity, labeler="ann", label=label, holder=holder, guidelines="1.1", created="2026-01-01")
        pairs.append(Pair(id=identity, sentence_id=sentence.id, target="t", place="Mali", tags=("quote",)))
        probabilities = {name: float(name == label) for name in NAMES}
        gold.append(
            Gold(
                pair_id=identity, probabilities=probabilities, holder=holder, weight=1.0, source="human", votes=(vote,)
            )
        )
    return sentences, list(publish(document, sentences, pairs, gold))


def article(seed: int) -> Document:
    return make_document("in/a.txt", "\n\n".join(Maker(seed).article()), {"url": f"https://news.example/{seed}"})


def test_nothing_of_the_text_is_published() -> None:
    document = article(1)
    _, labels = labelled(document)
    published = json.dumps(to_page(labels))
    words = document.text.split()
    assert not [i for i in range(len(words) - 2) if " ".join(words[i : i + 3]) in published]


def test_json_ld_gives_the_same_labels_back(tmp_path: Path) -> None:
    _, labels = labelled(article(2))
    write(tmp_path / "a.jsonld", json.dumps(to_page(labels)))
    assert read_page(tmp_path / "a.jsonld") == labels
    page = to_page(labels)
    assert page["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    assert {item["type"] for item in page["items"]} == {"Annotation"}
    write(tmp_path / "b.jsonld", '{"items": [{"body": {}}]}')
    with pytest.raises(DataError, match="item 1: not a label"):
        read_page(tmp_path / "b.jsonld")


def test_the_same_text_gets_every_label_back_with_its_holder() -> None:
    document = article(3)
    sentences, labels = labelled(document)
    result = rehydrate(labels, [article(9), document], sentences)
    assert not result.listed
    assert [row.sentence for row in result.placed] == [sentence.text for sentence in sentences]
    first = {s.text: s.text.split()[0] for s in sentences}
    assert all(row.holder == (first[row.sentence] if i % 3 else "author") for i, row in enumerate(result.placed))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_after_edits_no_label_is_on_a_wrong_sentence(seed: int) -> None:
    document = article(4)
    sentences, labels = labelled(document)
    truth, edited = edit(sentences, seed)
    copy = make_document("mine/b.txt", edited, {})
    copied = list(split_sentences(copy))
    result = rehydrate(labels, [article(8), copy], copied)
    assert len(result.placed) + len(result.listed) == len(labels)
    number = {label.quote.start: sentence.index for label, sentence in zip(labels, sentences, strict=True)}
    listed = {int(row.item.split()[-1].split("-")[0]) for row in result.listed}
    placed = [label for label in labels if label.quote.start not in listed]
    for label, row in zip(placed, result.placed, strict=True):
        assert row.sentence == truth[number[label.quote.start]], row
    assert len(result.placed) > 0.8 * sum(text is not None for text in truth.values())


def edit(sentences: Sequence[Sentence], seed: int) -> tuple[dict[int, str | None], str]:
    """An editor's work: a paragraph inserted, typos fixed, a sentence dropped, two exchanged. (text by index, all)."""
    chance = random.Random(seed)  # noqa: S311
    maker = Maker(100_000 + seed)  # never the maker of the article itself
    truth: dict[int, str | None] = {}
    for sentence in sentences:
        words = sentence.text.split()
        if chance.random() < 0.3:
            place = chance.randrange(1, len(words))
            words[place] = words[place][:-1] + "x"
        truth[sentence.index] = " ".join(words)
    order = list(truth)
    dropped = chance.choice(order)
    order.remove(dropped)
    truth[dropped] = None
    place = chance.randrange(len(order) - 1)
    order[place], order[place + 1] = order[place + 1], order[place]
    lines = [truth[i] or "" for i in order]
    lines.insert(chance.randrange(len(lines)), maker.paragraph())
    return truth, "\n".join(lines)


def test_a_sentence_that_occurs_twice_is_placed_by_its_neighbours_or_listed() -> None:
    document = make_document("a.txt", "One came.\nNobody spoke.\nTwo came.\nNobody spoke.\nThree came.", {})
    sentences, labels = labelled(document)
    copy = make_document("b.txt", "Zero.\n" + document.text, {})
    result = rehydrate(labels, [copy], split_sentences(copy))
    assert [row.sentence for row in result.placed] == [sentence.text for sentence in sentences]
    assert [row.sentence_id is not None for row in result.placed] == [False, True, False, True, False]
    twice = make_document("c.txt", document.text.replace("Two came.", "Nobody spoke."), {})
    result = rehydrate(labels, [twice], split_sentences(twice))
    assert {row.reason for row in result.listed} == {"sentence occurs more than once", "sentence not found"}


def test_without_the_article_everything_is_listed() -> None:
    _, labels = labelled(article(5))
    other = make_document("c.txt", article(6).text, {})
    result = rehydrate(labels, [other], split_sentences(other))
    assert (len(result.placed), {row.reason for row in result.listed}) == (0, {"no copy of the article"})


@pytest.mark.parametrize("suffix", [".jsonld", ".jsonl"])
def test_from_labels_to_a_file_and_back(dataset: Path, corpus: Path, tmp_path: Path, suffix: str) -> None:
    out = dataset.parent
    standoff = tmp_path / f"labels{suffix}"
    done = run_script("publish", str(out / "sentences"), str(out / "labels"), str(standoff), "libya", "mali")
    assert done.returncode == 0, done.stderr
    assert "8 labels" in done.stdout
    mine = write(tmp_path / "mine" / "other-name.md", (corpus / "articles" / "libya.md").read_bytes())
    done = run_script("rehydrate", str(standoff), str(mine.parent), str(tmp_path / "annotations.jsonl"))
    assert done.returncode == 0, done.stderr
    assert "8 labels, 4 placed, 0 edited, 4 unplaced" in done.stdout
    rows = list(read_records(tmp_path / "annotations.jsonl", Annotation))
    assert {row.article for row in rows} == {"other-name"}
    assert {row.label for row in rows} == set(NAMES)


def test_mistakes_are_one_clear_message(dataset: Path, tmp_path: Path) -> None:
    out = dataset.parent
    done = run_script("publish", str(out / "sentences"), str(out / "labels"), str(tmp_path / "a.jsonld"), "nowhere")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "nowhere" in done.stderr
    done = run_script("rehydrate", str(tmp_path / "none.jsonld"), str(tmp_path), str(tmp_path / "a.jsonl"))
    assert (done.returncode, "none.jsonld does not exist" in done.stderr) == (2, True)


def test_the_committed_labels_are_well_formed() -> None:
    labels = read_page(SEED_LABELS)
    assert len({label.quote.start for label in labels}) == 26
    assert {label.label for label in labels} == set(NAMES)
    assert all(
        (label.holder is None and not label.holder_is_author) == (label.label not in SCHEME.polar) for label in labels
    )


@pytest.mark.skipif(not SEED_ARTICLE.is_file(), reason="the seed article is not beside this checkout")
def test_the_seed_article_becomes_gold(tmp_path: Path) -> None:
    counts = rehydrate_labels(SEED_LABELS, SEED_ARTICLE, tmp_path / "annotations.jsonl")
    assert counts == {"labels": 28, "placed": 28, "edited": 0, "unplaced": 0}
    from stance.ingest.stage import IngestConfig, ingest
    from stance.labeling.stage import LabelConfig, label

    ingest(IngestConfig(articles=SEED_ARTICLE, output=tmp_path / "sentences"))
    annotations = tmp_path / "annotations.jsonl"
    config = LabelConfig(
        sentences=tmp_path / "sentences", annotations=annotations, scheme=SCHEME, output=tmp_path / "labels"
    )
    assert label(config).counts["gold"] == 28
    assert publish_labels(tmp_path / "sentences", tmp_path / "labels", tmp_path / "again.jsonld") == 28
    again = {(row.quote, row.target): row.label for row in read_page(tmp_path / "again.jsonld")}
    assert again == {(row.quote, row.target): row.label for row in read_page(SEED_LABELS)}
