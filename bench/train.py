"""Measure the training engine against its bars: `make bench-train`; PARTS="speed exact" takes some of them.

Rivals and we run in turn, each in a process of its own, on the same data with two threads; ratios count. Runs that are
finished are kept below outputs/bench-train.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.corpus_runs import CORPUS, read_scheme_config
from bench.public_sets import CLEAN, SETS, convert
from bench.table import Row, print_table
from bench.train_exact import accumulation_error, kills_with_the_same_bits, largest_loss_difference
from stance.dataset.stage import DatasetConfig, build_dataset
from stance.evaluation.metrics import confusion_matrix, f1
from stance.examples import read_examples
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling.stage import LabelConfig, label
from stance.storage import write_json

OUTPUT = Path(__file__).parent.parent / "outputs" / "bench-train"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SEEDS = range(int(os.environ.get("SEEDS", "5")))
SPEED_PAIRS = 512
QUALITY_EPOCHS = 8
SHOTS = (8, 16, 64)
KILLS = 20
RIVAL_RATES = (5e-5, 3e-4)
"""The example's own rate and ours: the better mean counts."""


def main() -> None:
    """Measure the parts that are asked for and print the table."""
    parts: Mapping[str, Callable[[Path], list[Row]]] = {
        "speed": speed,
        "exact": exact,
        "quality": quality,
        "fewshot": few_shot,
        "public": public,
    }
    asked = os.environ.get("PARTS", " ".join(parts)).split()
    if unknown := set(asked) - set(parts):
        raise SystemExit(f"PARTS: {', '.join(sorted(unknown))} unknown; expected some of {', '.join(parts)}")
    dataset = _dataset()
    print_table("Training engine", [row for name in asked for row in parts[name](dataset)])


def speed(dataset: Path) -> list[Row]:
    """Examples a second of one epoch, memory, and the share of the machine."""
    common = ["--pairs", str(SPEED_PAIRS)]
    contenders = {
        "ours": ["ours"],
        "ours, nothing frozen": ["ours", "--no-frozen"],
        "padded, batch 32": ["padded", "--batch", "32"],
        "padded, batch 8": ["padded", "--batch", "8"],
        "dynamic, bf16": ["dynamic", "--batch", "32"],
    }
    rounds = [
        {name: _run(dataset, f"speed-{number}", [*arguments, *common]) for name, arguments in contenders.items()}
        for number in range(ROUNDS)
    ]
    ratio = {
        name: statistics.median(r["ours"]["examples_per_second"] / r[name]["examples_per_second"] for r in rounds)
        for name in contenders
    }
    shares = [r["ours"]["gflops"] / r["ours"]["peak_gflops"] for r in rounds]
    memory = max(r["ours"]["memory_gb"] for r in rounds)
    how = f"median of {ROUNDS} rounds in turn, one epoch of {SPEED_PAIRS} bundled pairs, 2 threads, no evaluation"
    rates = {n: statistics.median(r[n]["examples_per_second"] for r in rounds) for n in contenders}
    share = statistics.median(shares)
    padded, small, dynamic = (ratio[n] for n in ("padded, batch 32", "padded, batch 8", "dynamic, bf16"))
    gemm = "products of real tokens against the best of 6 products of 2048 x 2048"
    rows = [
        Row("against Trainer, padded to 128, fp32, batch 32", ">= 6 times", f"{padded:.1f} times", how, padded >= 6),
        Row("against Trainer, padded to 128, fp32, batch 8", "reported", f"{small:.1f} times", how),
        Row("against Trainer, dynamic, by length, bf16", ">= 1.25 times", f"{dynamic:.2f} times", how, dynamic >= 1.25),
        Row("frozen embeddings and layers", "reported", f"{ratio['ours, nothing frozen']:.2f} times", how),
        Row("share of the bf16 GEMM peak", ">= 45%", f"{share:.0%}", gemm, share >= 0.45),
        Row("peak memory", "< 2.5 GB", f"{memory:.2f} GB", "resident size of the process", memory < 2.5),
    ]
    return rows + [Row(f"examples a second: {n}", "reported", f"{v:.1f}", how) for n, v in rates.items()]


def exact(dataset: Path) -> list[Row]:
    """What must not depend on how a run is cut."""
    folder = OUTPUT / "exact"
    shutil.rmtree(folder, ignore_errors=True)
    error = accumulation_error(dataset)
    difference = largest_loss_difference(dataset, folder / "processes")
    survived = kills_with_the_same_bits(dataset, folder / "kills", KILLS)
    return [
        Row("accumulation 4 x 4 against 16", "<= 1e-6", f"{error:.1e}",
            "relative norm of the gradients' difference; uneven weights, soft labels", error <= 1e-6),
        Row("2 processes against 1", "<= 1e-4", f"{difference:.1e}",
            "largest difference of a step's loss, fp32, no dropout, gloo", difference <= 1e-4),
        Row("resume", f"{KILLS} kills, same bits", f"{survived} kills" if survived > 0 else "other bits",
            "kill -9 at random steps of one run; weights, log and steps compared", survived == KILLS),
    ]  # fmt: skip


def quality(dataset: Path) -> list[Row]:
    """Dev macro-F1 after the same epochs, by seed."""
    how = f"{len(SEEDS)} seeds, {QUALITY_EPOCHS} epochs on the bundled train split alone, last weights; bundled dev"
    found = {"ours": _quality(dataset, ["ours"])}
    for who in ("padded", "dynamic"):
        tried = [_quality(dataset, [who, "--rate", str(rate)]) for rate in RIVAL_RATES]
        found[who] = max(tried, key=statistics.mean)
    rows = []
    for who in ("padded", "dynamic"):
        better = statistics.mean(found["ours"]) >= statistics.mean(found[who])
        measured = f"{_spread(found['ours'])} against {_spread(found[who])}"
        rows.append(Row(f"dev macro-F1 against Trainer, {who}", "equal or better", measured, how, better))
    return rows


def _quality(dataset: Path, arguments: Sequence[str]) -> list[float]:
    epochs = ["--epochs", str(QUALITY_EPOCHS)]
    return [_run(dataset, "quality", [*arguments, *epochs, "--seed", str(seed)])["macro_f1"] for seed in SEEDS]


def few_shot(dataset: Path) -> list[Row]:
    """Against SetFit with the same base, within its wall time."""
    rows = []
    for shots in SHOTS:
        rivals, own = [], []
        for seed in SEEDS:
            draw = ["--per-label", str(shots), "--seed", str(seed)]
            rivals.append(_run(dataset, f"setfit-{shots}", ["setfit", *draw]))
            epochs = str(max(20, 640 // shots))
            own.append(_run(dataset, f"few-{shots}", ["ours", "--epochs", epochs, *draw]))
        ours, theirs = ([r["macro_f1"] for r in runs] for runs in (own, rivals))
        within = all(o["seconds"] <= r["seconds"] for o, r in zip(own, rivals, strict=True))
        times = (
            f"{statistics.mean(r['seconds'] for r in own):.0f} s, {statistics.mean(r['seconds'] for r in rivals):.0f} s"
        )
        measured = f"{_spread(ours)} against {_spread(theirs)}; {times}"
        ok = within and statistics.mean(ours) > statistics.mean(theirs)
        how = f"{len(SEEDS)} draws; bundled dev macro-F1"
        rows.append(Row(f"against SetFit, {shots} a label", "better, within its time", measured, how, ok))
    return rows


def public(dataset: Path) -> list[Row]:
    """The public sets by their experiment files."""
    del dataset
    bars = {"gwsd": 0.68, "semeval2016a": 0.68, "perspectrum": 0.72}
    metrics = {"gwsd": "macro-F1", "semeval2016a": "F_avg", "perspectrum": "macro-F1, clean test rows"}
    rows = []
    for name, bar in bars.items():
        convert(name)
        scores = [_public_score(name, seed) for seed in SEEDS]
        how = f"{metrics[name]}; {len(SEEDS)} seeds of experiment={name}, best epoch by dev"
        rows.append(Row(name, f">= {bar}", _spread(scores), how, statistics.mean(scores) >= bar))
    return rows


def _public_score(name: str, seed: int) -> float:
    from stance.inference.classifier import StanceClassifier

    model = OUTPUT / "public" / f"{name}-{seed}"
    command = [sys.executable, "scripts/train.py", f"experiment={name}", f"seed={seed}", f"train.output={model}"]
    subprocess.run([*command, "overwrite=true"], cwd=OUTPUT.parent.parent, check=True)
    test = [
        e for e in read_examples(OUTPUT.parent / "public" / name, "test") if name != "perspectrum" or CLEAN in e.tags
    ]
    found = StanceClassifier.load(model).predict_proba([e.text for e in test], [e.target for e in test]).argmax(axis=1)
    scheme = SETS[name]
    scores = f1(confusion_matrix([scheme.index(e.label) for e in test], found, len(scheme.names)))
    return float(scores[:2].mean() if name == "semeval2016a" else scores.mean())


def _run(dataset: Path, name: str, arguments: Sequence[str]) -> dict[str, float]:
    """The figures of one run of bench.train_rivals; from disk where it was run before."""
    path = OUTPUT / "runs" / f"{name} {' '.join(arguments)}.json".replace("/", "_")
    if not path.is_file():
        command = [sys.executable, "-m", "bench.train_rivals", arguments[0], str(dataset), *arguments[1:]]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        write_json(path, json.loads(done.stdout.splitlines()[-1]))
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def _dataset() -> Path:
    sentences, labels, dataset = OUTPUT / "sentences", OUTPUT / "labels", OUTPUT / "dataset"
    ingest(IngestConfig(articles=CORPUS / "articles", output=sentences), replace=True)
    annotations, scheme = CORPUS / "annotations.jsonl", read_scheme_config()
    label(LabelConfig(sentences=sentences, annotations=annotations, scheme=scheme, output=labels), replace=True)
    build_dataset(DatasetConfig(sentences=sentences, labels=labels, output=dataset), replace=True)
    return dataset


def _spread(values: Sequence[float]) -> str:
    deviation = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else " (one seed)"
    return f"{statistics.mean(values):.3f}{deviation}"


if __name__ == "__main__":
    main()
