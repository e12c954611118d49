"""Dates to periods, and the events that are marked on a timeline."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stance.config import DataError
from stance.records import ISO_DATE

Unit = Literal["month", "quarter", "year", "decade"]
YEAR_LENGTH, MONTH_LENGTH = 4, 7


@dataclass(frozen=True)
class Event:
    """Something that happened, marked on every timeline, or on those of one group."""

    published: str
    """ISO date, as exact as known."""
    label: str
    group: str | None = None
    """The group whose timeline it belongs to; None is all."""


def period(published: str | None, unit: Unit) -> str | None:
    """The period that a date lies in, spelt so that it sorts by time; None where the date is missing or too coarse."""
    if published is None or (unit in ("month", "quarter") and len(published) < MONTH_LENGTH):
        return None
    year, month = published[:YEAR_LENGTH], published[YEAR_LENGTH + 1 : MONTH_LENGTH]
    if unit == "decade":
        return f"{year[:3]}0s"
    if unit == "year":
        return year
    return f"{year}-{month}" if unit == "month" else f"{year} Q{(int(month) + 2) // 3}"


def place_in_time(published: str) -> float:
    """A date as a number of years; the middle of what a coarse date may mean."""
    parts = [int(part) for part in published.split("-")]
    if len(parts) == 1:
        return parts[0] + 0.5
    day = date(parts[0], parts[1], parts[2] if len(parts) > 2 else 15)
    return day.year + (day.timetuple().tm_yday - 0.5) / 366


def middle(name: str) -> float:
    """Where a period that `period` spelt is drawn, as a number of years."""
    if name.endswith("s"):
        return int(name[:-1]) + 5.0
    if " Q" in name:
        return int(name[:YEAR_LENGTH]) + (int(name[-1]) - 0.5) / 4
    return place_in_time(name)


def read_events(lines: Sequence[str], source: str) -> list[Event]:
    """Events of a CSV file with the columns date, label and, if wanted, group; raises DataError naming bad lines."""
    rows = csv.DictReader(lines)
    if not {"date", "label"} <= set(rows.fieldnames or ()):
        raise DataError(f"{source}: expected the columns date, label and optionally group, got {rows.fieldnames}")
    events, problems = [], []
    for number, row in enumerate(rows, start=2):
        published, label = (row["date"] or "").strip(), (row["label"] or "").strip()
        if not _is_date(published) or not label:
            problems.append(f"{source}:{number}: expected a date like 2011-03-19 and a label, got {dict(row)}")
            continue
        events.append(Event(published, label, (row.get("group") or "").strip() or None))
    if problems:
        raise DataError("\n".join(problems))
    return sorted(events, key=lambda event: event.published)


def _is_date(text: str) -> bool:
    if not ISO_DATE.fullmatch(text):
        return False
    try:
        place_in_time(text)
    except ValueError:
        return False
    return True
