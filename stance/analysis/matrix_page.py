"""The matrix as HTML, a part of the findings report."""

from collections.abc import Sequence

from stance.analysis.matrix import Cell

MAX_ACTORS = 20
MAX_TARGETS = 8
"""Rows and columns that a page can show and a person can read."""


def matrix_html(cells: Sequence[Cell]) -> str:
    """A table whose cells open their sentences; those with most sentences come first, and only they are shown."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("stance.analysis", ""), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("matrix.html.j2")
    return template.render(
        actors=_by_weight([(cell.actor, cell.n) for cell in cells])[:MAX_ACTORS],
        targets=_by_weight([(cell.target, cell.n) for cell in cells])[:MAX_TARGETS],
        cells={(cell.actor, cell.target): cell for cell in cells},
    )


def _by_weight(named: Sequence[tuple[str, int]]) -> list[str]:
    total: dict[str, int] = {}
    for name, count in named:
        total[name] = total.get(name, 0) + count
    return sorted(total, key=lambda name: (-total[name], name))
