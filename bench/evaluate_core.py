"""Rows of `make bench-evaluate` for the core: correctness, guarantees, planted faults, speed, the page."""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.evaluate_simulations import macro_f1_coverage, set_coverage, violations
from bench.table import Row

SIMULATIONS = 1000
SMALL, LARGE = 10_000, 1_000_000
SMALL_SECONDS, LARGE_SECONDS, LARGE_BYTES = 20, 180, 3 * 2**30
PAIRS_PER_ARTICLE = 25
PAGE_BYTES = 3_000_000
ALLOWED = 0.05 + 2 * np.sqrt(0.05 * 0.95 / SIMULATIONS)
FAULTS = {
    "a leaked article": "test_a_leaked_article",
    "a shuffled label column": "test_a_shuffled_label_column_of_predictions or test_a_shuffled_label_column_of_gold",
    "a constant predictor; labels exchanged; a model that ignores the target": "test_a_faulty_system",
    "a test set equal to train": "test_a_test_set_equal_to_train",
}


def rows() -> list[Row]:
    """Every bar of the evaluation core that is a figure."""
    return [*_correctness(), *_guarantees(), *_faults(), *_page(), *_speed()]


def _correctness() -> list[Row]:
    files = ["metrics", "scores", "comparison", "probabilities"]
    passed = _pytest(*(f"tests/evaluation/test_{name}.py" for name in files), "tests/model/test_calibration.py")
    how = "tests against scikit-learn and scipy: P, R, F1, MCC, kappa, F_avg, NLL, Brier, ECE, McNemar, JS distance"
    return [Row("metrics equal references", "1e-9", "equal" if passed else "differ", how, passed)]


def _guarantees() -> list[Row]:
    covered = macro_f1_coverage(SIMULATIONS)
    made = [
        Row(
            "coverage of 95% intervals of macro-F1",
            "93 to 97%",
            f"{covered:.1%}",
            f"{SIMULATIONS} simulated sets of 100 articles of unequal skill",
            0.93 <= covered <= 0.97,
        )
    ]
    for articles in (30, 100):
        held, broken = set_coverage(SIMULATIONS, articles), float(violations(SIMULATIONS, articles, 0.3))
        how = f"{SIMULATIONS} draws of {articles} articles of 3 to 24 pairs that fail together"
        made += [
            Row(f"conformal sets, {articles} articles", "at least 89%, promised 90%", f"{held:.1%}", how, held >= 0.89),
            Row(
                f"promised error exceeded, {articles} articles",
                f"at most {ALLOWED:.1%}, promised 5%",
                f"{broken:.1%}",
                how,
                broken <= ALLOWED,
            ),
        ]
    return made


def _faults() -> list[Row]:
    return [
        Row(f"names {what}", "named", "named" if (ok := _pytest(FILE, "-k", test)) else "missed", FILE, ok)
        for what, test in FAULTS.items()
    ]


def _page() -> list[Row]:
    """The page in Chromium; where there is none its rows fall short, since skipped tests show nothing."""
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        return [
            Row("page in Chromium", "no error", "not looked at", "no chromium; `make browser` installs it", ok=False)
        ]
    return [
        Row(what, bar, "none" if (ok := _pytest(BROWSER, "-k", test)) else "some", BROWSER, ok)
        for what, bar, test in (
            ("console errors, and requests that leave the page", "none", "test_it_opens"),
            ("serious findings of axe, light and dark", "none", "test_axe"),
            ("content and tables that the keyboard cannot reach", "none", "test_the_keyboard"),
        )
    ]


FILE, BROWSER = "tests/evaluation/test_faults.py", "tests/evaluation/test_browser.py"


def _speed() -> list[Row]:
    small, large = _in_a_process(SMALL), _in_a_process(LARGE)
    how = "report, page and tables, 2,000 resamples, {} articles; CPU {:.0f} s; a quiet machine with 2 cores is meant"
    return [
        Row(
            f"{SMALL:,} predictions",
            f"{SMALL_SECONDS} s",
            f"{small['seconds']:.1f} s",
            how.format(SMALL // PAIRS_PER_ARTICLE, small["cpu"]) + "; with training data and all baselines",
            small["seconds"] <= SMALL_SECONDS,
        ),
        Row(
            f"{LARGE:,} predictions",
            f"{LARGE_SECONDS} s",
            f"{large['seconds']:.0f} s",
            how.format(LARGE // PAIRS_PER_ARTICLE, large["cpu"]) + "; linear baselines left out",
            large["seconds"] <= LARGE_SECONDS,
        ),
        Row(
            "memory for them",
            "3 GB",
            f"{large['bytes'] / 2**30:.2f} GB",
            "peak of the process",
            large["bytes"] <= LARGE_BYTES,
        ),
        Row("page", "3 MB", f"{large['page'] / 1e6:.2f} MB", "that of a million pairs", large["page"] <= PAGE_BYTES),
    ]


def _pytest(*arguments: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *arguments]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


def _in_a_process(size: int) -> dict[str, Any]:
    """Seconds, CPU seconds, peak bytes of evaluating so many predictions, and the bytes of the page."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.evaluate_core", folder, str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _one(folder: Path, size: int) -> dict[str, float]:
    from stance.evaluation.stage import EvaluateConfig, evaluate

    config: dict[str, Any] = {"predictions": folder / "answers.parquet", "output": folder / "report"}
    if size <= SMALL:
        _write_dataset(folder / "dataset", size)
        config["dataset"] = folder / "dataset"
    else:
        config["gold"] = folder / "gold.parquet"
        _write(folder / "gold.parquet", size, 0, gold=True)
    _write(folder / "answers.parquet", size, 0, gold=False)
    started, cpu = time.perf_counter(), time.process_time()
    evaluate(EvaluateConfig(**config))
    return {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "page": (folder / "report" / "report.html").stat().st_size,
    }


NAMES = ("favor", "against", "neutral", "unrelated")
WORDS = [f"word{i}" for i in range(20_000)]


def _write_dataset(folder: Path, size: int) -> None:
    from stance.evaluation.pairs import COLUMNS  # noqa: F401 - loads pyarrow before the clock starts
    from stance.storage import write_json

    (folder / "data").mkdir(parents=True)
    polar = {"polar": NAMES[:2], "merged_into_none": NAMES[2:]}
    write_json(folder / "labels.json", {"definitions": dict.fromkeys(NAMES, ""), **polar})
    for number, (split, pairs) in enumerate((("test", size), ("dev", 600), ("train", 4600))):
        _write(folder / "data" / f"{split}.parquet", pairs, 10**7 * number, gold=True)


def _write(path: Path, size: int, first: int, *, gold: bool) -> None:
    """A file of made-up gold, or of answers to it that are right as often as they are sure."""
    import pyarrow as pa
    import pyarrow.parquet

    random = np.random.default_rng(first)
    label = random.integers(0, 4, size)
    number = first + np.arange(size)
    columns: dict[str, Any] = {"id": [f"p{i}" for i in number]}
    if gold:
        words = random.integers(0, len(WORDS), (size, 25))
        columns |= {
            "label": [NAMES[i] for i in label],
            "text": [" ".join(WORDS[w] for w in row) for row in words],
            "target": [f"target {i}" for i in random.integers(0, 300, size)],
            "document": [f"d{i}" for i in number // PAIRS_PER_ARTICLE],
            "conflict": [f"conflict {i % 90}" for i in number // PAIRS_PER_ARTICLE],
            "year": [str(1990 + i % 30) for i in number // PAIRS_PER_ARTICLE],
        }
    else:
        noise = np.random.default_rng(1)
        sureness = noise.uniform(0.3, 1, size)
        answer = np.where(noise.random(size) < sureness, label, (label + 1) % 4)
        shares = np.tile(((1 - sureness) / 3)[:, None], (1, 4))
        shares[np.arange(size), answer] = sureness
        columns["label"] = [NAMES[i] for i in answer]
        columns |= {f"p_{name}": shares[:, i] for i, name in enumerate(NAMES)}
    pyarrow.parquet.write_table(pa.table(columns), path)


if __name__ == "__main__":
    print(json.dumps(_one(Path(sys.argv[1]), int(sys.argv[2]))))
