"""Measure labelling against its bars: `make bench-label`. Rows of language models and of the page join when built."""

import importlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score

from bench.corpus_runs import CORPUS, read_scheme_config, read_shared
from bench.label_scale import write_votes
from bench.table import Row, print_table
from stance.bootstrap import group_confusions
from stance.labeling.agreement import (
    Unit,
    cohen_kappa,
    coincidences,
    fleiss_kappa,
    fleiss_sums,
    krippendorff_alpha,
    mutual_macro_f1,
)
from stance.labeling.commands import MAX_TOKENS
from stance.labeling.exchange import FORMATS
from stance.labeling.human import Annotation, read_annotations
from stance.labeling.items import Item
from stance.labeling.label_errors import Labelled, rank_suspects
from stance.labeling.label_models import METHODS, Ballots, count_ballots, dawid_skene, majority, one_coin
from stance.labeling.probabilities import WordsModel, joined, out_of_fold
from stance.labeling.prototypes import SentenceEncoder
from stance.labeling.rules import rule_book
from stance.labeling.second_opinion import Embed, Evidence, second_opinion
from stance.labels import LabelScheme
from stance.model.device import choose_compute
from stance.model.pretrained import EMBEDDED
from stance.records import Pair, Vote
from stance.storage import read_json

FLIPPED = 0.08
LISTED = 0.1
SEEDS = range(3)
GIGABYTE = 2**30
PARTS = ("bench.label_llm", "bench.label_page")


def main() -> None:
    """Print all bars in one table; exit with 1 when one falls short."""
    scheme = read_scheme_config()
    annotations = [row for _, row in read_annotations(CORPUS / "annotations.jsonl", scheme)]
    rows = [
        _round_trips(annotations, scheme),
        *_agreement(),
        *_rules(annotations, scheme),
        *_aggregation(),
        *_oracle(),
        *_label_errors(annotations, scheme),
        *_scale(),
    ]
    for name in PARTS:
        if importlib.util.find_spec(name) is not None:
            rows += importlib.import_module(name).rows()
    print_table("Labelling", rows)


def _round_trips(annotations: Sequence[Annotation], scheme: LabelScheme) -> Row:
    items = [
        Item(
            pair_id=str(i),
            sentence_id=str(i),
            target=row.target,
            text=row.sentence or "",
            votes=(Vote(pair_id=str(i), labeler="a", label=row.label, holder=row.holder, notes="=1+1", seconds=0.1),),
        )
        for i, row in enumerate(annotations[:500])
    ]
    with tempfile.TemporaryDirectory() as folder:
        same = []
        for name, tool in FORMATS.items():
            path = Path(folder) / f"items{tool.suffix}"
            tool.write(path, items, scheme)
            same.append(tool.read(path) == items)
            path.unlink()
            if not same[-1]:
                print(name, "loses something", file=sys.stderr)
    how = f"{len(items)} items of the corpus each; property tests in tests/labeling/exchange"
    return Row("round trips", "all formats", f"{sum(same)} of {len(FORMATS)} equal", how, all(same))


def _agreement() -> list[Row]:
    random = np.random.default_rng(0)
    worst = 0.0
    for _ in range(50):
        first, second = random.integers(4, size=(2, 300))
        second = np.where(random.random(300) < 0.6, first, second)
        confusion = group_confusions(first.tolist(), second.tolist(), ["a"] * 300, 4).sum(axis=0)
        worst = max(worst, abs(float(cohen_kappa(confusion)) - cohen_kappa_score(first, second)))
        worst = max(worst, abs(float(mutual_macro_f1(confusion)) - f1_score(first, second, average="macro")))
    units = [
        Unit({"1": a, "2": b}, str(i)) for i, (a, b) in enumerate(zip("aabbdcccedda", "babbbccceddd", strict=True))
    ]
    alpha = abs(float(krippendorff_alpha(coincidences(units, list("abcde")).sum(axis=0))) - 310 / 448)
    table = "00009e 02642 00356 03920 22811 77000 32630 25322 65210 02237".replace("00009e", "0000e").split()
    crowd = [[str(k) for k, n in enumerate(row) for _ in range(int(n, 16))] for row in table]
    raters = [Unit({str(i): x for i, x in enumerate(row)}, str(j)) for j, row in enumerate(crowd)]
    observed, expected = 688 / 1820, (20**2 + 28**2 + 39**2 + 21**2 + 32**2) / 140**2
    fleiss = abs(
        float(fleiss_kappa(fleiss_sums(raters, list("01234")).sum(axis=0))) - (observed - expected) / (1 - expected)
    )
    return [
        Row("kappa, macro-F1 of annotators", "1e-9", f"{worst:.0e}", "50 tables against scikit-learn", worst < 1e-9),
        Row("Krippendorff's alpha", "1e-9", f"{alpha:.0e}", "Krippendorff 2011, section B, 0.692", alpha < 1e-9),
        Row("Fleiss' kappa", "1e-9", f"{fleiss:.0e}", "Wikipedia's 10 subjects, 14 raters, 0.210", fleiss < 1e-9),
    ]


def _rules(annotations: Sequence[Annotation], scheme: LabelScheme) -> list[Row]:
    real = read_shared("real_news_dev.jsonl")
    gold = [row["label"] for row in real]
    pairs = [
        Pair(id=str(i), sentence_id="s", target=row["target"], intervener=row["intervener"], place=row["place"])
        for i, row in enumerate(real)
    ]
    votes = [
        Vote(pair_id=pair.id, labeler=name, label=rule(row["text"], pair), kind="rule")
        for row, pair in zip(real, pairs, strict=True)
        for name, rule in rule_book().rules.items()
    ]
    ballots = count_ballots(votes, scheme)
    scores = {
        name: _three_way(gold, _decide(ballots, METHODS[name](ballots, None).probabilities, len(real), scheme), scheme)
        for name in ("majority", "one_coin")
    }
    labels = np.array([scheme.index(row.label) for row in annotations])
    words = {}
    for name, see in (("sentence", lambda t, _: list(t)), ("sentence and target", joined)):
        model = WordsModel(see([r.sentence or "" for r in annotations], [r.target for r in annotations]), labels, 4)
        found = model.predict(see([r["text"] for r in real], [r["target"] for r in real])).argmax(axis=1)
        words[name] = _three_way(gold, [scheme.names[i] for i in found], scheme)
    spoken = len(ballots.item_names) / len(real)
    bar = max(words.values())
    rivals = ", ".join(f"{name} {score:.3f}" for name, score in words.items())
    how = f"real_news_dev, 3-way macro-F1, no training; TF-IDF trained on the corpus: {rivals}"
    return [
        Row("labeling functions", ">= 15", str(len(rule_book().rules)), "cues.yaml", len(rule_book().rules) >= 15),
        Row("rules, majority", f"> {bar:.3f}", f"{scores['majority']:.3f}", how, scores["majority"] > bar),
        Row(
            "rules, one coin (the default)", f"> {bar:.3f}", f"{scores['one_coin']:.3f}", how, scores["one_coin"] > bar
        ),
        Row("rules: pairs on which one speaks", "reported", f"{spoken:.0%}", "real_news_dev; the others count as none"),
    ]


def _decide(ballots: Ballots, probabilities: np.ndarray, size: int, scheme: LabelScheme) -> list[str]:
    """The label of each pair; a pair on which every rule abstains takes no side."""
    found = [scheme.merged_into_none[0]] * size
    for name, row in zip(ballots.item_names, probabilities, strict=True):
        merged = dict.fromkeys((*scheme.polar, "none"), 0.0)
        for label, value in zip(scheme.names, row.tolist(), strict=True):
            merged[scheme.three_way(label)] += value
        best = max(merged, key=merged.__getitem__)
        found[int(name)] = scheme.merged_into_none[0] if best == "none" else best
    return found


def _three_way(gold: Sequence[str], found: Sequence[str], scheme: LabelScheme) -> float:
    merged = [scheme.three_way(label) for label in found]
    return float(f1_score(gold, merged, average="macro"))


def _simulated(seed: int) -> tuple[Ballots, np.ndarray, np.ndarray]:
    """Eight annotators of known accuracy, 3,000 items, five answers each."""
    random = np.random.default_rng(seed)
    accuracy = np.array([0.95, 0.9, 0.85, 0.6, 0.55, 0.5, 0.45, 0.45])
    truth = random.integers(4, size=3000)
    voters = np.argsort(random.random((3000, 8)), axis=1)[:, :5]
    wrong = (truth[:, None] + random.integers(1, 4, size=voters.shape)) % 4
    said = np.where(random.random(voters.shape) < accuracy[voters], truth[:, None], wrong)
    numbers = np.repeat(np.arange(3000), 5)
    names = [str(i) for i in range(8)]
    items = [str(i) for i in range(3000)]
    return Ballots(numbers, voters.ravel(), said.ravel(), np.ones(15000), items, names, 4), truth, accuracy


def _aggregation() -> list[Row]:
    rows = []
    for name, model in (("one coin", one_coin), ("Dawid-Skene", dawid_skene)):
        errors, gains = [], []
        for seed in SEEDS:
            ballots, truth, accuracy = _simulated(seed)
            fit = model(ballots)
            errors.append(float(np.abs(fit.accuracy - accuracy).max()))
            plain = (majority(ballots).probabilities.argmax(axis=1) == truth).mean()
            gains.append(100 * float((fit.probabilities.argmax(axis=1) == truth).mean() - plain))
        how = f"8 annotators of 0.45 to 0.95, 3,000 items, 5 votes each, {len(SEEDS)} draws, the worst"
        rows.append(Row(f"{name}: accuracies recovered", "within 0.03", f"{max(errors):.3f}", how, max(errors) <= 0.03))
        rows.append(Row(f"{name}: better than majority", ">= 3 points", f"{min(gains):.1f}", how, min(gains) >= 3))
    return rows


def _oracle() -> list[Row]:
    """Our models against crowd-kit's on the same votes; left out where it is not installed."""
    try:
        import pandas as pd
        from crowdkit.aggregation import DawidSkene, OneCoinDawidSkene
    except ImportError:
        return []
    ballots, truth, _ = _simulated(0)
    frame = pd.DataFrame({"task": ballots.items, "worker": ballots.sources, "label": ballots.labels})
    rows = []
    for name, ours, theirs in (("one coin", one_coin, OneCoinDawidSkene), ("Dawid-Skene", dawid_skene, DawidSkene)):
        other = theirs(n_iter=100).fit_predict(frame).sort_index().to_numpy()
        own = ours(ballots).probabilities.argmax(axis=1)
        same, right, rival = ((a == b).mean() for a, b in ((own, other), (own, truth), (other, truth)))
        text = f"{same:.1%} equal; right {right:.1%}, theirs {rival:.1%}"
        rows.append(Row(f"{name} beside crowd-kit", "reported", text, "crowd-kit 1.4.2, the simulated votes"))
    return rows


def _label_errors(annotations: Sequence[Annotation], scheme: LabelScheme) -> list[Row]:
    """The share of flipped labels in the first tenth of the list, by what judges and what it may know."""
    texts, targets = [row.sentence or "" for row in annotations], [row.target for row in annotations]
    groups = [row.article or "" for row in annotations]
    evidence = Evidence(texts, targets, groups, _rule_votes(annotations, scheme))
    embed = _remembering(SentenceEncoder.load(EMBEDDED, MAX_TOKENS, choose_compute("fp32")).embed)
    true = np.array([scheme.index(row.label) for row in annotations])
    found: dict[tuple[str, bool], list[float]] = {}
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        flipped = random.choice(len(true), round(FLIPPED * len(true)), replace=False)
        given = true.copy()
        given[flipped] = (true[flipped] + random.integers(1, len(scheme.names), size=len(flipped))) % len(scheme.names)
        words = out_of_fold(joined(texts, targets), given, groups, len(scheme.names))
        opinions = {"words": words, "encoder": second_opinion(words, evidence, embed, given, len(scheme.names))}
        wrong = {str(i) for i in flipped.tolist()}
        for name, probabilities in opinions.items():
            for holders in (True, False):
                rows = [
                    Labelled(str(i), text, target, scheme.names[label], row.holder if holders else None, group)
                    for i, (text, target, label, row, group) in enumerate(
                        zip(texts, targets, given.tolist(), annotations, groups, strict=True)
                    )
                ]
                listed = rank_suspects(rows, probabilities, scheme)[: round(LISTED * len(rows))]
                share = sum(row.pair_id in wrong for row in listed) / len(wrong)
                found.setdefault((name, holders), []).append(share)
    worst = {key: min(shares) for key, shares in found.items()}
    how = f"{FLIPPED:.0%} of {len(true)} bundled labels flipped, holders left; first {LISTED:.0%} of the list"
    whole, more = worst["words", True], worst["encoder", True]
    alone = f"{worst['words', False]:.0%}; with --encoder {worst['encoder', False]:.0%}"
    return [
        Row("label errors found", ">= 60%", f"{whole:.0%}", f"{how}; worst of {len(SEEDS)}", whole >= 0.6),
        Row(
            "label errors found with --encoder", ">= 60%", f"{more:.0%}", "the same, rules and encoder too", more >= 0.6
        ),
        Row("label errors found by probabilities alone", "reported", alone, "the same without holders"),
    ]


def _rule_votes(annotations: Sequence[Annotation], scheme: LabelScheme) -> list[dict[str, int]]:
    found = []
    for row in annotations:
        pair = Pair(id="p", sentence_id="s", target=row.target, intervener=row.intervener, place=row.place)
        said = {name: rule(row.sentence or "", pair) for name, rule in rule_book().rules.items()}
        found.append({name: scheme.index(label) for name, label in said.items() if label})
    return found


def _remembering(embed: Embed) -> Embed:
    """The same vectors for every draw, worked out once."""
    known: dict[tuple[str, ...], np.ndarray] = {}

    def recall(texts: Sequence[str]) -> np.ndarray:
        if tuple(texts) not in known:
            known[tuple(texts)] = embed(texts)
        return known[tuple(texts)]

    return recall


def _scale() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        write_votes(Path(folder) / "votes.jsonl")
        subprocess.run([sys.executable, "-m", "bench.label_scale", folder], check=True)
        figures = read_json(Path(folder) / "scale.json")
    cpu, peak = figures["cpu_seconds"], figures["peak_bytes"] / GIGABYTE
    how = (
        f"{figures['votes']:,} votes on {figures['gold']:,} pairs, file to file, CPU time of one process; "
        f"{figures['seconds']:.0f} s on the clock, {figures['aggregation_cpu_seconds']:.0f} s of CPU without the files"
    )
    return [
        Row("a million votes to gold", "< 60 s", f"{cpu:.0f} s", how, cpu < 60),
        Row("their memory", "< 2 GB", f"{peak:.2f} GB", "peak resident size of that process", peak < 2),
    ]


if __name__ == "__main__":
    main()
