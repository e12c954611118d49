"""A long ingest run, stopped by Ctrl-C and taken up again, with the memory of all its processes watched."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.made_articles import Maker
from stance.manifest import read_manifest

ROOT = Path(__file__).parents[1]
POLL_SECONDS = 0.2
FOLDER_FILES = 1000


@dataclass(frozen=True)
class LongRun:
    """What was seen of both runs."""

    documents: int
    removed: int
    units: int
    units_before: int
    units_again: int
    peak_bytes: int
    seconds: float


def interrupted_run(folder: Path, documents: int) -> LongRun:
    """Ingest `documents` files with two workers; stop after a third, resume, and look at what was done again."""
    _write_articles(folder / "many", documents)
    marks = folder / "many-out.partial" / "parts"
    arguments = [f"ingest.articles={folder / 'many'}", f"ingest.output={folder / 'many-out'}", "ingest.languages=[]"]
    command = [sys.executable, str(ROOT / "scripts" / "ingest.py"), *arguments, "ingest.workers=2"]
    units = -(-documents // 250)
    started = time.perf_counter()
    first = _watch(command, lambda: len(list(marks.glob(".*.done"))) >= units // 3)
    before = _times(marks)
    again: set[str] = set()

    def look() -> bool:
        again.update(name for name, changed in _times(marks).items() if before.get(name, changed) != changed)
        return False

    second = _watch(command, look)
    manifest = read_manifest(folder / "many-out")
    counts = manifest.counts if manifest else {"documents": 0, "removed": 0}
    seconds = time.perf_counter() - started
    return LongRun(counts["documents"], counts["removed"], units, len(before), len(again), max(first, second), seconds)


def _times(marks: Path) -> dict[str, int]:
    """Name of a finished unit's mark -> when it was made; none once the run has tidied up."""
    found: dict[str, int] = {}
    for path in marks.glob(".*.done"):
        with suppress(FileNotFoundError):
            found[path.name] = path.stat().st_mtime_ns
    return found


def _write_articles(folder: Path, count: int) -> None:
    maker = Maker(9)
    sentences = [maker.sentence() for _ in range(5000)]
    for number in range(count):
        if number % FOLDER_FILES == 0:
            place = folder / f"{number:07}"
            place.mkdir(parents=True)
        text = " ".join([maker.sentence(), *maker.random.sample(sentences, 8)])
        (place / f"{number:07}.txt").write_text(text, encoding="utf-8")


def _watch(command: list[str], stop: Callable[[], bool]) -> int:
    """Run to the end, or to an interrupt when `stop` says so; returns the highest sum of resident memory seen."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    peak, stopped = 0, False
    while process.poll() is None:
        peak = max(peak, _resident_bytes(process.pid))
        if not stopped and stop():
            os.killpg(process.pid, signal.SIGINT)
            stopped = True
        time.sleep(POLL_SECONDS)
    return peak


def _resident_bytes(group: int) -> int:
    """Resident memory of all processes of a group; pages that they share count for each."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if os.getpgid(int(folder.name)) == group:
                    total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except (OSError, IndexError):  # it has ended
                continue
    return total
