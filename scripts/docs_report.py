"""The default model's report as a page of the documentation: docs/report.md, its pictures, and the whole report."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _hydra import main

from stance.config import ConfigError
from stance.evaluation.canvas import WIDTH_INCHES
from stance.evaluation.page import page_figures, render_page
from stance.evaluation.tables import all_tables, markdown_table
from stance.pipeline import STAGES, PipelineConfig, asks_also, describe

DOCS = Path(__file__).parent.parent / "docs"
SHOWN = ("Test sets", "Systems on", "Labels,", "Probabilities", "Selective answers", "Limits")
"""Tables of the page by the beginning of their title; the report has the others."""
PICTURES = {
    "systems": "Macro-F1 on the test split of the bundled corpus",
    "further-1": "Macro-F1 on real news",
    "confusion": "What is taken for what, test split",
    "reliability": "Share right over probability, test split",
    "risk": "Share wrong over share answered, test split",
}
HEAD = """\
# The default model's report

Made by `make docs-report` from `outputs/default`, the run of `make pipeline` as it stands (seed 0), every figure
included. The whole report is [report/index.html](report/index.html): open the file in a browser. Beside it are
[every error](report/errors.html) with marked words, [every figure](report/report.json), and the tables for a paper in
[Markdown](report/tables.md) and [LaTeX](report/tables.tex).

`test` are bundled articles, which a language model wrote: figures on it flatter. `real_news_dev` are sentences of real
news of 1999 to 2020, labelled twice. They are not part of the project, so only figures are shown. They have three
labels: `neutral` and `unrelated` are merged into `none` there.
"""
MOVED = """\
### What moves the answers

Share of answers that fail when a test sentence is changed by rule; [probing.md](probing.md) says how.

| change | asked | failed | rate |
| --- | ---: | ---: | ---: |"""
INK, PAPER = "#1b1f24", "#ffffff"


def run(config: PipelineConfig) -> None:
    """Probe, predict the further sets and evaluate as far as they are not fresh, then write the pages into docs/."""
    if not asks_also(config):
        raise ConfigError("evaluate.also: name the further test set, as `make docs-report` does")
    for name in ("probe", "predict_also", "evaluate"):
        stage = getattr(config, name)
        print(describe(STAGES[name](stage, replace=config.overwrite), stage.output))
    write_pages(config.evaluate.output, config.probe.output)


def write_pages(evaluated: Path, probed: Path) -> None:
    """docs/report.md, docs/report and the pictures, from the outputs of evaluate and probe."""
    report = json.loads((evaluated / "report.json").read_text(encoding="utf-8"))
    folder = DOCS / "report"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # Links to the probes lead to files of this very folder.
    report["probes"]["folder"] = folder.name
    (folder / "index.html").write_text(render_page(report), encoding="utf-8")
    for source, names in (
        (evaluated, ("report.json", "tables.md", "tables.tex")),
        (probed, ("errors.html", "probes.json", "examples.jsonl")),
    ):
        for file in names:
            shutil.copyfile(source / file, folder / file)
    figures = page_figures(report)
    for name in PICTURES:
        (DOCS / "images" / f"report-{name}.svg").write_text(standalone(figures[name]), encoding="utf-8")
    (DOCS / "report.md").write_text(page(report), encoding="utf-8")
    print(f"-> {DOCS / 'report.md'}, {folder / 'index.html'}")


def standalone(figure: str) -> str:
    """An inline figure as a file of its own, on white, in one colour of text."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    look = f'width="{WIDTH_INCHES * 100:.0f}" style="background: {PAPER}"'
    return figure.replace("<svg ", f"<svg {names} {look} ", 1).replace("currentColor", INK)


def page(report: Mapping[str, Any]) -> str:
    """docs/report.md: every figure of it from the report."""
    probes = report["probes"]
    moved, attributions = probes["fairness"]["pair"], probes["attributions"]
    deletion = attributions["deletion"]
    tests = [
        f"| {row['test']} | {row['counted']} | {row['failed']} | {shown(row['rate'])} |"
        for row in probes["tests"]
        if row["counted"]
    ]
    intervener = (
        f"When {moved['from']} becomes {moved['to']}, the score from −1 (against) to 1 (for) moves by "
        f"{shown(moved['move'])}, and {shown(moved['flips'])} of the labels change."
    )
    tokens = (
        f"Attributions sum to the logit difference within 1% for {attributions['within_one_percent']} of "
        f"{attributions['pairs']} pairs. Without its {deletion['tokens']} top tokens an answer loses "
        f"{shown(deletion['top'])} logits, without as many random ones {shown(deletion['random'])}."
    )
    tables = [markdown_table(t) for t in all_tables(report) if t.title.startswith(SHOWN)]
    pictures = [f"![{text}](images/report-{name}.svg)" for name, text in PICTURES.items()]
    return "\n".join([HEAD, *pictures, "", *tables, MOVED, *tests, "", intervener, "", tokens, ""])


def shown(metric: Mapping[str, float | None]) -> str:
    """`0.59 [0.55, 0.63]`."""
    from stance.evaluation.tables import with_interval

    return "–" if metric["value"] is None else with_interval(metric)


if __name__ == "__main__":
    main(run, stage="evaluate")
