"""The matrix as HTML, a part of the findings report."""

from collections.abc import Sequence

from stance.analysis.matrix import Cell


def matrix_html(cells: Sequence[Cell]) -> str:
    """A table whose cells open their sentences; actors and targets with most sentences come first."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("stance.analysis", ""), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("matrix.html.j2")
    return template.render(
        actors=_by_weight([(cell.actor, cell.n) for cell in cells]),
        targets=_by_weight([(cell.target, cell.n) for cell in cells]),
        cells={(cell.actor, cell.target): cell for cell in cells},
    )


def _by_weight(named: Sequence[tuple[str, int]]) -> list[str]:
    total: dict[str, int] = {}
    for name, count in named:
        total[name] = total.get(name, 0) + count
    return sorted(total, key=lambda name: (-total[name], name))
