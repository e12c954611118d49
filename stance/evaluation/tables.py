"""The report's tables in Markdown and LaTeX, for a paper or a thesis."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.evaluation.further import all_sets

LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "κ": r"$\kappa$",
}
METRICS = {
    "macro_f1": "macro-F1",
    "f_avg": "F_avg",
    "f_avg_targets": "F_avg, mean over targets",
    "macro_f1_three_way": "three-way macro-F1",
    "accuracy": "accuracy",
    "matthews": "Matthews",
    "kappa": "kappa",
}
HYPER_PARAMETERS = (
    "model",
    "objective",
    "optimizer",
    "epochs",
    "first_epochs",
    "batch_tokens",
    "swap_targets",
    "mask_names",
    "pairs_per_label",
    "keep",
    "calibrate",
    "precision",
    "seed",
)


@dataclass(frozen=True)
class Table:
    """A title, a header and rows of plain text; all columns but the first are set to the right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def all_tables(report: Mapping[str, Any]) -> list[Table]:
    """Corpus flow, agreement, splits, settings, metrics, comparisons, promises, other sets, limits; none is empty."""
    made = (_flow, _agreement, _splits, _settings, _systems, _labels, _comparisons, _calibration, _promises)
    further = [table for part in report["also"] for table in (_systems(part), _labels(part))]
    tables = [*(make(report) for make in made), _sets(report), *further, _limits(report)]
    return [table for table in tables if table.rows]


def markdown_tables(report: Mapping[str, Any]) -> str:
    """Every table as Markdown."""
    return "\n".join(markdown_table(table) for table in all_tables(report))


def latex_tables(report: Mapping[str, Any]) -> str:
    """Every table as LaTeX, with booktabs."""
    return "% \\usepackage{booktabs}\n" + "\n".join(_latex(table) for table in all_tables(report))


def number(value: float | None, digits: int = 2) -> str:
    """With a true minus sign, and no negative zero; a dash for none."""
    return "–" if value is None else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def with_interval(metric: Mapping[str, Any] | None) -> str:
    """`0.59 [0.55, 0.63]`."""
    if metric is None:
        return "–"
    if metric.get("low") is None:
        return number(metric["value"])
    return f"{number(metric['value'])} [{number(metric['low'])}, {number(metric['high'])}]"


def p_value(value: float) -> str:
    """Three digits, and no zero."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _flow(report: Mapping[str, Any]) -> Table:
    rows = [
        (stage, name.replace("_", " "), str(count))
        for stage, part in report["provenance"].items()
        for name, count in part["counts"].items()
    ]
    return Table("Corpus flow", ("stage", "what", "count"), tuple(rows))


def _agreement(report: Mapping[str, Any]) -> Table:
    ceiling = report["ceiling"]
    if ceiling is None:
        return Table("Agreement", (), ())
    interval = {"value": ceiling["macro_f1"], "low": ceiling["low"], "high": ceiling["high"]}
    row = (
        " and ".join(ceiling["annotators"]),
        str(ceiling["units"]),
        with_interval(interval),
        number(ceiling["kappa"]),
    )
    return Table("Agreement of two annotators", ("annotators", "pairs", "macro-F1", "kappa"), (row,))


def _splits(report: Mapping[str, Any]) -> Table:
    rows = [
        (name, *(str(part[k]) for k in ("pairs", "articles", "groups")), *map(str, part["label_counts"].values()))
        for name, part in report["splits"].items()
    ]
    return Table("Splits", ("split", "pairs", "articles", "groups", *report["labels"]), tuple(rows))


def _settings(report: Mapping[str, Any]) -> Table:
    settings = report["provenance"].get("train", {}).get("settings", {})
    rows = tuple(_flat({k: settings[k] for k in HYPER_PARAMETERS if k in settings}))
    return Table("Hyper-parameters", ("setting", "value"), rows)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", "–" if value is None else str(value)


def _systems(report: Mapping[str, Any]) -> Table:
    rows = tuple((name, *(with_interval(s[m]) for m in METRICS)) for name, s in report["systems"].items())
    return Table(f"Systems on {report['measured_on']['split']}", ("system", *METRICS.values()), rows)


def _labels(report: Mapping[str, Any]) -> Table:
    rows = tuple(
        (name, str(row["gold"]), str(row["predicted"]), *(with_interval(row[m]) for m in ("precision", "recall", "f1")))
        for name, row in report["system"]["labels"].items()
    )
    where = f" on {report['measured_on']['split']}" if report["submitted"][0] != report["name"] else ""
    return Table(
        f"Labels, {report['submitted'][0]}{where}", ("label", "gold", "predicted", "precision", "recall", "F1"), rows
    )


def _comparisons(report: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            f"{row['first']} − {row['second']}",
            with_interval(row["difference"]),
            p_value(row["p_holm"]),
            p_value(row["p_mcnemar_holm"]),
            number(row["detectable"]),
        )
        for row in report["comparisons"]
    )
    header = ("comparison", "difference in macro-F1", "p, bootstrap, Holm", "p, McNemar, Holm", "detectable")
    return Table("Paired comparisons", header, rows)


def _calibration(report: Mapping[str, Any]) -> Table:
    rows = tuple(
        (name, *(with_interval(p[m]) for m in ("ece", "brier", "nll")), number(p["ece_by_chance"]))
        for name, p in report["probabilities"].items()
    )
    return Table("Probabilities", ("system", "ECE", "Brier", "NLL", "ECE by chance"), rows)


def _promises(report: Mapping[str, Any]) -> Table:
    found = (report["promises"] or {}).get("answers", [])
    rows = tuple(
        (f"{row['max_error']:.0%}", number(row["threshold"]), f"{row['answered']:.0%}", with_interval(row["error"]))
        for row in found
        if row["threshold"] is not None
    )
    return Table("Selective answers", ("promised error at most", "threshold", "answered", "error measured"), rows)


def _sets(report: Mapping[str, Any]) -> Table:
    if not report["also"]:
        return Table("Test sets", (), ())
    rows = tuple(
        (
            row["name"],
            str(row["pairs"]),
            str(row["articles"]),
            " / ".join(row["labels"]),
            with_interval(row["macro_f1"]),
            with_interval(row["macro_f1_three_way"]),
            f"{row['baseline']} {number(row['baseline_macro_f1']['value'])}",
            number(row["ceiling"]),
        )
        for row in all_sets(report)
    )
    header = ("set", "pairs", "articles", "labels", "macro-F1", "three-way", "best baseline", "two annotators")
    return Table(f"Test sets, {report['name']}", header, rows)


def _limits(report: Mapping[str, Any]) -> Table:
    every = [("", report), *((f"{part['name']}: ", part) for part in report["also"])]
    faults = [
        (where + ": ".join(filter(None, (f["name"], f["system"]))), f["text"])
        for where, part in every
        for f in part["faults"]
    ]
    notes = [("note", note) for note in report["measured_on"]["notes"]]
    return Table("Limits", ("what", "why it matters"), tuple(faults + notes))


def markdown_table(table: Table) -> str:
    """A heading and the table as Markdown."""
    align = ["---"] + ["---:"] * (len(table.header) - 1)
    lines = [table.header, align, *table.rows]
    body = "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )
    return f"### {table.title}\n\n{body}\n"


def _latex(table: Table) -> str:
    wide = max(len(cell) for row in table.rows for cell in row) > 60
    columns = "l" + ("p{9cm}" if wide else "r") * (len(table.header) - 1)
    lines = [_latex_row(table.header), r"\midrule", *map(_latex_row, table.rows)]
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{_escaped(table.title)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(map(_escaped, cells)) + r" \\"


def _escaped(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text.replace("\n", " "))
