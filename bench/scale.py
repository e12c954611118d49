"""Batch prediction over Ray Data against its bars: `python -m bench.scale [equal kill memory growth overhead]`.

`equal` and `overhead` run the exported model; the others a stand-in that takes about a millisecond of one core a
sentence, since there the model is not the point. Seconds count from the first part that is done to the last, scaled to
all rows: start-up is apart, in every run alike.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.table import Row, print_table
from stance.inference.classifier import StanceClassifier
from stance.inference.files import PART_ROWS as USUAL_PART_ROWS
from stance.inference.files import predict_files
from stance.inference.rows import Reading
from stance.labels import LabelScheme
from stance.mapping import Mapper, choose_mapper

MODEL = Path("outputs/default/model")
TARGET = "foreign intervention in Libya"
SIZES = (12_500, 25_000, 50_000, 100_000)
PART_ROWS, WORKERS = 500, 2
"""Small parts, for there to be many; `overhead` has those of `stance predict`, for what a part costs is the point."""
SHRINK = int(os.environ.get("STANCE_BENCH_SHRINK", "1"))
"""Divides all sizes, to see that the bench works; figures of a shrunk run say nothing."""
TOLERANCE, OVERHEAD, LINEAR, FLAT_MB = 1e-5, 0.15, 0.10, 50.0


class StandIn:
    """Answers by a hash of the text, after a fixed number of multiplications."""

    fingerprint = backend = "stand-in"
    reads_context = False
    scheme = LabelScheme(
        definitions={"favor": "", "against": "", "neutral": "", "unrelated": ""},
        polar=("favor", "against"),
        merged_into_none=("neutral", "unrelated"),
    )

    def predict_proba(self, texts: Sequence[str], targets: Sequence[str], contexts: object = None) -> np.ndarray:
        """Probabilities of shape (texts, 4)."""
        del targets, contexts
        matrix = np.full((64, 64), 1 / 64)
        found = []
        for text in texts:
            for _ in range(100):
                matrix = matrix @ matrix
            found.append([1 + byte for byte in hashlib.sha256(text.encode()).digest()[:4]])
        return np.array(found) / np.sum(found, axis=1, keepdims=True)


@dataclass
class Timed:
    """A mapper that notes when parts are done."""

    inner: Mapper
    done: list[tuple[float, int]]

    def __call__(self, open_worker: Callable[[], Callable[[Any], Any]], units: Sequence[Any]) -> Iterator[Any]:
        """See Mapper."""
        for part in self.inner(open_worker, units):
            self.done.append((time.monotonic(), part.lines))
            yield part


def drive(request: dict[str, Any]) -> None:
    """One run in this process; prints its seconds, start-up apart."""
    model = StanceClassifier.load(MODEL, threads=1) if request["real"] else StandIn()
    timed = Timed(choose_mapper(request["mapper"], WORKERS), [])
    predict_files(
        model,
        [request["source"]],
        request["output"],
        Reading(TARGET),
        part_rows=request["part_rows"] // SHRINK,
        mapper=timed,
    )
    times, lines = zip(*timed.done, strict=True)
    print(json.dumps({"seconds": (times[-1] - times[0]) * sum(lines) / max(1, sum(lines[1:]))}))


def start(
    mapper: str, source: Path, output: Path, *, real: bool = False, part_rows: int = PART_ROWS
) -> "subprocess.Popen[str]":
    """A run in a process of its own."""
    request = {"mapper": mapper, "source": str(source), "output": str(output), "real": real, "part_rows": part_rows}
    code = "import json, sys; from bench.scale import drive; drive(json.loads(sys.argv[1]))"
    command = [sys.executable, "-c", code, json.dumps(request)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)


def finish(process: "subprocess.Popen[str]") -> float:
    """Its seconds; raises RuntimeError when it failed."""
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"a run ended with status {process.returncode}")
    return float(json.loads(out.splitlines()[-1])["seconds"])


def equal_rows(place: Path) -> list[Row]:
    """Ray against local, with the exported model."""
    source, count = _write(place, 4000 // SHRINK)
    outputs = [place / f"{mapper}.jsonl" for mapper in ("local", "ray")]
    for output in outputs:
        finish(start(output.stem, source, output, real=True))
    local, over_ray = (sorted(map(json.loads, path.read_text().splitlines()), key=_place) for path in outputs)
    flips = sum(a["label"] != b["label"] for a, b in zip(local, over_ray, strict=True))
    names = local[0]["probabilities"]
    apart = max(
        abs(a["probabilities"][n] - b["probabilities"][n]) for a, b in zip(local, over_ray, strict=True) for n in names
    )
    value = f"{flips} labels differ, probabilities within {apart:.1g}"
    how = f"{count:,} sentences, exported model, 2 workers of 1 thread"
    return [Row("Ray gives the local output", "0, 1e-5", value, how, flips == 0 and apart <= TOLERANCE)]


def kill_rows(place: Path) -> list[Row]:
    """A worker, then the driver, killed in the middle."""
    source, count = _write(place, 25_000 // SHRINK)
    finish(start("local", source, place / "whole.jsonl"))
    whole = (place / "whole.jsonl").read_bytes()
    rows = []
    for victim in ("worker", "driver"):
        output = place / f"{victim}.jsonl"
        parts = Path(f"{output}.parts")
        process = start("ray", source, output)
        while process.poll() is None and len(list(parts.glob("??????.jsonl"))) < 5:
            time.sleep(0.02)
        killed = process.pid if victim == "driver" else next(iter(_workers(process.pid)), 0)
        if killed and process.poll() is None:
            os.kill(killed, signal.SIGKILL)
        again = 0
        if victim == "driver":
            process.wait()
            before = {p: p.stat().st_mtime_ns for p in parts.glob("??????.jsonl")}
            process = start("ray", source, output)
            while process.poll() is None and parts.exists():
                again = max(again, sum(_changed(p, before[p]) for p in before))
                time.sleep(0.2)
        finish(process)
        same = output.read_bytes() == whole
        value = f"{'identical' if same else 'DIFFERENT'}, {again} finished parts done again"
        how = f"{count:,} sentences, stand-in model, SIGKILL after 5 parts; bytes against local"
        rows.append(
            Row(f"{victim} killed in the middle", "identical", value, how, same and bool(killed) and again == 0)
        )
    return rows


def memory_rows(place: Path) -> list[Row]:
    """All processes of a run, in the second half of it."""
    source, count = _write(place, 100_000 // SHRINK)
    output = place / "many.jsonl"
    process = start("ray", source, output)
    seen: list[tuple[int, float]] = []
    while process.poll() is None:
        done = len(list(Path(f"{output}.parts").glob("??????.jsonl")))
        if done:
            seen.append((done * (PART_ROWS // SHRINK), _resident_mb(process.pid)))
        time.sleep(1)
    finish(process)
    half = [pair for pair in seen if count / 2 <= pair[0] < count]  # then the workers end, and memory falls
    slope = (
        float(np.polyfit(np.array(half)[:, 0], np.array(half)[:, 1], 1)[0]) * 100_000 if len(half) > 2 else float("nan")
    )
    value = f"{slope:+.1f} MB per 100,000 rows, peak {max(mb for _, mb in seen):.0f} MB"
    how = f"{count:,} sentences, stand-in model, driver, workers and Ray, second half"
    return [Row("memory over rows", f"flat (under {FLAT_MB:.0f} MB)", value, how, abs(slope) < FLAT_MB)]


def growth_rows(place: Path) -> list[Row]:
    """Seconds against rows."""
    seconds = {}
    for size in SIZES:
        source, count = _write(place, size // SHRINK)
        seconds[count] = finish(start("ray", source, place / f"{count}.jsonl"))
    rates = {count: count / took for count, took in seconds.items()}
    last = rates[max(rates)]
    apart = max(abs(rate / last - 1) for rate in rates.values())
    value = ", ".join(f"{count:,}: {took:.1f} s" for count, took in seconds.items()) + f"; off by {apart:.1%}"
    return [Row("growth of time", "within 10% of linear", value, "stand-in model, start-up apart", apart <= LINEAR)]


def overhead_rows(place: Path) -> list[Row]:
    """Ray against as many processes without it, with the exported model."""
    source, count = _write(place, 50_000 // SHRINK)
    local, over_ray = (
        finish(start(m, source, place / f"{m}.jsonl", real=True, part_rows=USUAL_PART_ROWS)) for m in ("local", "ray")
    )
    more = over_ray / local - 1
    value = f"{more:+.1%} ({local:.1f} s, {over_ray:.1f} s), {count / over_ray * 1800:,.0f} sentences a core-hour"
    how = f"{count:,} short sentences, exported model, 2 workers of 1 thread on both sides, usual parts, start-up apart"
    return [Row("overhead of Ray", "under 15%", value, how, more < OVERHEAD)]


PARTS: dict[str, Callable[[Path], list[Row]]] = {
    "equal": equal_rows,
    "kill": kill_rows,
    "memory": memory_rows,
    "growth": growth_rows,
    "overhead": overhead_rows,
}


def rows(names: Sequence[str] = ()) -> list[Row]:
    """The rows of the parts named, of all without names."""
    found = []
    for name in names or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            found += PARTS[name](Path(folder))
    return found


def _write(place: Path, count: int) -> tuple[Path, int]:
    path = place / f"{count}.jsonl.in.jsonl"
    texts = (f"Council {i % 977} backed the strikes near town {i}." for i in range(count))
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return path, count


def _place(row: dict[str, Any]) -> tuple[str, int, int]:
    return row["source"], row["line"], row["start"]


def _changed(path: Path, when: int) -> bool:
    try:
        return path.stat().st_mtime_ns != when
    except FileNotFoundError:  # joined, and tidied up
        return False


def _descendants(pid: int) -> Iterator[tuple[int, str]]:
    """(process id, command) of all below `pid`."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:  # it has ended
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append((int(folder.name), command))
    waiting = [pid]
    while waiting:
        below = parents.get(waiting.pop(), [])
        yield from below
        waiting += [child for child, _ in below]


def _workers(pid: int) -> Iterator[int]:
    return (child for child, command in _descendants(pid) if command.startswith("ray::MapWorker"))


def _resident_mb(pid: int) -> float:
    total = 0
    for process in (pid, *(child for child, _ in _descendants(pid))):
        try:
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            continue
    return total / 1e6


if __name__ == "__main__":
    print_table("Scale-out", rows(sys.argv[1:]))
