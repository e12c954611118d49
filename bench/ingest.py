"""Ingest against its bars: boundaries, speed, memory, resume, copies, relevance, targets, stand-off labels."""

import argparse
import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.ingest_load import interrupted_run
from bench.made_articles import Maker, articles_with_copies, page
from bench.table import Row, print_table
from stance.ingest.duplicates import NUM_HASHES, near_duplicates, signature
from stance.ingest.names import gazetteer
from stance.ingest.relevance import sentence_is_relevant
from stance.ingest.sentences import sentence_offsets, split_sentences
from stance.ingest.stage import IngestConfig, ingest
from stance.ingest.standoff import rehydrate
from stance.ingest.targets import propose
from tests.ingest.boundaries import passages, score
from tests.ingest.test_sentences import SEED, SEED_STARTS
from tests.ingest.test_standoff import article, edit, labelled

SHARED = Path(__file__).parents[2] / "shared" / "data"
THRESHOLD = 0.3
WORKERS = 2


def boundaries() -> list[Row]:
    """Our splitter, the plain library and two others on our own hard boundaries; the seed article."""
    everything = passages()
    count = sum(len(passage.ends) for passage in everything)
    later = [passage for passage in everything if passage.section == "written after the rules"]
    ours = score(_ours, everything).f1
    how = f"{count} boundaries of tests/ingest/boundaries.txt"
    rows = [Row("boundaries, F1", "0.98", f"{ours:.3f}", how, ours >= 0.98)]
    rows.append(Row("… written after the rules", "", f"{score(_ours, later).f1:.3f}", f"{_count(later)} of them"))
    rows += [Row(f"… {name}", "", f"{score(split, everything).f1:.3f}", how) for name, split in RIVALS.items()]
    if SEED.is_file():
        from stance.records import normalise

        starts = [start for start, _ in sentence_offsets(normalise(SEED.read_text(encoding="utf-8")))]
        right = len(set(starts) & set(SEED_STARTS))
        rows.append(Row("seed article", "26 of 26", f"{right} of {len(starts)}", "by offset", starts == SEED_STARTS))
    return rows


def _count(among: Iterable[object]) -> int:
    return sum(len(getattr(passage, "ends", ())) for passage in among)


def _ours(text: str) -> list[int]:
    return [end for _, end in sentence_offsets(text)]


def _nupunkt(text: str) -> list[int]:
    from nupunkt import sentence_spans

    return [start + len(text[start:end].rstrip()) for start, end in sentence_spans(text)]


def _choppa(text: str) -> list[int]:
    from choppa import SrxDocument, SrxTextIterator

    rules = SrxDocument(ruleset=str(_choppa_rules()))
    return _ends(text, [piece for piece in SrxTextIterator(rules, "en_one", text)])  # noqa: C416 - an iterator of its own


def _choppa_rules() -> Path:
    import choppa

    return Path(str(choppa.DEFAULT_SRX_RULESET))


def _syntok(text: str) -> list[int]:
    import syntok.segmenter

    return [
        sentence[-1].offset + len(sentence[-1].value)
        for paragraph in syntok.segmenter.analyze(text)
        for sentence in paragraph
    ]


def _ends(text: str, pieces: Iterable[str]) -> list[int]:
    ends, place = [], 0
    for piece in pieces:
        ends.append(place + len(piece.rstrip()))
        place += len(piece)
    return ends if place == len(text) else []


RIVALS: dict[str, Callable[[str], list[int]]] = {"nupunkt": _nupunkt, "choppa (SRX)": _choppa, "syntok": _syntok}


def speed(folder: Path) -> list[Row]:
    """Articles and pages a second through the whole stage."""
    maker = Maker(1)
    for name, count in (("text", 3000), ("pages", 300)):
        (folder / name).mkdir()
        for number in range(count):
            title, *paragraphs = maker.article()
            content = page(title, paragraphs, number) if name == "pages" else "\n".join([title, *paragraphs])
            suffix = "html" if name == "pages" else "txt"
            (folder / name / f"{number:05}.{suffix}").write_text(content, encoding="utf-8")
    rows = []
    for name, bar in (("text", 300), ("pages", 25)):
        config = IngestConfig(articles=folder / name, output=folder / f"{name}-out", languages=(), workers=WORKERS)
        before, started = os.times(), time.perf_counter()
        counts = ingest(config).counts
        wall, after = time.perf_counter() - started, os.times()
        spent = {part: getattr(after, part) - getattr(before, part) for part in (*OWN, *CHILDREN)}
        # On a shared machine the wall clock measures the neighbours; workers run side by side, the rest alone.
        needed = sum(spent[part] for part in OWN) + sum(spent[part] for part in CHILDREN) / WORKERS
        given = sum(spent.values()) / wall
        rate = counts["documents"] / needed
        how = f"{counts['documents']} made articles by CPU time of 2 workers and the rest; {wall:.0f} s on the wall"
        rows.append(Row(f"{name} a second", str(bar), f"{rate:.0f}", f"{how}, {given:.1f} cores given", rate >= bar))
    return rows


OWN = ("user", "system")
CHILDREN = ("children_user", "children_system")


def load(folder: Path, documents: int) -> list[Row]:
    """Many documents, interrupted and resumed: peak memory of all processes, and what was done twice."""
    run = interrupted_run(folder, documents)
    how = f"{run.documents} of {documents} documents, 2 workers, Ctrl-C after {run.units_before} of {run.units} units"
    memory = Row(
        "peak memory, MB", "1000", f"{run.peak_bytes / 1e6:.0f}", f"{how}; all processes", run.peak_bytes < 1e9
    )
    again = Row("finished units done again", "0", str(run.units_again), "their marks' times", run.units_again == 0)
    whole = run.documents + run.removed == documents
    rows = [memory, again, Row("in = out + removed", str(documents), f"{run.documents} + {run.removed}", how, whole)]
    rows.append(Row("… seconds", "", f"{run.seconds:.0f}", "both runs together"))
    return rows


def copies() -> list[Row]:
    """Recall and precision of pairs; growth of time."""
    texts, true = articles_with_copies(2000, 400, seed=1)
    matches = near_duplicates(np.stack([signature(text) for text in texts]), THRESHOLD)
    clusters: dict[int, list[int]] = {}
    for match in matches:
        clusters.setdefault(match.first, [match.first]).append(match.number)
    found = {(min(a, b), max(a, b)) for cluster in clusters.values() for a in cluster for b in cluster if a != b}
    recall, precision = len(found & true) / len(true), len(found & true) / max(1, len(found))
    how = "2,000 made articles, 400 edited copies, each with paragraph dropped, new headline, 10% of words"
    small, large = _seconds(50_000), _seconds(200_000)
    return [
        Row("copies: recall", "0.95", f"{recall:.3f}", how, recall >= 0.95),
        Row("copies: precision", "0.99", f"{precision:.3f}", "pairs in one cluster", precision >= 0.99),
        Row(
            "copies: time for 4x as many", "about 4x", f"{large / small:.1f}x", _growth(small, large), large < 6 * small
        ),
    ]


def _growth(small: float, large: float) -> str:
    return f"signatures and clusters: 50,000 in {small:.1f} s, 200,000 in {large:.1f} s"


def _seconds(count: int) -> float:
    """Seconds for signatures and clusters of `count` texts of words by Zipf's law, a fifth of them copies."""
    maker = Maker(2)
    words: list[str] = []
    random = np.random.default_rng(0)
    signatures = np.zeros((count, NUM_HASHES), np.uint32)
    total = 0.0
    for number in range(count):
        if number % 5:
            words = maker.draw(80)
        else:
            words = [*words] or maker.draw(80)
            for place in random.integers(0, 80, 6):
                words[place] = "edited"
        text = " ".join(words)
        started = time.perf_counter()
        signatures[number] = signature(text)
        total += time.perf_counter() - started
    started = time.perf_counter()
    near_duplicates(signatures, THRESHOLD)
    return total + time.perf_counter() - started


def relevance() -> list[Row]:
    """The filter and the proposer on real news, where it is at hand."""
    if not SHARED.is_dir():
        return [Row("relevance and targets", "0.97", "not measured", "the measuring data is not beside this checkout")]
    rows = _read("real_news_dev.jsonl")
    on_topic = [row for row in rows if row["label4"] != "unrelated"]
    kept = [sentence_is_relevant(row["text"], row["prev"], row["next"]) for row in on_topic]
    recall = sum(kept) / len(kept)
    climate = _read("gwsd/dev.jsonl")
    shares = {
        "real_news_dev, chosen on topic": [sentence_is_relevant(r["text"], r["prev"], r["next"]) for r in rows],
        "GWSD dev, news on the climate": [sentence_is_relevant(row["text"]) for row in climate],
    }
    how = f"{len(kept)} on-topic sentences of real_news_dev with neighbours"
    table = [Row("relevance: recall", "0.97", f"{recall:.3f}", how, recall >= 0.97)]
    table += [Row("… share kept", "", f"{np.mean(k):.3f}", f"{len(k)} of {name}") for name, k in shares.items()]
    for field in ("intervener", "place"):
        right = []
        for row in on_topic:
            gold = {m.name for m in gazetteer().mentions((row[field] or "").replace("/", " / "))}
            if gold:
                found = propose(row["text"], row["prev"], row["next"], row["title"])
                right.append(getattr(found, field) in gold)
        how = f"{len(right)} on-topic sentences of real_news_dev that have one"
        table.append(Row(f"targets: {field} right", "", f"{np.mean(right):.3f}", how))
    return table


def _read(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (SHARED / name).read_text(encoding="utf-8").splitlines()]


def standoff() -> list[Row]:
    """Labels published, articles edited, labels placed again."""
    from stance.ingest.article import make_document

    document = article(4)
    sentences, labels = labelled(document)
    number = {label.quote.start: sentence.index for label, sentence in zip(labels, sentences, strict=True)}
    placed = wrong = lost = total = 0
    for seed in range(200):
        truth, edited = edit(sentences, seed)
        copy = make_document("b.txt", edited, {})
        result = rehydrate(labels, [copy], split_sentences(copy))
        listed = {int(row.item.split()[-1].split("-")[0]) for row in result.listed}
        kept = [label for label in labels if label.quote.start not in listed]
        pairs = zip(kept, result.placed, strict=True)
        wrong += sum(row.sentence != truth[number[label.quote.start]] for label, row in pairs)
        lost += len(labels) - len(result.placed) - len(result.listed)
        placed += len(result.placed)
        total += sum(text is not None for text in truth.values())
    how = "200 edits: paragraph inserted, 30% of sentences with a word changed, one dropped, two exchanged"
    return [
        Row("stand-off: labels on a wrong sentence", "0", str(wrong), how, wrong == 0),
        Row("stand-off: labels neither placed nor listed", "0", str(lost), how, lost == 0),
        Row("… placed", "", f"{placed / total:.3f}", "of the labels whose sentence is still there"),
    ]


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000, help="how many for memory and resume")
    documents = parser.parse_args().documents
    logging.getLogger("stance").setLevel(logging.INFO)
    with TemporaryDirectory(prefix="stance-bench-") as name:
        rows = [*boundaries(), *speed(Path(name)), *copies(), *relevance(), *standoff(), *load(Path(name), documents)]
    print_table("Ingest", rows)


if __name__ == "__main__":
    main()
