"""The whole job on a tiny corpus, through the scripts, as a user runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from stance.manifest import fingerprint
from tests.conftest import ROOT, run_script

STAGES = ("sentences", "labels", "dataset", "drills", "training", "predictions", "probes", "report", "model")


@pytest.fixture(scope="module")
def project(corpus: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A working folder and the overrides that make the pipeline tiny."""
    overrides = [f"ingest.articles={corpus / 'articles'}", f"label.annotations={corpus / 'annotations.jsonl'}"]
    overrides += [f"train.model.pretrained={encoder}", "train.model.max_tokens=48", "train.model.freeze_layers=1"]
    overrides += [f"drills.lexicon={ROOT / 'data/drills/lexicon.yaml'}", "drills.number=50"]
    overrides += ["train.epochs=2", "train.threads=1", "train.precision=fp32", "predict.threads=1", "export.threads=1"]
    overrides += ["evaluate.bootstrap_resamples=100", "probe.bootstrap_resamples=100", f"probe.encoder={encoder}"]
    overrides += ["probe.threads=1", "probe.attributed_errors=2", "probe.attributed_pairs=2"]
    return tmp_path_factory.mktemp("project"), overrides


@pytest.fixture(scope="module")
def first_run(project: tuple[Path, list[str]]) -> Any:
    folder, overrides = project
    return run_script("pipeline", *overrides, cwd=folder)


def test_it_makes_everything_and_sums_up(first_run: Any, project: tuple[Path, list[str]]) -> None:
    assert first_run.returncode == 0, first_run.stderr
    outputs = project[0] / "outputs" / "default"
    assert sorted(path.name for path in outputs.iterdir()) == sorted(STAGES)
    for stage in range(1, 10):
        assert f"[{stage}/9]" in first_run.stderr
    report = json.loads((outputs / "report" / "report.json").read_text())
    assert f"{report['system']['macro_f1']['value']:.3f}" in first_run.stdout
    for word in ("report.html", "outputs/default/model", "majority", "seconds", "python scripts/predict.py"):
        assert word in first_run.stdout


def test_the_same_again_does_nothing(first_run: Any, project: tuple[Path, list[str]]) -> None:
    folder, overrides = project
    before = fingerprint(folder / "outputs")
    again = run_script("pipeline", *overrides, cwd=folder)
    assert again.returncode == 0
    assert again.stderr.count("(fresh)") == len(STAGES)
    assert fingerprint(folder / "outputs") == before


def test_a_changed_learning_rate_reruns_from_train_on(first_run: Any, project: tuple[Path, list[str]]) -> None:
    folder, overrides = project
    changed = run_script("pipeline", *overrides, "train.optimizer.learning_rate=1e-3", cwd=folder)
    assert changed.returncode == 0, changed.stderr
    fresh = [stage for stage in ("ingest", "label", "dataset", "drills", "train") if f"{stage}: " in changed.stderr]
    lines = [line for line in changed.stderr.splitlines() if "(fresh)" in line]
    assert fresh[:4] == [line.split("] ")[1].split(":")[0] for line in lines]


def test_every_script_works_on_the_previous_ones_output(project: tuple[Path, list[str]]) -> None:
    folder, overrides = project
    for script in ("ingest", "label", "build_dataset", "drills", "train", "predict", "probe", "evaluate", "export"):
        done = run_script(script, *overrides, "run=alone", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "outputs/alone" in done.stdout
    changed = run_script("ingest", *overrides, "run=alone", f"ingest.articles={folder / 'outputs'}", cwd=folder)
    assert changed.returncode == 2
    assert "add overwrite=true" in changed.stderr


def test_a_sweep_over_seeds_makes_a_model_for_each(first_run: Any, project: tuple[Path, list[str]]) -> None:
    folder, overrides = project
    done = run_script("train", *overrides, "-m", "seed=1,2", cwd=folder)
    assert done.returncode == 0, done.stderr
    weights = [folder / "outputs" / "default" / f"seed={n}" / "training" / "model.safetensors" for n in (1, 2)]
    assert weights[0].read_bytes() != weights[1].read_bytes()


def test_an_article_is_printed_sentence_by_sentence(first_run: Any, project: tuple[Path, list[str]]) -> None:
    folder, _ = project
    (folder / "article.txt").write_text("The council met. It voted “for” the mission.")
    arguments = ["predict.model=outputs/default/model", "predict.input=article.txt", "predict.target=the mission"]
    text = run_script("predict", *arguments, cwd=folder)
    assert text.returncode == 0, text.stderr
    assert [line.split()[0] for line in text.stdout.splitlines()] == ["0-16", "17-44"]
    rows = run_script("predict", *arguments, "predict.format=jsonl", cwd=folder)
    assert [json.loads(line)["start"] for line in rows.stdout.splitlines()] == [0, 17]


def test_a_full_disk_is_one_message_and_leaves_nothing_half_written(project: tuple[Path, list[str]]) -> None:
    folder, overrides = project
    limited = "import resource, runpy, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); sys.argv = sys.argv[1:];"
    limited += "sys.path.insert(0, str(__import__('pathlib').Path(sys.argv[0]).parent));"
    limited += "runpy.run_path(sys.argv[0], run_name='__main__')"
    import os
    import subprocess
    import sys

    from tests.conftest import ROOT

    done = subprocess.run(
        [sys.executable, "-c", limited, str(ROOT / "scripts" / "ingest.py"), *overrides, "run=full"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "File too large" in done.stderr
    assert not list((folder / "outputs" / "full").iterdir())


def test_findings_come_from_the_articles_that_the_model_has_not_seen(
    first_run: Any, project: tuple[Path, list[str]]
) -> None:
    folder, overrides = project
    small = ["findings.events=null", "findings.shuffles=99", "findings.min_rows=2", "sample.size=8", "survey.threads=1"]
    made = run_script("findings", *overrides, *small, cwd=folder)
    assert made.returncode == 0, made.stderr
    assert "findings.html" in made.stdout
    outputs = folder / "outputs" / "default"
    findings = json.loads((outputs / "findings" / "findings.json").read_text())
    counts = {
        name: json.loads((outputs / name / "manifest.json").read_text())["counts"] for name in ("survey", "sample")
    }
    assert counts["survey"]["pairs"] == counts["survey"]["predictions"] + counts["survey"]["removed"] == 48
    assert counts["sample"] == {"predictions": findings["opinions"], "drawn": 8, "labelled": 8}
    assert findings["overall"]["gold"] == 8


def test_findings_without_a_model_say_what_to_do(tmp_path: Path) -> None:
    done = run_script("findings", "run=none", "ingest.articles=none", cwd=tmp_path)
    assert done.returncode == 2
    assert "survey.model: outputs/none/model does not exist" in done.stderr
    assert "make pipeline makes the model" in done.stderr
