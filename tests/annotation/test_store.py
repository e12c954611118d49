"""The history keeps everything once and only ever grows; votes follow from it."""

import sqlite3
from pathlib import Path

import pytest

from stance.annotation.answers import Answer, Given, standing
from stance.annotation.store import Store
from stance.annotation.votes import UNSURE_CONFIDENCE, Answers, votes
from stance.config import DataError
from stance.records import Vote


def given(number: int, label: str | None = "neutral", *, coder: str = "ana", pair: str = "p", **more: object) -> Given:
    values = {"action": "answer" if label else "skip", "seconds": 2.0} | more
    return Given.model_validate({"id": f"answer-{number}", "coder": coder, "pair_id": pair, "label": label} | values)


def undo(number: int, of: int, **more: object) -> Given:
    return given(number, None, action="undo", undoes=f"answer-{of}", **more)


def stored(path: Path, *rows: Given, suggestion: str | None = None) -> list[Answer]:
    with Store(path) as store:
        for row in rows:
            store.append(row, suggestion=suggestion, guidelines="1.1")
        return store.history()


def only(rows: list[Answer], which: Answers = "blind") -> Vote | None:
    found = list(votes(rows, which))
    assert len(found) <= 1
    return found[0] if found else None


def test_the_same_id_is_stored_once_and_another_answer_under_it_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        first, new = store.append(given(1), suggestion=None, guidelines=None)
        again, repeated = store.append(given(1), suggestion=None, guidelines=None)
        assert (new, repeated) == (True, False)
        assert first == again
        with pytest.raises(DataError, match="another answer has this id"):
            store.append(given(1, "unrelated"), suggestion=None, guidelines=None)
        assert store.history() == [first]


def test_rows_can_be_neither_changed_nor_deleted_and_every_commit_is_synced(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.append(given(1), suggestion=None, guidelines=None)
        run = store._connection.execute
        assert run("PRAGMA journal_mode").fetchone() == ("wal",)
        assert run("PRAGMA synchronous").fetchone() == (2,)
        for statement in ("UPDATE answers SET label = 'favor'", "DELETE FROM answers"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
                run(statement)
    with Store(path) as store:
        assert [row.id for row in store.history()] == ["answer-1"]


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("Not a database at all, but more than a page of a header would be.\n" * 99)
    with pytest.raises(DataError, match="not a store"):
        Store(text)
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(DataError, match="another program"):
        Store(other)
    assert other.read_bytes() == before
    with pytest.raises(DataError, match="no such file"):
        Store(tmp_path / "missing.sqlite", create=False)


def test_undo_brings_back_what_stood_before_even_when_it_arrives_first(tmp_path: Path) -> None:
    rows = stored(tmp_path / "s.sqlite", given(1, "neutral"), given(2, "unrelated"), undo(3, 2))
    assert [row.id for row in standing(rows)] == ["answer-1"]
    early = stored(tmp_path / "t.sqlite", undo(3, 2), given(1, "neutral"), given(2, "unrelated"))
    assert [row.id for row in standing(early)] == ["answer-1"]
    nothing = stored(tmp_path / "u.sqlite", given(1), undo(2, 1))
    assert only(nothing) is None


def test_a_vote_has_the_time_of_all_tries_the_doubt_and_the_note(tmp_path: Path) -> None:
    rows = stored(
        tmp_path / "s.sqlite",
        given(1, "favor", holder="author", seconds=4.0),
        undo(2, 1, seconds=1.5),
        given(3, "favor", holder="Vera", holder_start=3, holder_end=7, unsure=True, note="irony?"),
    )
    vote = only(rows)
    assert vote is not None
    assert (vote.labeler, vote.kind, vote.label, vote.holder) == ("ana", "human", "favor", "Vera")
    assert (vote.holder_start, vote.holder_end, vote.notes, vote.seconds) == (3, 7, "irony?", 7.5)
    assert (vote.confidence, vote.guidelines, vote.created) == (UNSURE_CONFIDENCE, "1.1", rows[-1].created)


def test_a_change_after_the_suggestion_is_marked_and_leaves_the_blind_vote(tmp_path: Path) -> None:
    rows = stored(tmp_path / "s.sqlite", given(1, "neutral"), given(2, "unrelated"), suggestion="unrelated")
    assert [row.suggestion for row in rows] == [None, "unrelated"]
    blind, final = only(rows), only(rows, "final")
    assert blind is not None
    assert final is not None
    assert (blind.label, blind.notes) == ("neutral", None)
    assert (final.label, final.notes) == ("unrelated", "changed after the suggestion was shown; before: neutral")


def test_taking_back_after_the_suggestion_does_not_unsee_it(tmp_path: Path) -> None:
    rows = stored(tmp_path / "s.sqlite", given(1, "neutral"), undo(2, 1), given(3, "unrelated"), suggestion="unrelated")
    blind, final = only(rows), only(rows, "final")
    assert blind is not None
    assert final is not None
    assert (blind.label, final.label) == ("neutral", "unrelated")


def test_a_skip_is_an_abstention_and_shows_no_suggestion(tmp_path: Path) -> None:
    rows = stored(tmp_path / "s.sqlite", given(1, None), given(2, "neutral"), suggestion="favor")
    assert [row.suggestion for row in rows] == [None, None]
    skipped = only(rows[:1])
    assert skipped is not None
    assert skipped.label is None
    answered = only(rows)
    assert answered is not None
    assert answered.label == "neutral"
