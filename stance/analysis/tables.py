"""The findings as tables: CSV for other programs, LaTeX for papers."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {character: f"\\{character}" for character in "&%$#_{}"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t")


def share_rows(findings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a group and label."""
    groups = [findings["overall"], *(group for kind in findings["groups"].values() for group in kind["groups"])]
    return [row for group in groups for row in _rows(group, {})]


def timeline_rows(findings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a panel, period and label."""
    return [
        row
        for panel in findings["timeline"]["panels"]
        for point in panel["points"]
        for row in _rows(point, {"panel": panel["name"]})
    ]


def change_rows(findings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a change point."""
    return [
        {"panel": panel["name"]} | {key: value for key, value in change.items() if key != "corrected"}
        for panel in findings["timeline"]["panels"]
        for change in panel["changes"]
    ]


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the columns of the first one; texts that a spreadsheet would run as formulas get an apostrophe."""
    if not rows:
        return ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return stream.getvalue()


def as_latex(findings: Mapping[str, Any]) -> str:
    """Shares of all groups as one booktabs table a kind, with the percentages and their intervals."""
    parts = ["% needs \\usepackage{booktabs}"]
    for kind, found in findings["groups"].items():
        if found["groups"]:
            parts.append(_latex_table(kind, [findings["overall"], *found["groups"]], findings))
    return "\n\n".join(parts) + "\n"


def _latex_table(kind: str, groups: Iterable[Mapping[str, Any]], findings: Mapping[str, Any]) -> str:
    names = findings["labels"]
    lines = [
        "\\begin{table}",
        "\\centering",
        (
            f"\\caption{{Shares of stances by {_escaped(kind)}, in percent, corrected for classification errors, with "
            f"{100 * findings['confidence']:g}\\% intervals. Starred groups borrow the correction of all gold labels; "
            "daggered ones are not corrected.}"
        ),
        f"\\begin{{tabular}}{{lrr{'r' * len(names)}}}",
        "\\toprule",
        " & ".join([_escaped(kind), "opinions", "gold", *map(_escaped, names)]) + " \\\\",
        "\\midrule",
    ]
    marks = {"own": "", "borrowed": "$^{*}$", "none": "$^{\\dagger}$"}
    for group in groups:
        cells = [
            f"{100 * share['value']:.0f} [{100 * share['low']:.0f}, {100 * share['high']:.0f}]"
            for share in group["labels"].values()
        ]
        name = _escaped(group["name"]) + marks[group["correction"]]
        lines.append(" & ".join([name, str(group["rows"]), str(group["gold"]), *cells]) + " \\\\")
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", "\\end{table}"])


def _rows(group: Mapping[str, Any], extra: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for label, share in group["labels"].items():
        yield {
            **extra,
            "kind": group["kind"],
            "group": group["name"],
            "opinions": group["rows"],
            "stories": group["articles"],
            "gold": group["gold"],
            "correction": group["correction"],
            "label": label,
            "share": share["value"],
            "low": share["low"],
            "high": share["high"],
            "counted_share": share["counted"],
            "counted_low": share["counted_low"],
            "counted_high": share["counted_high"],
            "labels_to_halve": (group["need"] or {}).get("labels"),
        }


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _escaped(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text)
