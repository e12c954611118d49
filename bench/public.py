"""Our row beside the published ones on GWSD, SemEval-2016 Task 6 A and PERSPECTRUM: `make bench-public`.

Trains the embedded encoder on the official training split of each set and scores it on the official test split by the
set's own metric. A set whose model is there already is not trained again; a stopped training goes on where it was.
`--smoke` takes a few rows and one epoch: it shows that everything runs, and its scores mean nothing.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.public_sets import CLEAN, ROOT, SETS, SHARED, convert
from stance.bootstrap import Resampling, group_confusions, percentile_interval, resampled_confusions
from stance.examples import LABELS, read_examples, read_scheme, write_examples
from stance.labels import LabelScheme
from stance.probing.generalization import duration
from stance.records import Example, Prediction
from stance.storage import read_records, write_json

EPOCHS = {"gwsd": 10, "semeval2016a": 10, "perspectrum": 6}
"""The most that configs/experiment allows; patience stops most trainings earlier."""
PAIR_SECONDS, START_SECONDS = 1.5e-2, 20
"""For a training pair and an epoch with every layer trained, and for a set."""
SMOKE_ROWS = {"train": 48, "dev": 24, "test": 48}
RESAMPLING = Resampling()


@dataclass(frozen=True)
class Published:
    """A row of the table that is not ours."""

    system: str
    score: str
    source: str


@dataclass(frozen=True)
class Benchmark:
    """How a set is scored, and what others reached."""

    title: str
    metric: str
    score: Callable[[np.ndarray, LabelScheme], np.ndarray]
    published: Sequence[Published]


def macro_f1(confusions: np.ndarray, scheme: LabelScheme) -> np.ndarray:
    """Mean F1 of all labels, of confusions of shape (..., gold, predicted)."""
    return _f1(confusions)[..., : len(scheme.names)].mean(axis=-1)


def f_avg(confusions: np.ndarray, scheme: LabelScheme) -> np.ndarray:
    """Mean F1 of favor and against (Mohammad et al. 2016), of confusions of shape (..., gold, predicted)."""
    return _f1(confusions)[..., [scheme.index(name) for name in scheme.polar]].mean(axis=-1)


def _f1(confusions: np.ndarray) -> np.ndarray:
    hits = np.diagonal(confusions, axis1=-2, axis2=-1)
    return 2 * hits / np.maximum(confusions.sum(axis=-1) + confusions.sum(axis=-2), 1)


OURS = "measured here, see the README of the data folder"
TASK = "Mohammad et al. 2016, SemEval-2016 Task 6"
BENCHMARKS: Mapping[str, Benchmark] = {
    "gwsd": Benchmark(
        "GWSD (Luo, Card and Jurafsky 2020)",
        "macro-F1",
        macro_f1,
        (
            Published("majority", "0.199", OURS),
            Published("TF-IDF, linear SVM", "0.58", OURS),
            Published("TF-IDF, logistic regression", "0.64", OURS),
            Published("one rater against the consensus", "0.70", f"the set's raters, {OURS}"),
        ),
    ),
    "semeval2016a": Benchmark(
        "SemEval-2016 Task 6 A (Mohammad et al. 2016)",
        "F_avg, pooled",
        f_avg,
        (
            Published("majority of the target", "0.652", TASK),
            Published("TF-IDF, one model a target", "0.672", OURS),
            Published("TF-IDF, one model for all", "0.649", OURS),
            Published("best of the task", "0.678", TASK),
            Published("RoBERTa-base", "0.680", "Barbieri et al. 2020, TweetEval"),
            Published("BERTweet", "0.712", "TweetEval's table of results"),
        ),
    ),
    "perspectrum": Benchmark(
        "PERSPECTRUM (Chen et al. 2019)",
        "macro-F1",
        macro_f1,
        (
            Published("majority", "0.347", OURS),
            Published("TF-IDF", "0.597 (clean 0.572)", OURS),
            Published("StancY, BERT-base", "0.778", "Popat et al. 2019"),
            Published("people", "0.909", "Chen et al. 2019"),
        ),
    ),
}


def train_and_predict(name: str, dataset: Path, *, smoke: bool) -> Path:
    """The predictions of the test split, made where they are not fresh."""
    run = f"{name}-smoke" if smoke else name
    overrides = [f"experiment={name}", f"run={run}", f"train.dataset={dataset}", f"predict.dataset={dataset}"]
    if smoke:
        overrides += ["train.epochs=1", "train.model.freeze_layers=5"]
    for script in ("train", "predict"):
        subprocess.run([sys.executable, str(ROOT / "scripts" / f"{script}.py"), *overrides], cwd=ROOT, check=True)
    return ROOT / "outputs" / run / "predictions" / "predictions.jsonl"


def estimate(sets: Mapping[str, Path], *, smoke: bool) -> str:
    """What is left to train and about how long that takes on two quiet cores."""
    left = {name: folder for name, folder in sets.items() if not finished(name, smoke=smoke)}
    pairs = {
        name: len(read_examples(folder, "train")) * (1 if smoke else EPOCHS[name]) for name, folder in left.items()
    }
    seconds = {name: START_SECONDS + PAIR_SECONDS * count for name, count in pairs.items()}
    each = ", ".join(f"{name} {duration(value)}" for name, value in seconds.items())
    note = f"about {duration(sum(seconds.values()))} at most on two quiet cores ({each})" if left else "nothing"
    return f"To train: {note}. Finished sets are kept; stopped, the same command goes on where it was."


def finished(name: str, *, smoke: bool) -> bool:
    """Whether the set's model is there."""
    return (ROOT / "outputs" / (f"{name}-smoke" if smoke else name) / "training" / "manifest.json").is_file()


def score(benchmark: Benchmark, gold: Sequence[Example], labels: Mapping[str, str], scheme: LabelScheme) -> str:
    """The score with its 95% interval over groups of articles."""
    answers = [scheme.index(labels[e.id]) for e in gold]
    own = [scheme.index(e.label) for e in gold]
    matrices = group_confusions(own, answers, [e.group for e in gold], len(scheme.names))
    drawn = benchmark.score(resampled_confusions(matrices, RESAMPLING), scheme)
    low, high = percentile_interval(drawn, RESAMPLING.confidence)
    return f"{float(benchmark.score(matrices.sum(axis=0), scheme)):.3f} [{low:.3f}, {high:.3f}]"


def extra_rows(
    name: str, benchmark: Benchmark, gold: Sequence[Example], labels: Mapping[str, str], scheme: LabelScheme
) -> list[tuple[str, str]]:
    """What has to stand beside the official score so that it does not mislead."""
    if name == "semeval2016a":
        targets = list(dict.fromkeys(e.target for e in gold))
        each = []
        for target in targets:
            part = [e for e in gold if e.target == target]
            pairs = ([scheme.index(e.label) for e in part], [scheme.index(labels[e.id]) for e in part])
            each.append(float(f_avg(group_confusions(*pairs, ["all"] * len(part), len(scheme.names))[0], scheme)))
        return [(f"ours, mean over {len(targets)} targets", f"{np.mean(each):.3f}")]
    if name == "perspectrum":
        clean = [e for e in gold if CLEAN in e.tags]
        if clean:
            return [(f"ours, the {len(clean)} texts not in train or dev", score(benchmark, clean, labels, scheme))]
    return []


def print_benchmark(name: str, folder: Path, predictions: Path, *, smoke: bool) -> None:
    """Print the published table of a set with our rows."""
    benchmark, scheme = BENCHMARKS[name], read_scheme(folder)
    gold = read_examples(folder, "test")
    labels = {p.id: p.label for p in read_records(predictions, Prediction)}
    note = "SMOKE, means nothing; " if smoke else ""
    own = f"{note}embedded all-MiniLM-L6-v2, one seed, {len(gold)} test pairs"
    print(f"\n## {benchmark.title}\n\n| system | {benchmark.metric} | source |\n| --- | --- | --- |")
    for row in benchmark.published:
        print(f"| {row.system} | {row.score} | {row.source} |")
    print(f"| **ours** | **{score(benchmark, gold, labels, scheme)}** | {own} |")
    for title, value in extra_rows(name, benchmark, gold, labels, scheme):
        print(f"| {title} | {value} | {own} |")


def cut(name: str, folder: Path) -> Path:
    """A few rows of each split, as a dataset folder of their own."""
    scheme, place = SETS[name], folder.with_name(f"{name}-smoke")
    place.mkdir(exist_ok=True)
    for split, rows in SMOKE_ROWS.items():
        write_examples(place, split, read_examples(folder, split)[:rows], scheme)
    write_json(place / LABELS, scheme.model_dump(mode="json"))
    return place


def main() -> None:
    """Train, score and print what was asked for; exits with 2 where the sets are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "sets", nargs="*", default=list(BENCHMARKS), help=f"some of {', '.join(BENCHMARKS)}; default: all"
    )
    parser.add_argument("--smoke", action="store_true", help="a few rows and one epoch")
    options = parser.parse_args()
    if unknown := [name for name in options.sets if name not in BENCHMARKS]:
        parser.error(f"{', '.join(unknown)}: expected some of {', '.join(BENCHMARKS)}")
    if absent := [name for name in options.sets if not (SHARED / name).is_dir()]:
        parser.error(f"{SHARED}: has no {', '.join(absent)}; the public sets are read from there")
    folders = {name: cut(name, convert(name)) if options.smoke else convert(name) for name in options.sets}
    print(estimate(folders, smoke=options.smoke), flush=True)
    for name, folder in folders.items():
        print_benchmark(name, folder, train_and_predict(name, folder, smoke=options.smoke), smoke=options.smoke)


if __name__ == "__main__":
    main()
