"""findings.json -> findings.html: one file, no scripts, nothing fetched; every number is a link to what it rests on."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stance.analysis.drawing import net_figure, timeline_figure

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATE = "findings.html.j2"
NUMBER = re.compile(r"[+\u2212]?\d[\d,]*(?:\.\d+)?%?(?:\s\[[^\]]*\])?")
CLAIMS_SHOWN, SENTENCES_SHOWN = 10, 3
CORRECTIONS = {
    "own": "by its own labels",
    "borrowed": "borrowed from all labels",
    "none": "not corrected",
}


def render_page(findings: Mapping[str, Any], matrix: str = "") -> str:
    """The findings as a page; a pure function of the JSON and of the matrix's HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("stance.analysis", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "share": share,
        "net": net,
        "count": count,
        "linked": linked,
        "correction": CORRECTIONS.__getitem__,
    }
    groups = {"all": [findings["overall"]]}
    groups |= {kind: rows["groups"] for kind, rows in findings["groups"].items()}
    groups |= {panel["name"]: panel["points"] for panel in findings["timeline"]["panels"]}
    by_anchor = {group["anchor"]: (kind, group) for kind, rows in groups.items() for group in rows}
    sentences = {row["number"]: row for row in findings["evidence"]}
    figures = {
        kind: net_figure(rows["groups"], f"net-{kind}", f"Net stance by {kind}, with intervals")
        for kind, rows in findings["groups"].items()
        if rows["groups"]
    }
    panels = findings["timeline"]["panels"]
    if panels:
        figures["timeline"] = timeline_figure(panels, "timeline", f"Net stance by {findings['timeline']['unit']}")
    return environment.get_template(TEMPLATE).render(
        findings=findings,
        groups=groups,
        sentences=sentences,
        claims=[_claim(claim, by_anchor, sentences, findings["polar"]) for claim in findings["claims"][:CLAIMS_SHOWN]],
        # Markup: our own SVG and HTML, in which names from outside are escaped.
        figures={name: Markup(svg) for name, svg in figures.items()},  # noqa: S704
        matrix=Markup(matrix),  # noqa: S704
    )


def linked(text: str, anchor: str) -> "Markup":
    """`text` with every number in it made a link to `anchor`."""
    from markupsafe import Markup, escape

    parts, last = [], 0
    for found in NUMBER.finditer(text):
        parts.append(escape(text[last : found.start()]))
        parts.append(Markup('<a href="#{}">{}</a>').format(anchor, found.group()))
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


def percent(value: float) -> str:
    """In whole percent."""
    return f"{100 * value:.0f}%"


def share(interval: Mapping[str, float]) -> str:
    """A share with its interval, in percent."""
    return f"{100 * interval['value']:.0f}% [{100 * interval['low']:.0f}, {100 * interval['high']:.0f}]"


def net(interval: Mapping[str, float]) -> str:
    """A net stance, or a difference of two, with its interval."""
    value, low, high = (_signed(interval[name]) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def count(value: int) -> str:
    """With commas between thousands."""
    return f"{value:,}"


def _signed(value: float) -> str:
    # Adding zero makes a negative zero positive.
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "\N{MINUS SIGN}")


def _claim(
    claim: Mapping[str, Any],
    by_anchor: Mapping[str, tuple[str, Mapping[str, Any]]],
    sentences: Mapping[int, Mapping[str, Any]],
    polar: list[str],
) -> dict[str, Any]:
    """A group with its most decided sentences on the side that it leans to."""
    kind, group = by_anchor[claim["anchor"]]
    side = polar[claim["side"]]
    rows = [sentences[n] for n in group["evidence"]]
    # A person's label outranks the classifier's: a sentence shown as evidence must not be a known error.
    fitting = [row for row in rows if (row["gold"] or row["label"]) == side]
    return {"kind": kind, "group": group, "side": side, "sentences": fitting[:SENTENCES_SHOWN]}
