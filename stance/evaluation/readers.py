"""Files of gold labels and of predictions, in JSON Lines, Parquet or CSV, as columns."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from stance.config import DataError
from stance.evaluation.answers import Answers, folding
from stance.evaluation.pairs import COLUMNS, Pairs, pc
from stance.labels import LabelScheme
from stance.records import PROBABILITY_TOLERANCE, Removed

PREDICTIONS = "predictions.jsonl"
SUFFIXES = (".jsonl", ".parquet", ".csv")
ALIASES = {
    "id": ("pair_id",),
    "document": ("article", "doc_id"),
    "text": ("sentence",),
    "label": ("gold", "stance"),
    "before": ("prev",),
    "after": ("next",),
}
MARGINS = ("{}", "p_{}", "prob_{}", "probability_{}")
"""How a column with the probability of a label may be called."""
KNOWN_LABELS = ("favor", "against", "neutral", "unrelated", "none")
MAX_SHOWN = 3


def read_table(path: Path) -> pa.Table:
    """The rows of a JSONL, Parquet or CSV file, or of `predictions.jsonl` in a folder; raises DataError."""
    if path.is_dir():
        path = path / PREDICTIONS
    try:
        if path.suffix == ".parquet":
            return pyarrow.parquet.read_table(path)
        if path.suffix == ".csv":
            named = {
                name: pa.string() for name in (*COLUMNS, *ALIASES, *(a for many in ALIASES.values() for a in many))
            }
            return pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(column_types=named))
        if path.suffix in (".jsonl", ".json", ".ndjson"):
            options = pyarrow.json.ReadOptions(block_size=1 << 24)
            return pyarrow.json.read_json(path, read_options=options)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({' '.join(str(error).split())[:200]})") from None
    raise DataError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")


def read_pairs(path: Path, scheme: LabelScheme | None) -> tuple[Pairs, LabelScheme]:
    """(gold pairs, their scheme) of a file with at least `id` (or `text` and `target`) and `label`.

    A `label` may be missing where `probabilities` are there. Gold of three labels, one of them `none`, is read with the
    three-way form of `scheme`. Without a scheme the labels are those found. Raises DataError saying what is odd.
    """
    table = read_table(path)
    if not table.num_rows:
        raise DataError(f"{path}: no rows; expected gold labels")
    label = _names(table, "label", scheme)
    names = None if label is None else {v for v in pc.unique(label).to_pylist() if v is not None}
    scheme = _scheme_of(path, names, scheme)
    soft = _probabilities(path, table, scheme)
    numbers = None if label is None else _numbers(path, label, scheme.names)
    if numbers is None and soft is None:
        raise DataError(f"{path}: no column label; found {', '.join(table.column_names)}")
    if numbers is None:
        assert soft is not None  # noqa: S101 - just checked
        numbers = soft.argmax(axis=1)
    columns = {name: _text(table, name) for name in COLUMNS}
    columns["id"] = _key(path, table)
    for name, instead in (("document", "id"), ("group", "document")):
        columns[name] = pc.coalesce(columns[name], columns[instead])
    repeated = len(table) - pc.count_distinct(columns["id"]).as_py()
    if repeated:
        raise DataError(f"{path}: {repeated} ids occur twice; every gold pair needs its own")
    tags = table["tags"] if "tags" in table.column_names else pa.nulls(len(table), pa.list_(pa.string()))
    tags = tags if pa.types.is_list(tags.type) and pa.types.is_string(tags.type.value_type) else None
    columns["tags"] = pa.nulls(len(table), pa.list_(pa.string())) if tags is None else tags
    weight = table["weight"].to_numpy().astype(np.float64) if "weight" in table.column_names else np.ones(len(table))
    if soft is None:
        soft = np.eye(len(scheme.names))[numbers]
    return Pairs(pa.table(columns), numbers, soft, weight), scheme


def read_answers(
    path: Path, gold: Pairs, scheme: LabelScheme, fine: LabelScheme | None = None
) -> tuple[Answers, list[Removed]]:
    """(one answer for each gold pair in order, answers set aside).

    Answers in the labels of `fine` are folded into the three-way `scheme`. Raises DataError when a label is off the
    scheme, among those set aside too, when probabilities do not sum to 1, or when a gold pair has no answer.
    """
    table = read_table(path)
    used = fine if fine is not None and not _speaks(table, scheme) else scheme
    label = _names(table, "label", used)
    probabilities = _probabilities(path, table, used)
    if label is not None:
        numbers = _numbers(path, label, used.names)
    elif probabilities is not None:
        numbers = probabilities.argmax(axis=1)
    else:
        raise DataError(f"{path}: no column label; found {', '.join(table.column_names)}")
    key = _key(path, table)
    place = pc.index_in(gold.table["id"], value_set=pc.unique(key)).to_numpy(zero_copy_only=False)
    first = _first_rows(key)
    missing = np.isnan(place.astype(np.float64))
    if missing.any():
        shown = ", ".join(gold.table["id"].take(pa.array(np.flatnonzero(missing)[:MAX_SHOWN])).to_pylist())
        raise DataError(
            f"{path}: {missing.sum()} of {len(gold)} gold pairs have no prediction (first: {shown}); "
            f"a system is scored on all of them or not at all"
        )
    rows = first[place.astype(np.int64)]
    removed = _set_aside(key, rows, numbers, used.names)
    abstained = table["abstained"].to_numpy(zero_copy_only=False) if "abstained" in table.column_names else None
    answers = Answers(numbers, probabilities, None if abstained is None else abstained.astype(bool)).take(rows)
    if used is not scheme:
        into = folding(used)[1]
        merged = before = None
        if answers.probabilities is not None:
            before = answers.probabilities.max(axis=1)
            merged = answers.probabilities @ np.eye(len(scheme.names))[into]
        answers = Answers(into[answers.label], merged, answers.abstained, before)
    return answers, removed


def read_asked(path: Path) -> dict[str, list[str]]:
    """Columns `id`, `text`, `target`, `before`, `after` of a file of pairs, as a model is asked; "" for no neighbour.

    Raises DataError when a text or a target is missing.
    """
    table = read_table(path)
    asked = {name: _text(table, name) for name in ("text", "target", "before", "after")}
    for name in ("text", "target"):
        missing = asked[name].null_count
        if missing:
            raise DataError(f"{path}: {missing} of {len(table)} rows have no {name}; a model cannot be asked without")
    filled = {name: pc.fill_null(column, "").to_pylist() for name, column in asked.items()}
    return {"id": _key(path, table).to_pylist()} | filled


def read_votes(path: Path) -> list[list[str]]:
    """The labels that people gave to each pair, from a list column `votes`; empty where not every pair has two."""
    table = read_table(path)
    votes = table["votes"].to_pylist() if "votes" in table.column_names else []
    lists = all(isinstance(each, list) and len(each) > 1 and all(isinstance(v, str) for v in each) for each in votes)
    return votes if lists else []


def _speaks(table: pa.Table, scheme: LabelScheme) -> bool:
    """Whether the answers use the labels of `scheme` only."""
    label = _names(table, "label", scheme)
    return label is not None and set(pc.unique(label).to_pylist()) <= set(scheme.names)


def _scheme_of(path: Path, names: set[str] | None, scheme: LabelScheme | None) -> LabelScheme:
    if scheme is not None:
        coarse = folding(scheme)[0]
        return coarse if names and names <= set(coarse.names) and "none" in names - set(scheme.names) else scheme
    if names is None or not {"favor", "against"} <= names:
        raise DataError(f"{path}: labels {sorted(names or ())}; expected favor and against, or give evaluate.dataset")
    ordered = [n for n in KNOWN_LABELS if n in names] + sorted(names - set(KNOWN_LABELS))
    rest = tuple(n for n in ordered if n not in ("favor", "against"))
    return LabelScheme(definitions=dict.fromkeys(ordered, ""), polar=("favor", "against"), merged_into_none=rest)


def _names(table: pa.Table, name: str, scheme: LabelScheme | None) -> pa.ChunkedArray | None:
    column = _column(table, name)
    if column is None:
        return None
    if pa.types.is_integer(column.type) and scheme is not None:
        # A dataset's column holds class numbers, as datasets.ClassLabel wants them.
        return pc.take(pa.array(scheme.names), column)
    return column.cast(pa.string())


def _numbers(path: Path, label: pa.ChunkedArray, names: tuple[str, ...]) -> np.ndarray:
    found = pc.fill_null(pc.index_in(label, value_set=pa.array(names)), -1).to_numpy().astype(np.int64)
    _refuse_odd(path, [label[int(i)].as_py() for i in np.flatnonzero(found < 0)[:MAX_SHOWN]], (found < 0).sum(), names)
    return found


def _refuse_odd(path: Path, shown: list[str], count: int, names: tuple[str, ...]) -> None:
    if count:
        raise DataError(
            f"{path}: {count} predicted labels are off the scheme (first: {'; '.join(map(repr, shown))}); "
            f"expected one of {', '.join(names)}"
        )


def _probabilities(path: Path, table: pa.Table, scheme: LabelScheme) -> np.ndarray | None:
    """Shape (rows, labels) from a column `probabilities` (object, list or JSON), or one column a label."""
    names = scheme.names
    column = _column(table, "probabilities")
    if column is None:
        found = [next((m.format(n) for m in MARGINS if m.format(n) in table.column_names), None) for n in names]
        if None in found:
            return None
        values = np.stack([table[str(f)].to_numpy().astype(np.float64) for f in found], axis=1)
    else:
        values = _shares(path, column.combine_chunks(), names)
    bad = np.flatnonzero((np.abs(values.sum(axis=1) - 1) > PROBABILITY_TOLERANCE) | (values.min(axis=1) < 0))
    if len(bad):
        raise DataError(
            f"{path}: {len(bad)} rows have probabilities that do not sum to 1 "
            f"(first: row {bad[0] + 1}, sum {values[bad[0]].sum():.6g})"
        )
    return values


def _shares(path: Path, column: Any, names: tuple[str, ...]) -> np.ndarray:
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_string(column.type):
        column = pa.array([json.loads(text) for text in column.to_pylist()])
    if pa.types.is_struct(column.type):
        fields = [column.type.field(i).name for i in range(column.type.num_fields)]
        _refuse_odd(path, [f for f in fields if f not in names][:MAX_SHOWN], len(set(fields) - set(names)), names)
        filled = {n: pc.fill_null(column.field(n).cast(pa.float64()), 0.0).to_numpy() for n in fields}
        return np.stack([filled.get(n, np.zeros(len(column))) for n in names], axis=1)
    if pa.types.is_map(column.type):
        keys, items = column.keys, column.items
        place = pc.fill_null(pc.index_in(keys, value_set=pa.array(names)), -1).to_numpy()
        odd = np.flatnonzero(place < 0)
        _refuse_odd(path, [keys[int(i)].as_py() for i in odd[:MAX_SHOWN]], len(odd), names)
        values = np.zeros((len(column), len(names)))
        sizes = np.diff(column.offsets.to_numpy())
        values[np.repeat(np.arange(len(column)), sizes), place] = items.to_numpy()
        return values
    flat = column.flatten().to_numpy().astype(np.float64)
    if len(flat) != len(column) * len(names):
        raise DataError(f"{path}: expected {len(names)} probabilities a row, in the order {', '.join(names)}")
    return flat.reshape(-1, len(names))


def _column(table: pa.Table, name: str) -> pa.ChunkedArray | None:
    known = next((n for n in (name, *ALIASES.get(name, ())) if n in table.column_names), None)
    return None if known is None or pa.types.is_null(table[known].type) else table[known]


def _text(table: pa.Table, name: str) -> pa.ChunkedArray | pa.Array:
    column = _column(table, name)
    return pa.nulls(len(table), pa.string()) if column is None else column.cast(pa.string())


def _key(path: Path, table: pa.Table) -> pa.ChunkedArray | pa.Array:
    """What names a pair: its id, else its text and target."""
    if _column(table, "id") is not None:
        return _text(table, "id")
    if _column(table, "text") is None or _column(table, "target") is None:
        raise DataError(f"{path}: no column id, nor text and target; found {', '.join(table.column_names)}")
    return pc.binary_join_element_wise(_text(table, "text"), _text(table, "target"), "\x1f")


def _first_rows(key: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Row of the first appearance of each distinct key, in the order of `pc.unique`."""
    column = key.combine_chunks() if isinstance(key, pa.ChunkedArray) else key
    codes = pc.dictionary_encode(column).indices.to_numpy()
    return np.unique(codes, return_index=True)[1]


def _set_aside(
    key: pa.ChunkedArray | pa.Array, rows: np.ndarray, numbers: np.ndarray, names: tuple[str, ...]
) -> list[Removed]:
    left = np.ones(len(key), dtype=bool)
    left[rows] = False
    removed = []
    kept = {key[int(i)].as_py(): int(i) for i in rows} if left.any() else {}
    for i in np.flatnonzero(left).tolist():
        item = key[i].as_py()
        if item not in kept:
            removed.append(Removed(item=item, reason="not in the split"))
            continue
        same = "same" if numbers[i] == numbers[kept[item]] else "another"
        detail = f"{same} label, {names[numbers[i]]}"
        removed.append(Removed(item=item, reason="second prediction for the pair", detail=detail))
    return removed
