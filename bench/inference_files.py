"""Batch prediction under load: memory over rows, and kill -9 on the way."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.table import Row

TARGET = "foreign intervention in Libya"
STUB = """
import sys; from pathlib import Path; import numpy as np
from stance.inference.files import predict_files
from stance.inference.rows import Reading
from stance.labels import LabelScheme
class Stub:
    fingerprint = backend = "stub"
    scheme = LabelScheme(definitions={"favor": "", "against": "", "neutral": "", "unrelated": ""},
                         polar=("favor", "against"), merged_into_none=("neutral", "unrelated"))
    reads_context = False
    def predict_proba(self, texts, targets, contexts=None):
        return np.full((len(texts), 4), 0.25)
print(predict_files(Stub(), [sys.argv[1]], Path(sys.argv[2]), Reading("t")).rows)
"""


def batch_rows(model: Path, texts: list[str], threads: int, sentences: int, stub_rows: int) -> list[Row]:
    """Memory with the model and without, and identity after three kills."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        predict = [str(Path(sys.executable).parent / "stance"), "predict", "-m", str(model), "-t", TARGET]
        predict += ["--backend", "onnx-int8", "--threads", str(threads)]
        rows = [_kills(place, predict, texts)]
        source = _write(place / "many.jsonl", texts, sentences)
        rows += _memory("batch prediction", [*predict, str(source), "-o", str(place / "many-out.jsonl")], sentences)
        source = _write(place / "stub.jsonl", ["A short sentence about nothing in particular."], stub_rows)
        command = [sys.executable, "-c", STUB, str(source), str(place / "stub-out.jsonl")]
        rows += _memory("row path with a stub model", command, stub_rows)
    return rows


def _write(path: Path, texts: list[str], count: int) -> Path:
    lines = [json.dumps({"text": text}) + "\n" for text in texts]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines[i % len(lines)] for i in range(count))
    return path


def _memory(what: str, command: list[str], count: int) -> list[Row]:
    """Peak, and slope of the resident memory over the second half of the run."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started, sizes, last = time.monotonic(), [], ""
    while process.poll() is None:
        last = _status(process.pid) or last
        sizes.append(int(next((x.split()[1] for x in last.splitlines() if x.startswith("VmRSS")), "0")) / 1024)
        time.sleep(0.2)
    took = time.monotonic() - started
    half = sizes[len(sizes) // 2 :]
    slope = float(np.polyfit(np.linspace(count / 2, count, len(half)), half, 1)[0]) * 100_000 if len(half) > 1 else 0.0
    value = f"peak {max(sizes):.0f} MB, {slope:+.1f} MB per 100,000 rows, {count / took:.0f} rows/s"
    ok = process.returncode == 0 and max(sizes) < 1500
    return [Row(f"{what}: {count:,} sentences", "< 1.5 GB, flat", value, "resident memory every 0.2 s", ok)]


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""


def _kills(place: Path, predict: list[str], texts: list[str]) -> Row:
    source = _write(place / "killed.jsonl", texts, 8500)
    subprocess.run([*predict, str(source), "-o", str(place / "whole.jsonl")], check=True, capture_output=True)
    command = [*predict, str(source), "-o", str(place / "killed-out.jsonl")]
    kills = 0
    for part in (0, 1, 2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not (place / "killed-out.jsonl.parts" / f"{part:06}.jsonl").exists():
            time.sleep(0.02)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    subprocess.run(command, check=True, capture_output=True)
    same = (place / "killed-out.jsonl").read_bytes() == (place / "whole.jsonl").read_bytes()
    value = f"{'identical' if same else 'DIFFERENT'} after {kills} kills"
    return Row(
        "kill -9 three times", "same bytes", value, "8,500 sentences, killed after parts 1, 2, 3", same and kills == 3
    )
