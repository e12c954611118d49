"""Speed, parity, start, size and memory of inference, against the bars and against rivals in the same run."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}

import numpy as np

from bench.inference_files import FilesRequest, disk_rows, kill_rows, memory_rows, stub_rows
from bench.inference_parity import SHARED, parity_rows
from bench.table import Row, one_of, print_table
from stance import StanceClassifier
from stance.examples import read_examples
from stance.model.backends.choose import available, open_scorer
from stance.model.bundle import bundle_fingerprint
from stance.storage import read_json, read_rows, write_json

BARS = {
    "onnx-int8": (8.0, 5.0, 3.3),
    "torch-bf16": (None, None, 1.9),
    "onnx-fp32": (None, None, None),
    "torch-fp32": (None,) * 3,
}
"""Times the pairs a second of: pipeline at its defaults, pipeline with batch_size=32, CrossEncoder."""
MB = 1e6


def main() -> None:
    """Measure every part and print one table; parts that were measured before on the same bundle are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", type=one_of(PARTS), help=f"some of {', '.join(PARTS)}; default: all")
    parser.add_argument("--model", type=Path, default=Path("outputs/default/model"), help="a bundle made by export")
    parser.add_argument("--dataset", type=Path, default=Path("outputs/default/dataset"))
    parser.add_argument("--kept", type=Path, default=Path("outputs/bench-inference"), help="where finished parts lie")
    parser.add_argument("--again", action="store_true", help="measure parts again that are kept")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=256, help="pairs timed in one round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sentences", type=int, default=100_000, help="sentences of the memory run")
    parser.add_argument("--stub-rows", type=int, default=5_000_000, help="rows of the memory run without a model")
    options = parser.parse_args()
    pairs = gather_pairs(options.dataset)
    rows = [row for name in options.parts or PARTS for row in _kept(options, name, pairs)]
    print_table(f"inference: {options.model}, {options.threads} threads", rows)


def _kept(options: argparse.Namespace, name: str, pairs: list[tuple[str, str]]) -> list[Row]:
    """The rows of a part: from the last run where there are any for this bundle, else measured now."""
    path = options.kept / f"{name}.json"
    size = {key: getattr(options, key) for key in ("threads", "pairs", "rounds", "sentences", "stub_rows")}
    request = {"model": bundle_fingerprint(options.model), **size}
    if path.is_file() and not options.again:
        known = read_json(path)
        if known["request"] == request:
            return [Row(**row) for row in known["rows"]]
    print(f"measuring {name} ...", file=sys.stderr, flush=True)
    rows = PARTS[name](options, pairs)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"request": request, "rows": [asdict(row) for row in rows]})
    return rows


def gather_pairs(dataset: Path) -> list[tuple[str, str]]:
    """Test pairs, then real sentences where there are any, in a fixed shuffled order."""
    pairs = [(e.text, e.target) for e in read_examples(dataset, "test")]
    real = SHARED / "real_news_unlabelled.jsonl"
    if real.is_file():
        pairs += [(row["text"], row.get("target") or "foreign intervention in Libya") for _, row in read_rows(real)]
    return [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))]


def speed_rows(options: argparse.Namespace, pairs: list[tuple[str, str]]) -> list[Row]:
    """Each backend against each rival: the median over rounds of the ratio within a round."""
    import torch

    torch.set_num_threads(options.threads)
    texts, targets = map(list, zip(*pairs[: options.pairs], strict=True))
    runs = {name: _ours(options, name, texts, targets) for name in available(options.model)} | _rivals(
        options.model, texts, targets
    )
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    rate = {name: len(texts) / statistics.median(times) for name, times in seconds.items()}
    how = f"{len(texts)} pairs, median of {options.rounds} interleaved rounds"
    rows = [Row(f"{name}: pairs a second", "", f"{value:.0f}", how) for name, value in rate.items()]
    floating: list[float] = []
    for name in available(options.model):
        for rival, bar in zip(("pipeline", "pipeline batch_size=32", "CrossEncoder"), BARS[name], strict=True):
            ratios = [r / o for r, o in zip(seconds[rival], seconds[name], strict=True)]
            ratio = statistics.median(ratios)
            text = f">= {bar}" if bar else ""
            ok = ratio >= bar if bar else None
            if rival == "pipeline" and name != "onnx-int8":
                floating.append(ratio)
            value = f"{ratio:.2f} x ({min(ratios):.2f} to {max(ratios):.2f})"
            rows.append(Row(f"{name} against {rival}", text, value, f"{how}; in brackets the rounds", ok))
    best = max(floating)
    rows.append(Row("best of fp32 and bf16 against pipeline", ">= 4.5", f"{best:.2f} x", how, best >= 4.5))
    return rows + _peak_rows(options, rate, texts, targets)


def _ours(options: argparse.Namespace, name: Any, texts: list[str], targets: list[str]) -> Callable[[], object]:
    classifier = StanceClassifier.load(options.model, backend=name, threads=options.threads)
    return lambda: classifier.predict_proba(texts, targets)


def _rivals(model: Path, texts: list[str], targets: list[str]) -> dict[str, Callable[[], object]]:
    from sentence_transformers import CrossEncoder
    from transformers import pipeline

    plain = pipeline("text-classification", str(model))
    inputs: list[Any] = [{"text": t, "text_pair": g} for t, g in zip(texts, targets, strict=True)]
    cross = CrossEncoder(str(model), device="cpu", max_length=128)
    couples = list(zip(texts, targets, strict=True))
    return {
        "pipeline": lambda: plain(inputs, truncation=True),
        "pipeline batch_size=32": lambda: plain(inputs, truncation=True, batch_size=32),
        "CrossEncoder": lambda: cross.predict(couples, show_progress_bar=False),
    }


def _peak_rows(options: argparse.Namespace, rate: dict[str, float], texts: list[str], targets: list[str]) -> list[Row]:
    """What share of the best matrix product of the same precision each backend reaches."""
    config = json.loads((options.model / "config.json").read_text())
    inputs = open_scorer(options.model, "onnx-fp32", options.threads).inputs
    tokens = np.mean([len(e["input_ids"]) for e in inputs.encode(texts, targets)])
    hidden = config["hidden_size"]
    operations = 2 * tokens * config["num_hidden_layers"] * hidden * (4 * hidden + 2 * config["intermediate_size"])
    peaks = matrix_peaks(options.threads)
    rows = []
    for name in available(options.model):
        peak = peaks[name.split("-")[1]]
        share = rate[name] * operations / peak
        how = f"linear layers at {tokens:.0f} tokens a pair; peak {peak / 1e9:.0f} G/s by a 1024 x 1536 x 1536 product"
        rows.append(Row(f"{name}: share of the matrix peak", "printed", f"{share:.0%}", how))
    return rows


def matrix_peaks(threads: int) -> dict[str, float]:
    """Operations a second of one large matrix product in fp32, bf16 (torch) and int8 (ONNX Runtime)."""
    import onnxruntime
    import torch

    from stance.export.graph_builder import GraphBuilder

    m, k, n = 1024, 1536, 1536
    peaks: dict[str, float] = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        a, b = torch.rand(m, k).to(dtype), torch.rand(k, n).to(dtype)
        peaks[name] = 2 * m * k * n / _best(lambda a=a, b=b: a @ b)
    graph = GraphBuilder()
    with tempfile.TemporaryDirectory() as folder:
        integers = np.random.default_rng(0).integers(-127, 127, (k, n), dtype=np.int8)
        narrow = graph.op("Cast", "input_ids", to=2)
        product = graph.op("MatMulInteger", narrow, graph.constant("b", integers))
        graph.save(Path(folder) / "g.onnx", ("input_ids",), graph.op("Cast", product, to=1))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(Path(folder) / "g.onnx", options, providers=["CPUExecutionProvider"])
        feed = {"input_ids": np.ones((m, k), dtype=np.int64)}
        peaks["int8"] = 2 * m * k * n / _best(lambda: session.run(None, feed))
    return peaks


def _best(run: Callable[[], object], repeats: int = 15) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def latency_rows(options: argparse.Namespace, pairs: list[tuple[str, str]]) -> list[Row]:
    """One pair at a time, warm, with what `auto` chooses."""
    classifier = StanceClassifier.load(options.model, threads=options.threads)
    times = []
    for text, target in (pairs * 2)[:1000]:
        started = time.perf_counter()
        classifier.predict_proba([text], target)
        times.append(1000 * (time.perf_counter() - started))
    p50, p99 = map(float, np.percentile(times[50:], [50, 99]))  # numpy's own numbers are no JSON
    how = f"{len(times) - 50} different pairs, {classifier.backend}"
    return [
        Row("latency of one pair, p50", "< 6 ms", f"{p50:.1f} ms", how, p50 < 6),
        Row("latency of one pair, p99", "< 15 ms", f"{p99:.1f} ms", how, p99 < 15),
    ]


def start_rows(options: argparse.Namespace, _pairs: list[tuple[str, str]]) -> list[Row]:
    """Fresh processes, their files warm in the page cache; the interpreter's own start included."""
    stance = str(Path(sys.executable).parent / "stance")
    one = [
        "predict",
        "-m",
        str(options.model),
        "-t",
        "intervention in Mali",
        "--text",
        "They left.",
        "--backend",
        "onnx-int8",
    ]
    bare = _seconds([sys.executable, "-c", "pass"])
    rows = []
    for what, bar, command in (
        ("stance predict, one sentence", 1.5, [stance, *one]),
        ("stance --help", 0.3, [stance, "--help"]),
        ("import stance", 0.1, [sys.executable, "-c", "import stance"]),
    ):
        took = _seconds(command) - (bare if what == "import stance" else 0)
        how = "median of 7 processes" + (", a bare interpreter's time taken off" if what == "import stance" else "")
        rows.append(Row(what, f"< {bar} s", f"{took:.3f} s", how, took < bar))
    return rows


def _seconds(command: list[str]) -> float:
    times = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def size_rows(options: argparse.Namespace, _pairs: list[tuple[str, str]]) -> list[Row]:
    """The 8-bit graph."""
    path = options.model / "onnx" / "model_int8.onnx"
    if not path.is_file():
        return [Row("int8 graph", "< 25 MB plus tokenizer", "none in the bundle", "its gate refused it", ok=False)]
    int8, tokenizer = path.stat().st_size / MB, (options.model / "tokenizer.json").stat().st_size / MB
    return [Row("int8 graph", "< 25 MB plus tokenizer", f"{int8:.1f} MB + {tokenizer:.1f} MB", "file sizes", int8 < 25)]


def install_rows(options: argparse.Namespace, _pairs: list[tuple[str, str]]) -> list[Row]:
    """The packages that `pip install stance[onnx]` brings, and a prediction with nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(__file__).parent.parent
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, f"{root}[onnx]"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file() and not p.is_symlink()) / MB
        code = (
            "import sys; from stance import StanceClassifier as S; "
            "print(S.load(sys.argv[1], backend='onnx-int8').predict(['x'], 't')[0].label)"
        )
        alone = subprocess.run(
            [
                sys.executable,
                "-S",
                "-c",
                f"import sys; sys.path.insert(0, {folder!r}); {code}",
                str(options.model.absolute()),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd=folder,
        )
        shutil.rmtree(Path(folder) / "bin", ignore_errors=True)
    works = alone.returncode == 0
    value = f"{size:.0f} MB, {'predicts' if works else alone.stderr.strip()[-200:]}"
    how = "pip install --target, run with nothing else"
    return [Row("ONNX-only install", "< 250 MB", value, how, size < 250 and works)]


def _with_files(
    measure: Callable[[Path, FilesRequest], list[Row]],
) -> Callable[[argparse.Namespace, list[tuple[str, str]]], list[Row]]:
    def run(options: argparse.Namespace, pairs: list[tuple[str, str]]) -> list[Row]:
        texts = [text for text, _ in pairs]
        request = FilesRequest(options.model, texts, options.threads, options.sentences, options.stub_rows)
        with tempfile.TemporaryDirectory() as folder:
            return measure(Path(folder), request)

    return run


PARTS: dict[str, Callable[[argparse.Namespace, list[tuple[str, str]]], list[Row]]] = {
    "speed": speed_rows,
    "parity": parity_rows,
    "latency": latency_rows,
    "start": start_rows,
    "size": size_rows,
    "install": install_rows,
    "kills": _with_files(kill_rows),
    "disk": _with_files(disk_rows),
    "memory": _with_files(memory_rows),
    "stub": _with_files(stub_rows),
}


if __name__ == "__main__":
    main()
