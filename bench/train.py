"""Measure the training engine against its bars: `make bench-train`, or some parts of it: ARGS="speed resume".

Rivals and we run in turn, each in a process of its own, on the same data with the same threads; ratios count. Finished
runs are kept below outputs/bench-train, so that a stopped bench goes on; `--again` measures anew. `public` has to be
asked for by name: it trains for hours.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy import stats

from bench.corpus_runs import CORPUS, read_scheme_config
from bench.public_sets import CLEAN, SETS, convert
from bench.table import Row, one_of, print_table
from bench.train_exact import accumulation_error, kills_with_the_same_bits, largest_loss_difference, write_tiny_encoder
from stance.dataset.stage import DatasetConfig, build_dataset
from stance.evaluation.metrics import confusion_matrix, f1
from stance.examples import read_examples
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling.stage import LabelConfig, label
from stance.manifest import fingerprint
from stance.model.pretrained import EMBEDDED
from stance.storage import read_json, write_json

ROOT = Path(__file__).parent.parent
SHOTS = (8, 16, 64)
RIVAL_RATES = (5e-5, 3e-4)
"""The Trainer's own and ours: of the tuned rival the better mean counts. The example's settings have the first."""


@dataclass(frozen=True)
class Bench:
    """What the parts measure with."""

    options: argparse.Namespace
    dataset: Path

    @property
    def kept(self) -> Path:
        """Where finished runs of this dataset lie."""
        return self.options.kept / fingerprint(self.dataset)[:12]

    def run(self, name: str, arguments: Sequence[str], threads: int | None = None) -> dict[str, float]:
        """The figures of one run of bench.train_rivals; from disk where it was run before."""
        arguments = [*arguments, "--threads", str(threads or self.options.threads)]
        path = self.kept / f"{name} {' '.join(arguments)}.json".replace("/", "_")
        if not path.is_file() or self.options.again:
            print(f"running {path.stem} ...", file=sys.stderr, flush=True)
            command = [sys.executable, "-m", "bench.train_rivals", arguments[0], str(self.dataset), *arguments[1:]]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, json.loads(done.stdout.splitlines()[-1]))
        result: dict[str, Any] = read_json(path)
        return result

    def rows(self, name: str, measure: Callable[[], list[Row]]) -> list[Row]:
        """The rows of a part that is not made of runs; from disk where it was measured before."""
        path = self.kept / f"part-{name}.json"
        if not path.is_file() or self.options.again:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            rows = measure()
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, [asdict(row) for row in rows])
        return [Row(**row) for row in read_json(path)]


def _speed_runs(bench: Bench) -> list[dict[str, dict[str, float]]]:
    """For each round the figures of each contender: whole epochs, so that every contender meets all lengths."""
    pairs = bench.options.pairs
    slow = ["--pairs", str(max(32, pairs // 4))]
    contenders = {
        "ours": ["ours", "--pairs", str(pairs), "--epochs", "2"],
        "padded, batch 32": ["padded", "--batch", "32", *slow],
        "dynamic, bf16": ["dynamic", "--batch", "32", "--pairs", str(pairs)],
        "padded, batch 8": ["padded", "--batch", "8", *slow],
        "ours, nothing frozen": ["ours", "--no-frozen", "--pairs", str(pairs)],
    }
    return [
        {name: bench.run(f"speed-{number}", [*arguments, "--warm"]) for name, arguments in contenders.items()}
        for number in range(bench.options.rounds)
    ]


def speed(bench: Bench) -> list[Row]:
    """Examples a second against the Trainer."""
    rounds = _speed_runs(bench)

    def rate(run: Mapping[str, float], clock: str = "seconds") -> float:
        return run["examples"] / run[clock]

    def ratio(name: str, clock: str = "seconds") -> float:
        return statistics.median(rate(r["ours"], clock) / rate(r[name], clock) for r in rounds)

    how = (
        f"median of {len(rounds)} rounds in turn, whole epochs of bundled pairs, {bench.options.threads} threads, warm"
    )
    rows = []
    for name, what, bar in (
        ("padded, batch 32", "against Trainer, padded to 128, fp32, batch 32", 6.0),
        ("dynamic, bf16", "against Trainer, dynamic, by length, bf16", 1.25),
        ("padded, batch 8", "against Trainer, padded to 128, fp32, batch 8", None),
        ("ours, nothing frozen", "against ours with nothing frozen", None),
    ):
        measured = f"{ratio(name):.2f} times ({ratio(name, 'cpu_seconds'):.2f} by processor time)"
        rows.append(Row(what, f">= {bar} times" if bar else "", measured, how, ratio(name) >= bar if bar else None))
    rates = {name: statistics.median(rate(r[name]) for r in rounds) for name in rounds[0]}
    return rows + [Row(f"examples a second: {name}", "", f"{value:.1f}", how) for name, value in rates.items()]


def flops(bench: Bench) -> list[Row]:
    """The share of the machine, from the runs of `speed`."""
    shares = [r["gflop"] / r["seconds"] / r["peak_gflops"] for r in (x["ours"] for x in _speed_runs(bench))]
    how = "products of real tokens against the best product of 2048 x 2048 before and after; median of rounds"
    share = statistics.median(shares)
    return [Row("share of the bf16 GEMM peak", ">= 45%", f"{share:.0%}", how, share >= 0.45)]


def memory(bench: Bench) -> list[Row]:
    """Peak of our process, from the runs of `speed`."""
    peak = max(r["ours"]["memory_gb"] for r in _speed_runs(bench))
    return [Row("peak memory", "< 2.5 GB", f"{peak:.2f} GB", "resident size, default batch, embedded", peak < 2.5)]


def exact(bench: Bench) -> list[Row]:
    """Micro-batches against one batch."""

    def measure() -> list[Row]:
        error = accumulation_error(bench.dataset)
        how = "relative norm of the gradients' difference; uneven weights, soft labels, fp32"
        return [Row("accumulation 4 x 4 against 16", "<= 1e-6", f"{error:.1e}", how, error <= 1e-6)]

    return bench.rows("exact", measure)


def ranks(bench: Bench) -> list[Row]:
    """Two processes against one."""

    def measure() -> list[Row]:
        difference = largest_loss_difference(bench.dataset, _empty(bench.kept / "ranks"))
        how = "largest difference of a step's loss, embedded model, fp32, no dropout, gloo"
        return [Row("2 processes against 1", "<= 1e-4", f"{difference:.1e}", how, difference <= 1e-4)]

    return bench.rows(f"ranks-{bench.options.threads}", measure)


def resume(bench: Bench) -> list[Row]:
    """Kill -9 at random moments: a small encoder many times, the embedded one a few."""

    def measure() -> list[Row]:
        tiny = write_tiny_encoder(_empty(bench.kept / "tiny"))
        rows = []
        for name, encoder, kills in (
            ("a tiny encoder", str(tiny), bench.options.kills),
            ("the embedded model", EMBEDDED, bench.options.large_kills),
        ):
            survived = kills_with_the_same_bits(bench.dataset, _empty(bench.kept / "kills"), encoder, kills)
            measured = f"{survived} kills" if survived >= 0 else "other bits"
            how = "kill -9 at random moments of one run, each time continued; weights, log and steps compared"
            rows.append(Row(f"resume, {name}", f"{kills} kills, same bits", measured, how, survived == kills))
        return rows

    return bench.rows(f"resume-{bench.options.kills}-{bench.options.large_kills}", measure)


def quality(bench: Bench) -> list[Row]:
    """Dev macro-F1 after the same epochs on the same pairs, by seed; two runs at a time with a thread each."""
    options = bench.options
    common = ["--pairs", str(options.quality_pairs), "--epochs", str(options.epochs)]
    rates = [["dynamic", "--rate", str(rate)] for rate in RIVAL_RATES]
    contenders = [["ours"], ["same", "--rate", str(RIVAL_RATES[0])], *rates]

    def score(job: tuple[list[str], int]) -> float:
        return bench.run("quality", [*job[0], *common, "--seed", str(job[1])], threads=1)["macro_f1"]

    with ThreadPoolExecutor(2) as pool:
        jobs = [(contender, seed) for seed in range(options.seeds) for contender in contenders]
        scores = dict(zip([(" ".join(c), s) for c, s in jobs], pool.map(score, jobs), strict=True))
    found = [[scores[" ".join(c), seed] for seed in range(options.seeds)] for c in contenders]
    tuned = max(found[2:], key=statistics.mean)
    how = (
        f"{options.seeds} seeds, {options.quality_pairs} pairs, {options.epochs} epochs; not worse: interval reaches 0"
    )
    rows = []
    for name, theirs in (("padded, fp32", found[1]), ("dynamic, bf16, the better of two rates", tuned)):
        low, high = _interval([a - b for a, b in zip(found[0], theirs, strict=True)])
        measured = f"{_spread(found[0])} against {_spread(theirs)}; difference [{low:+.3f}, {high:+.3f}]"
        rows.append(Row(f"dev macro-F1 against Trainer, {name}", "equal or better", measured, how, high >= 0))
    return rows


def fewshot(bench: Bench) -> list[Row]:
    """Against SetFit with the same base, within its wall time."""
    rows = []
    for shots in SHOTS:
        rivals, own = [], []
        for seed in range(bench.options.seeds):
            draw = ["--per-label", str(shots), "--seed", str(seed)]
            rivals.append(bench.run("setfit", ["setfit", *draw, "--steps", str(bench.options.setfit_steps)]))
            few = ["recipe", "--experiment", "few_shot", "--set", f"pairs_per_label={shots}"]
            own.append(bench.run("few", [*few, *draw]))
        ours, theirs = ([r["macro_f1"] for r in runs] for runs in (own, rivals))
        times = [statistics.mean(r["seconds"] for r in runs) for runs in (own, rivals)]
        low, high = _interval([a - b for a, b in zip(ours, theirs, strict=True)])
        measured = (
            f"{_spread(ours)} against {_spread(theirs)}, difference [{low:+.3f}, {high:+.3f}]; "
            f"{times[0]:.0f} s against {times[1]:.0f} s"
        )
        steps = bench.options.setfit_steps
        how = f"{len(ours)} draws, bundled dev; SetFit in bf16, {f'at most {steps} steps' if steps else 'all steps'}"
        ok = times[0] <= times[1] and statistics.mean(ours) > statistics.mean(theirs)
        rows.append(Row(f"against SetFit, {shots} a label", "better, within its time", measured, how, ok))
    return rows


def public(bench: Bench) -> list[Row]:
    """The public sets by their experiment files."""
    bars = {"gwsd": 0.68, "semeval2016a": 0.68, "perspectrum": 0.72}
    metrics = {"gwsd": "macro-F1", "semeval2016a": "F_avg", "perspectrum": "macro-F1, clean test rows"}
    rows = []
    for name, bar in bars.items():
        convert(name)
        scores = [_public_score(bench, name, seed) for seed in range(bench.options.seeds)]
        how = f"{metrics[name]}; {len(scores)} seeds of experiment={name}"
        rows.append(Row(name, f">= {bar}", _spread(scores), how, statistics.mean(scores) >= bar))
    return rows


def _public_score(bench: Bench, name: str, seed: int) -> float:
    from stance.inference.classifier import StanceClassifier

    model = bench.options.kept.absolute() / "public" / f"{name}-{seed}"
    command = [sys.executable, "scripts/train.py", f"experiment={name}", f"seed={seed}", f"train.output={model}"]
    subprocess.run([*command, f"train.threads={bench.options.threads}", "overwrite=true"], cwd=ROOT, check=True)
    test = [
        e for e in read_examples(ROOT / "outputs/public" / name, "test") if name != "perspectrum" or CLEAN in e.tags
    ]
    classifier = StanceClassifier.load(model, threads=bench.options.threads)
    found = classifier.predict_proba([e.text for e in test], [e.target for e in test]).argmax(axis=1)
    scheme = SETS[name]
    scores = f1(confusion_matrix([scheme.index(e.label) for e in test], found, len(scheme.names)))
    polar = [scheme.index(label) for label in scheme.polar]
    return float(scores[polar].mean() if name == "semeval2016a" else scores.mean())


PARTS: Mapping[str, Callable[[Bench], list[Row]]] = {
    "speed": speed,
    "flops": flops,
    "memory": memory,
    "exact": exact,
    "ranks": ranks,
    "resume": resume,
    "quality": quality,
    "fewshot": fewshot,
    "public": public,
}


def main() -> None:
    """Measure the parts that are asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", type=one_of(PARTS), help=f"some of {', '.join(PARTS)}; default: all but public"
    )
    parser.add_argument("--kept", type=Path, default=ROOT / "outputs" / "bench-train", help="where finished runs lie")
    parser.add_argument("--again", action="store_true", help="measure what is kept again")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="of the speed runs")
    parser.add_argument("--pairs", type=int, default=640, help="of a speed run; the padded rivals take a quarter")
    parser.add_argument("--seeds", type=int, default=5, help="of quality, few-shot draws and public sets")
    parser.add_argument("--quality-pairs", type=int, default=480)
    parser.add_argument("--epochs", type=int, default=2, help="of the quality runs")
    parser.add_argument("--kills", type=int, default=20, help="of a tiny encoder's run")
    parser.add_argument("--large-kills", type=int, default=3, help="of the embedded model's run")
    parser.add_argument(
        "--setfit-steps", type=int, default=48, help="at most; 0 lets it end by itself, which takes hours"
    )
    options = parser.parse_args()
    bench = Bench(options, _dataset(options.kept))
    names = options.parts or [name for name in PARTS if name != "public"]
    print_table("Training engine", [row for name in names for row in PARTS[name](bench)])


def _dataset(kept: Path) -> Path:
    sentences, labels, dataset = kept / "sentences", kept / "labels", kept / "dataset"
    ingest(IngestConfig(articles=CORPUS / "articles", output=sentences), replace=True)
    annotations, scheme = CORPUS / "annotations.jsonl", read_scheme_config()
    label(LabelConfig(sentences=sentences, annotations=annotations, scheme=scheme, output=labels), replace=True)
    build_dataset(DatasetConfig(sentences=sentences, labels=labels, output=dataset), replace=True)
    return dataset


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _spread(values: Sequence[float]) -> str:
    deviation = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else " (one seed)"
    return f"{statistics.mean(values):.3f}{deviation}"


def _interval(differences: Sequence[float]) -> tuple[float, float]:
    """The 95% interval of the mean by Student's t; of one value it is that value."""
    mean = statistics.mean(differences)
    if len(differences) < 2:
        return mean, mean
    half = stats.t.ppf(0.975, len(differences) - 1) * statistics.stdev(differences) / len(differences) ** 0.5
    return mean - half, mean + half


if __name__ == "__main__":
    main()
