"""The examples of the how-to run as they stand."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_examples_of_ingest_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run("ingest.md", 8, tmp_path, monkeypatch)


def test_the_examples_of_findings_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run("findings.md", 2, tmp_path, monkeypatch)


def _run(name: str, least: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert len(blocks) >= least
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, f"docs/{name}", "exec"), names)  # noqa: S102 - our own documentation
