import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.export.conftest import bundle, config  # noqa: F401 - fixtures

LIGHT = {"torch", "transformers", "datasets", "sklearn", "matplotlib", "hydra", "onnx", "pandas", "scipy"}


def stance(*arguments: str, stdin: str = "", cwd: Path | None = None) -> Any:
    command = [sys.executable, "-c", "from stance.cli import main; main()", *arguments]
    return subprocess.run(command, input=stdin, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_one_sentence_and_standard_input(bundle: Path) -> None:  # noqa: F811
    given = ("predict", "-m", str(bundle), "-t", "foreign intervention in Mali", "--threads", "1")
    done = stance(*given, "--text", "Farmers met.", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["text"] == "Farmers met."
    assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    piped = stance(*given, "-", stdin="Farmers met.\nElders in Mali condemned the strikes.\n")
    assert json.loads(piped.stdout.splitlines()[0])["label"] == row["label"]


def test_a_file_of_articles_to_parquet(bundle: Path, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "a.txt").write_text("The council met. It voted for the mission.")
    out = tmp_path / "out.parquet"
    done = stance("predict", "-m", str(bundle), "-t", "t", "--articles", str(tmp_path / "a.txt"), "-o", str(out))
    assert done.stdout.startswith("2 rows, 2 predicted, 0 rejected"), done.stderr
    assert out.is_file()


def test_the_help_page_loads_nothing_that_takes_time() -> None:
    code = "import sys, stance.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rsplit("\n", 2)[-2].split())
    assert "stance.cli" in loaded
    assert loaded & {"pydantic", "numpy", "pyarrow", "fastapi", "torch"} == set()


def test_the_onnx_path_loads_neither_torch_nor_transformers(bundle: Path) -> None:  # noqa: F811
    code = "import sys; from stance.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    command = ["predict", "-m", str(bundle), "-t", "t", "--text", "x", "--backend", "onnx-int8", "--threads", "1"]
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert not LIGHT & set(done.stderr.split())
    assert "onnxruntime" in done.stderr.split()


def test_verify_and_info(bundle: Path) -> None:  # noqa: F811
    verified = stance("verify", str(bundle), "--json", "--threads", "1")
    assert verified.returncode == 0, verified.stderr
    result = json.loads(verified.stdout)
    assert result["backends"]["onnx-int8"]["problems"] == []
    shown = stance("info", str(bundle))
    assert result["fingerprint"] in shown.stdout
    assert result["auto"] in shown.stdout


def test_a_stage_runs_without_hydra(corpus: Path, tmp_path: Path) -> None:
    done = stance("ingest", f"articles={corpus / 'articles'}", f"output={tmp_path / 'out'}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "sentences.jsonl").is_file()
    assert "learning_rate" in stance("train").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "-m", "absent", "-t", "t", "--text", "x"], "absent: no such folder"),
        (["predict", "-m", "absent"], "give files, folders or -"),
        (["ingest", "articls=a"], "did you mean 'articles'?"),
        (["ingest", "articles"], "expected field=value"),
        (["verify", "absent"], "absent: no such folder"),
        (["predct"], "invalid choice"),
    ],
)
def test_a_mistake_is_one_clear_message_and_exit_status_2(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = stance(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
