"""What a labelling team does around the label stage: plan a queue, exchange files, adjudicate, judge the quality.

Like a `stage.py`, this file touches disk and the others do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from stance.config import ConfigError, DataError
from stance.examples import read_scheme
from stance.labeling.aggregation import HUMAN, is_machine
from stance.labeling.exchange import FORMATS
from stance.labeling.items import Item, make_items
from stance.labeling.next_items import Pool, vote_entropy
from stance.labeling.probabilities import WordsModel, joined
from stance.labeling.quality import Options, assess, render_quality
from stance.labeling.queue import Purpose, describe_plan, plan_queue, queue_of, to_adjudicate
from stance.labeling.second_opinion import Embed
from stance.records import Document, Gold, Pair, Prediction, Sentence, pair_id
from stance.storage import atomic_file, dump_line, read_records, write_json, write_records

MAX_TOKENS = 128
"""Longest sentence that the encoder of `write_quality` reads; the end of a longer one is cut."""


@dataclass(frozen=True)
class QueueRequest:
    """What to put on whose desk; `pairs` are files of Pair records, `targets` are asked of every sentence."""

    coders: Sequence[str]
    size: int
    pairs: Sequence[Path] = ()
    targets: Sequence[str] = ()
    random_share: float = 0.3
    coders_per_item: int = 2
    purpose: Purpose = "train"
    seed: int = 0
    format: str = "label-studio"


@dataclass(frozen=True)
class _Material:
    """A labels folder with the sentences it speaks of."""

    sentences: Mapping[str, Sentence]
    documents: Mapping[str, Document]
    pairs: Mapping[str, Pair] = field(default_factory=dict)
    gold: Sequence[Gold] = ()

    def items(self, pairs: Sequence[Pair], *, kinds: str = "none") -> list[Item]:
        """Items of `pairs` with no votes, with people's, or with all."""
        votes = [
            vote
            for row in self.gold
            for vote in row.votes
            if kinds == "all" or (kinds == "people" and not is_machine(vote))
        ]
        return make_items(pairs, self.sentences, self.documents, votes)


def make_queue(sentences: Path, labels: Path, output: Path, request: QueueRequest) -> str:
    """Write `<coder>` files, `plan.jsonl`, `pairs.jsonl` and `README.txt` into `output`; returns the plan in words.

    The pool is what `request` names, and what ingest proposed where it names nothing, without the pairs that people
    have labelled. A bag of words trained on people's labels says where a model is unsure.
    """
    material = _read(sentences, labels)
    pool_pairs = _pool(sentences, material, request)
    shown = material.items(pool_pairs)
    texts = joined([item.text for item in shown], [item.target for item in shown])
    cast = {row.pair_id: [v.label for v in row.votes if v.label is not None] for row in material.gold}
    pool = Pool(
        texts=texts,
        probabilities=_opinion(material, labels, texts),
        disagreement=np.array([vote_entropy(cast.get(pair.id, [])) for pair in pool_pairs]),
    )
    entries = plan_queue(
        pool,
        [pair.id for pair in pool_pairs],
        request.coders,
        size=request.size,
        random_share=request.random_share,
        coders_per_item=request.coders_per_item,
        purpose=request.purpose,
        seed=request.seed,
    )
    _new_folder(output)
    by_id = {item.pair_id: item for item in shown}
    tool = FORMATS[request.format]
    for coder in request.coders:
        own = queue_of(coder, entries, by_id, request.seed)
        tool.write(output / f"{coder}{tool.suffix}", own, read_scheme(labels))
    planned = {entry.pair_id for entry in entries}
    write_records(output / "pairs.jsonl", (pair for pair in pool_pairs if pair.id in planned))
    write_records(output / "plan.jsonl", entries)
    text = describe_plan(entries, len(pool_pairs))
    with atomic_file(output / "README.txt") as file:
        file.write(text + "\n")
    return text


def export_labels(sentences: Path, labels: Path, output: Path, format_name: str, kinds: str) -> int:
    """Write all labelled pairs with the votes of `kinds` (none, people, all) to a file; returns how many pairs."""
    material = _read(sentences, labels)
    items = material.items(list(material.pairs.values()), kinds=kinds)
    FORMATS[format_name].write(output, items, read_scheme(labels))
    return len(items)


def export_disagreements(sentences: Path, labels: Path, output: Path, format_name: str) -> int:
    """Write the pairs that wait for adjudication; returns how many."""
    material = _read(sentences, labels)
    items = {item.pair_id: item for item in material.items(list(material.pairs.values()))}
    waiting = to_adjudicate(material.gold, items)
    FORMATS[format_name].write(output, waiting, read_scheme(labels))
    return len(waiting)


def import_votes(
    files: Sequence[Path], output: Path, format_name: str, kind: str | None = None, guidelines: str | None = None
) -> Mapping[str, int]:
    """Write `votes.jsonl` and `pairs.jsonl` from tools' exports, for `label.votes` and `label.pairs`.

    `kind` says what all answers are, such as `adjudicated`; `guidelines` is noted where a vote has none.
    """
    items = [item for path in files for item in FORMATS[format_name].read(path)]
    votes = [
        vote.model_copy(update={"kind": kind or vote.kind, "guidelines": vote.guidelines or guidelines})
        for item in items
        for vote in item.votes
    ]
    if not votes:
        raise DataError(f"{', '.join(map(str, files))}: no answers in {len(items)} items")
    _new_folder(output)
    pairs = {item.pair_id: item.pair for item in items}
    return {
        "votes": write_records(output / "votes.jsonl", votes),
        "pairs": write_records(output / "pairs.jsonl", pairs.values()),
        "abstentions": sum(vote.label is None for vote in votes),
    }


def write_quality(
    sentences: Path,
    labels: Path,
    output: Path,
    options: Options,
    predictions: Path | None = None,
    encoder: str | None = None,
) -> Mapping[str, int]:
    """Write `quality.html`, `quality.json`, `suspects.jsonl` and `contradictions.jsonl` into `output`.

    `predictions` are out-of-fold predictions of a model, JSONL as predict writes it; pairs that it lacks are judged by
    a bag of words, and by `encoder` with the machines' votes where one is named. Raises ConfigError where it is none.
    """
    material = _read(sentences, labels)
    scheme = read_scheme(labels)
    items = {item.pair_id: item for item in material.items(list(material.pairs.values()))}
    opinions = {}
    if predictions is not None:
        rows = read_records(predictions, Prediction)
        opinions = {row.id: [row.probabilities[name] for name in scheme.names] for row in rows}
    embed = _embed(encoder) if encoder else None
    quality = assess(material.gold, items, scheme, options, opinions, embed)
    output.mkdir(parents=True, exist_ok=True)
    write_json(output / "quality.json", quality.figures)
    with atomic_file(output / "quality.html") as page:
        page.write(render_quality(quality.figures, scheme))
    with atomic_file(output / "suspects.jsonl") as file:
        file.writelines(dump_line(asdict(row)) for row in quality.suspects)
    with atomic_file(output / "contradictions.jsonl") as file:
        file.writelines(dump_line(dict(row)) for row in quality.contradictions)
    return {
        "pairs": len(material.gold),
        "likely_errors": quality.figures["likely_errors"],
        "contradictions": len(quality.contradictions),
    }


def _read(sentences: Path, labels: Path) -> _Material:
    return _Material(
        sentences={s.id: s for s in read_records(sentences / "sentences.jsonl", Sentence)},
        documents={d.id: d for d in read_records(sentences / "documents.jsonl", Document)},
        pairs={p.id: p for p in read_records(labels / "pairs.jsonl", Pair)},
        gold=list(read_records(labels / "gold.jsonl", Gold)),
    )


def _pool(sentences: Path, material: _Material, request: QueueRequest) -> list[Pair]:
    found = [pair for path in request.pairs for pair in read_records(path, Pair)]
    found += [
        Pair(id=pair_id(sentence, target), sentence_id=sentence, target=target)
        for target in request.targets
        for sentence in material.sentences
    ]
    proposals = sentences / "proposals.jsonl"
    if not request.pairs and not request.targets and proposals.is_file():
        found += read_records(proposals, Pair)
    done = {row.pair_id for row in material.gold if row.source == HUMAN}
    pool = {pair.id: pair for pair in found if pair.id not in done and pair.sentence_id in material.sentences}
    if not pool:
        raise ConfigError(
            f"plan-queue: {len(found)} pairs were named, none is left to label; "
            f"give --target, or --pairs, or run ingest with propose_targets=true"
        )
    return list(pool.values())


def _opinion(material: _Material, labels: Path, texts: Sequence[str]) -> np.ndarray | None:
    """Probabilities of the pool's texts by what people have labelled; None before they have used two labels."""
    scheme = read_scheme(labels)
    human = [row for row in material.gold if row.source == HUMAN]
    answers = np.array([scheme.index(row.label) for row in human])
    if len(np.unique(answers)) < 2:
        return None
    items = material.items([material.pairs[row.pair_id] for row in human])
    model = WordsModel(joined([i.text for i in items], [i.target for i in items]), answers, len(scheme.names))
    return model.predict(texts)


def _embed(encoder: str) -> Embed:
    from stance.labeling.prototypes import SentenceEncoder
    from stance.model.device import choose_compute

    return SentenceEncoder.load(encoder, MAX_TOKENS, choose_compute("fp32")).embed


def _new_folder(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError(f"{path}: is not empty; a queue that coders may be working on is never overwritten")
    path.mkdir(parents=True, exist_ok=True)
