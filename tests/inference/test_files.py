import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from stance.config import ConfigError, DataError
from stance.inference.files import predict_files, predict_stream
from stance.inference.rows import Bad, Reading, Row, input_files, read_rows
from stance.labels import LabelScheme
from tests.conftest import ROOT, SCHEME

READING = Reading(target="intervention in Mali")


class ByLength:
    """Answers by the length of the text, slowly when asked to: what batch prediction does is under test here."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.fingerprint, self.backend, self.seconds = "stub", "stub", seconds
        self.reads_context = False

    @property
    def scheme(self) -> LabelScheme:
        return SCHEME

    def predict_proba(self, texts: Sequence[str], targets: Sequence[str], contexts: object = None) -> np.ndarray:
        assert len(texts) == len(targets)
        assert contexts is None
        time.sleep(self.seconds)
        return np.eye(4)[[len(text) % 4 for text in texts]] * 0.6 + 0.1


def write_lines(path: Path, count: int) -> Path:
    path.write_text("".join(f"Sentence {'x' * (i % 9)} {i}.\n" for i in range(count)), encoding="utf-8")
    return path


def json_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_format_gives_the_same_rows_in_order(tmp_path: Path) -> None:
    texts = ["One, “two”.", "Три 🎈", "x" * 100_000]
    rows = [{"text": text, "target": "t"} for text in texts]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "a.txt").write_text("\n\n".join(texts))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    quoted = [text.replace('"', '""') for text in texts]
    (tmp_path / "a.csv").write_text("text,target\n" + "".join(f'"{text}",t\n' for text in quoted))
    for suffix in ("jsonl", "txt", "parquet", "csv"):
        found = list(read_rows(input_files([str(tmp_path / f"a.{suffix}")]), Reading(target="t")))
        assert [r.text for r in found if isinstance(r, Row)] == texts, suffix
    assert [Path(name).suffix for name in input_files([str(tmp_path)])] == [".csv", ".jsonl", ".parquet", ".txt"]


def test_bad_rows_are_set_aside_with_reasons_and_nothing_is_lost(tmp_path: Path) -> None:
    lines = [
        '{"text": "Good."}',
        "{broken",
        '{"text": null}',
        '{"text": 3}',
        '{"text": " "}',
        "[1]",
        '{"text": "\\ud800"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join([*lines, '{"text": "NUL \\u0000", "target": "other"}']))
    counts = predict_files(ByLength(), [str(tmp_path / "in.jsonl")], tmp_path / "out.jsonl", READING)
    assert (counts.rows, counts.predicted, counts.rejected) == (8, 3, 5)
    rejected = json_lines(tmp_path / "out.jsonl.rejected.jsonl")
    assert [row["line"] for row in rejected] == [2, 3, 4, 5, 6]
    assert "not JSON" in rejected[0]["reason"]
    assert [row["reason"] for row in rejected[1:4]] == [
        "field 'text' is missing",
        "field 'text' is int, expected a string",
        "empty text",
    ]
    predicted = json_lines(tmp_path / "out.jsonl")
    assert [row["target"] for row in predicted] == [READING.target, READING.target, "other"]
    assert not (tmp_path / "out.jsonl.parts").exists()


def test_a_row_without_target_is_rejected_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("A sentence.\n")
    (bad,) = predict_stream(ByLength(), [str(tmp_path / "in.txt")], Reading())
    assert isinstance(bad, Bad)
    assert "no target: give field 'target'" in bad.reason


def test_articles_are_split_with_offsets_into_their_text(tmp_path: Path) -> None:
    article = "The council met. It voted for the mission."
    (tmp_path / "a.txt").write_text(article)
    rows = [r for r in read_rows([str(tmp_path / "a.txt")], Reading("t", articles=True)) if isinstance(r, Row)]
    assert [article[r.start : r.end] for r in rows] == [r.text for r in rows] == [article[:16], article[17:]]


def test_answers_and_abstentions(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("abcd\n")
    for threshold, abstained in ((0.0, False), (0.71, True)):
        (row,) = predict_stream(ByLength(), [str(tmp_path / "in.txt")], READING, abstain_below=threshold)
        assert isinstance(row, dict)
        assert (row["label"], row["probabilities"]["favor"], row["abstained"]) == ("favor", 0.7, abstained)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_an_interrupted_run_goes_on_and_ends_in_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    source = str(write_lines(tmp_path / "in.txt", 100))
    predict_files(ByLength(), [source], tmp_path / f"whole{suffix}", READING, part_rows=30)

    class Interrupted(ByLength):
        def predict_proba(self, texts: Sequence[str], targets: Sequence[str], contexts: object = None) -> np.ndarray:
            if "60." in texts[0]:
                raise KeyboardInterrupt
            return super().predict_proba(texts, targets, contexts)

    out = tmp_path / f"out{suffix}"
    with pytest.raises(KeyboardInterrupt):
        predict_files(Interrupted(), [source], out, READING, part_rows=30)
    assert not out.exists()
    done = sorted(p.stat().st_mtime_ns for p in tmp_path.glob(f"out*.parts/00000[01]{suffix}"))
    assert len(done) == 2
    predict_files(ByLength(), [source], out, READING, part_rows=30)
    assert out.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


KILLED = """
import sys; from pathlib import Path
from stance.inference.files import predict_files
from tests.inference.test_files import READING, ByLength
predict_files(ByLength(0.05), [sys.argv[1]], Path(sys.argv[2]), READING, part_rows=10)
"""


def test_killed_three_times_it_ends_in_the_same_bytes(tmp_path: Path) -> None:
    source = str(write_lines(tmp_path / "in.txt", 200))
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-c", KILLED, source, str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for kill in range(3):
        process = subprocess.Popen(command, env=environment)
        wanted = tmp_path / "out.jsonl.parts" / f"{3 * kill + 2:06}.jsonl"
        while not wanted.exists():
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not out.exists()
    subprocess.run(command, env=environment, check=True)
    predict_files(ByLength(), [source], tmp_path / "whole.jsonl", READING, part_rows=10)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


FULL = """
import resource, sys; from pathlib import Path
from stance.inference.files import predict_files
from tests.inference.test_files import READING, ByLength
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))  # a part fits, the whole does not
predict_files(ByLength(), [sys.argv[1]], Path(sys.argv[2]), READING, part_rows=10)
"""


def test_when_nothing_more_can_be_written_the_parts_stay(tmp_path: Path) -> None:
    source, out = str(write_lines(tmp_path / "in.txt", 50)), tmp_path / "out.jsonl"
    command = [sys.executable, "-c", FULL, source, str(out)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert "OSError" in done.stderr
    assert not out.exists()
    assert len(list((tmp_path / "out.jsonl.parts").glob("00000[0-4].jsonl"))) == 5
    assert predict_files(ByLength(), [source], out, READING, part_rows=10).rows == 50


def test_another_request_starts_anew_and_nothing_is_overwritten(tmp_path: Path) -> None:
    source, out = str(write_lines(tmp_path / "in.txt", 5)), tmp_path / "out.jsonl"
    predict_files(ByLength(), [source], out, READING)
    with pytest.raises(ConfigError, match="exists already"):
        predict_files(ByLength(), [source], out, READING)
    with pytest.raises(ConfigError, match=r"ends in \.jsonl or \.parquet"):
        predict_files(ByLength(), [source], tmp_path / "out.csv", READING)
    with pytest.raises(ConfigError, match="no such file"):
        input_files([str(tmp_path / "absent.txt")])
    (tmp_path / "bad.parquet").write_bytes(b"PAR")
    with pytest.raises(DataError, match=r"bad\.parquet: cannot be read"):
        list(read_rows([str(tmp_path / "bad.parquet")], READING))
