import resource
import signal
from pathlib import Path

import pytest

from stance.config import DataError
from stance.records import Removed
from stance.storage import atomic_file, read_json, read_records, read_rows, write_records

ROWS = [Removed(item="a", reason="empty"), Removed(item="b", reason="binary file", detail="“NUL” bytes")]


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert write_records(path, ROWS) == 2
    assert list(read_records(path, Removed)) == ROWS


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_records(path, ROWS)
    with pytest.raises(ZeroDivisionError), atomic_file(path) as file:
        file.write(f"half {1 / 0}")
    assert list(read_records(path, Removed)) == ROWS
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_records(path, ROWS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        with pytest.raises(OSError, match="File too large"):
            write_records(path, (Removed(item=str(i), reason="x" * 100) for i in range(1000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert list(read_records(path, Removed)) == ROWS
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"item": "a"}\n', r"rows\.jsonl:1: not a Removed: reason: Field required"),
        (b'{"item": "a", "reason": "r"}\nnonsense\n', r"rows\.jsonl:2: not a Removed"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_unusable_rows_name_file_line_and_field(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(read_records(path, Removed))


def test_a_row_that_is_no_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("[1, 2]\n")
    with pytest.raises(DataError, match="expected a JSON object, got list"):
        list(read_rows(path))


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_json(tmp_path / "absent.json")
    with pytest.raises(DataError, match=r"absent\.jsonl: No such file"):
        list(read_records(tmp_path / "absent.jsonl", Removed))
