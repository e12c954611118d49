"""CSV and Excel: one row a vote, or an item that waits for one. Empty cells are missing values.

A cell that a spreadsheet would run as a formula gets an apostrophe before it, and loses it when read
(owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.config import DataError
from stance.labeling.exchange.reading import in_row, item_of
from stance.labeling.items import SHOWN, Item, collect
from stance.labels import LabelScheme
from stance.records import Vote
from stance.storage import atomic_file

VOTE_COLUMNS = tuple(name for name in Vote.model_fields if name != "pair_id")
COLUMNS = (*SHOWN, *VOTE_COLUMNS)
INTEGERS = frozenset(name for name in VOTE_COLUMNS if Vote.model_fields[name].annotation in (int, int | None))
FLOATS = frozenset(name for name in VOTE_COLUMNS if Vote.model_fields[name].annotation in (float, float | None))
RISKY = re.compile(r"'*[=+\-@\t\r|%]")
EXCEL_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How a workbook spells a character that XML cannot hold (ECMA-376, ST_Xstring); openpyxl leaves both ways to us."""
MAX_CELL_CHARACTERS = 32_767
"""Excel's limit, apostrophe included."""


def write_csv(path: Path, items: Sequence[Item], _scheme: LabelScheme) -> None:
    """UTF-8 with a byte order mark, without which Excel misreads it; all texts quoted."""
    with atomic_file(path) as file:
        file.write("\ufeff")
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows(_rows(items))


def read_csv(path: Path) -> list[Item]:
    """Items with their votes; comma, semicolon and tab separate columns, whatever the spreadsheet chose."""
    text = path.read_bytes().decode("utf-8-sig")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return _items(path, next(rows, []), rows)


def write_xlsx(path: Path, items: Sequence[Item], _scheme: LabelScheme) -> None:
    """One sheet, its first row frozen; raises DataError for a text beyond Excel's limit."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("labels")
    sheet.freeze_panes = "A2"
    sheet.append(COLUMNS)
    for number, row in enumerate(_rows(items), start=2):
        cells = []
        for value in row:
            if isinstance(value, str) and len(value) > MAX_CELL_CHARACTERS:
                raise DataError(
                    f"{path}: row {number}: a text of {len(value)} characters; "
                    f"Excel holds {MAX_CELL_CHARACTERS}, use csv"
                )
            if isinstance(value, float) and float(f"{value:.15g}") != value:
                value = repr(value)  # noqa: PLW2901 - Excel keeps 15 digits of a number
            cell = WriteOnlyCell(sheet, _escaped(value) if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    partial = path.with_name(f".{path.name}.partial")
    try:
        book.save(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_xlsx(path: Path) -> list[Item]:
    """Items with their votes, from the first sheet."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    cells = book.worksheets[0].iter_rows(values_only=True)
    rows = ([_unescaped(cell) if isinstance(cell, str) else cell for cell in row] for row in cells)
    header = [str(value) for value in next(rows, ())]
    try:
        return _items(path, header, rows)
    finally:
        book.close()


def _rows(items: Iterable[Item]) -> Iterator[list[Any]]:
    for item in items:
        for vote in item.votes or (None,):
            values = item.shown | (vote.model_dump() if vote else {})
            yield [_safe(values.get(name)) for name in COLUMNS]


def _items(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Item]:
    if missing := [name for name in ("pair_id", "target", "text", "label") if name not in header]:
        raise DataError(f"{path}: no column {', '.join(missing)}; expected the columns of an export")
    found: list[tuple[Item, Vote | None]] = []
    for number, row in enumerate(rows, start=2):
        values = {name: _value(name, cell) for name, cell in zip(header, row, strict=False) if cell not in (None, "")}
        if not values:
            continue
        with in_row(path, number):
            found.append((item_of(values), _vote(values, path.stem)))
    return collect(found)


def _vote(values: Mapping[str, Any], coder: str) -> Vote | None:
    """The row's vote, of the file's name where no labeler is given; None where nobody has answered."""
    if "labeler" not in values and "label" not in values:
        return None
    answer = {name: values[name] for name in VOTE_COLUMNS if name in values}
    return Vote.model_validate({"labeler": coder, "label": None, "pair_id": values["pair_id"]} | answer, strict=False)


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and RISKY.match(value) else value


def _value(name: str, cell: Any) -> Any:
    if name in INTEGERS or name in FLOATS:
        return int(float(cell)) if name in INTEGERS else float(cell)
    text = str(cell)
    return text[1:] if text.startswith("'") and RISKY.match(text) else text


def _unescaped(text: str) -> str:
    return EXCEL_ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)


def _escaped(text: str) -> str:
    return EXCEL_ESCAPE.sub(lambda match: f"_x005F{match.group()}", text).replace("\r", "_x000D_")
