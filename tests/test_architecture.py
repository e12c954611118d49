"""What the layout promises."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

SOURCES = [p for folder in ("stance", "scripts", "tests", "configs") for p in (ROOT / folder).rglob("*") if p.is_file()]
CODE = [p for p in SOURCES if p.suffix in (".py", ".yaml", ".j2")]
MAX_LINES = 400
VAGUE = {"utils", "common", "helpers", "base", "core", "manager", "misc"}


def test_no_file_is_long() -> None:
    assert len(CODE) > 50
    assert not [p for p in CODE if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES]


def test_files_are_named_for_an_idea() -> None:
    assert not [p for p in CODE if p.stem in VAGUE]


def test_imports_go_one_way_and_the_package_knows_no_hydra() -> None:
    lint = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "2 kept, 0 broken" in done.stdout


def test_importing_the_package_or_the_wiring_loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "datasets", "sklearn", "matplotlib", "onnx", "onnxruntime", "hydra", "omegaconf"}
    code = "import sys, stance, stance.pipeline; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


def test_the_requirements_are_all_pinned() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 50
    assert all(line.count("==") == 1 for line in pins)
    assert not [line for line in pins if "+" in line or "://" in line]
