"""Batch prediction under load: memory over rows, and kill -9 on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.table import Row
from stance.model.backends.choose import available

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


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
from stance.cli import main
main(sys.argv[1:])
"""
SENTENCES = 8500
"""Of the runs that are disturbed: five parts, each about 1 MB."""


@dataclass(frozen=True)
class FilesRequest:
    """What is run: a bundle over sentences, which are repeated as needed."""

    model: Path
    texts: list[str]
    threads: int
    sentences: int
    stub_rows: int

    @property
    def arguments(self) -> list[str]:
        """Of the `stance` command."""
        # The 8-bit graph where its gate let it pass, else what stands for it.
        backend = available(self.model)[0]
        given = ["predict", "-m", str(self.model), "-t", TARGET, "--backend", backend]
        return [*given, "--threads", str(self.threads)]


STANCE = [str(Path(sys.executable).parent / "stance")]


def kill_rows(place: Path, request: FilesRequest) -> list[Row]:
    """A run that was killed three times against one that was not."""
    command, whole = _disturbed(place, request)
    kills = 0
    for part in (0, 1, 2):
        process = subprocess.Popen([*STANCE, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not (place / "out.jsonl.parts" / f"{part:06}.jsonl").exists():
            time.sleep(0.02)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    subprocess.run([*STANCE, *command], check=True, capture_output=True)
    same = (place / "out.jsonl").read_bytes() == whole
    value = f"{'identical' if same else 'DIFFERENT'} after {kills} kills"
    how = f"{SENTENCES:,} sentences, killed after parts 1, 2, 3"
    return [Row("kill -9 three times", "same bytes", value, how, same and kills == 3)]


def disk_rows(place: Path, request: FilesRequest) -> list[Row]:
    """A run that may not write the whole result, and the same command once there is room."""
    command, whole = _disturbed(place, request)
    full = subprocess.run([sys.executable, "-c", LIMITED, *command], check=False, capture_output=True, text=True)
    message = full.stderr.strip().splitlines()[-1] if full.stderr.strip() else ""
    clear = full.returncode == 1 and "mend that, and the same command goes on" in message
    parts = len(list((place / "out.jsonl.parts").glob("0*[0-9].jsonl")))
    subprocess.run([*STANCE, *command], check=True, capture_output=True)
    same = (place / "out.jsonl").read_bytes() == whole
    value = f"status {full.returncode}, {parts} parts kept, then {'identical' if same else 'DIFFERENT'}"
    how = (
        f"{SENTENCES:,} sentences, files limited to 3 MB; it said: {message.split(': mend')[0].replace(str(place), '')}"
    )
    return [Row("full disk", "clear error, resumable", value, how, clear and same)]


def memory_rows(place: Path, request: FilesRequest) -> list[Row]:
    """The real model."""
    source = _write(place / "many.jsonl", request.texts, request.sentences)
    command = [*STANCE, *request.arguments, str(source), "-o", str(place / "out.jsonl")]
    return _memory("batch prediction", command, request.sentences)


def stub_rows(place: Path, request: FilesRequest) -> list[Row]:
    """Reading, parts and writing, without a model."""
    source = _write(place / "stub.jsonl", ["A short sentence about nothing in particular."], request.stub_rows)
    command = [sys.executable, "-c", STUB, str(source), str(place / "out.jsonl")]
    return _memory("row path with a stub model", command, request.stub_rows)


def _disturbed(place: Path, request: FilesRequest) -> tuple[list[str], bytes]:
    """(arguments of the run to disturb, what it has to end in)."""
    source = _write(place / "in.jsonl", request.texts, SENTENCES)
    whole = place / "whole.jsonl"
    subprocess.run([*STANCE, *request.arguments, str(source), "-o", str(whole)], check=True, capture_output=True)
    return [*request.arguments, str(source), "-o", str(place / "out.jsonl")], whole.read_bytes()


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
