"""The matrix as files: a signed network in GraphML, CSV and Parquet."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from stance.analysis.matrix import Cell, rows_of


def graphml(cells: Sequence[Cell]) -> str:
    """A directed graph from actors to targets; `weight` is the net stance, `sign` -1, 0 or 1."""
    import networkx as nx

    graph = nx.DiGraph()
    for cell in cells:
        graph.add_node(f"actor:{cell.actor}", label=cell.actor, kind=cell.actor_kind, side="actor")
        graph.add_node(f"target:{cell.target}", label=cell.target, kind="target", side="target")
        interval = {} if cell.low is None or cell.high is None else {"low": cell.low, "high": cell.high}
        sign = (cell.net > 0) - (cell.net < 0)
        ends = f"actor:{cell.actor}", f"target:{cell.target}"
        graph.add_edge(*ends, weight=cell.net, sign=sign, n=cell.n, **cell.counts, **interval)
    return "\n".join(nx.generate_graphml(graph)) + "\n"


def matrix_csv(cells: Sequence[Cell]) -> str:
    """The cells as CSV with a header."""
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=_NAMES, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows_of(cells))
    return file.getvalue()


def write_parquet(cells: Sequence[Cell], path: Path) -> None:
    """The same rows as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"net": pa.float64(), "low": pa.float64(), "high": pa.float64()}
    text = {"actor", "actor_kind", "target", "evidence"}
    schema = pa.schema([(n, kinds.get(n, pa.string() if n in text else pa.int64())) for n in _NAMES])
    pq.write_table(pa.Table.from_pylist(rows_of(cells), schema=schema), path)


_NAMES = (
    "actor",
    "actor_kind",
    "target",
    "favor",
    "against",
    "neutral",
    "n",
    "net",
    "low",
    "high",
    "clusters",
    "evidence",
)
