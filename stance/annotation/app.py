"""The server of the page: what a coder may see, and the one request that stores an answer.

No answer is acknowledged before it is on disk. A coder's own rows are the only ones that a coder is sent, and the
suggestion for a pair comes only with or after the coder's own answer to it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import FileResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

from stance.annotation.answers import Answer, Given, by_pair, problem, standing
from stance.annotation.guidelines import blocks, version
from stance.annotation.queue import Item, Queue
from stance.annotation.store import Store
from stance.annotation.votes import Answers, votes
from stance.config import DataError
from stance.labels import LabelScheme
from stance.web.body import BoundedBody
from stance.web.guard import Guard, Rules

STATIC = Path(__file__).parent / "static"
RULES = Rules()
BODY_SECONDS = 30.0
MAX_ITEMS = 100
UNDO_DEPTH = 200
OPEN, ANSWERED, SKIPPED, UNSURE = 0, 1, 2, 3
"""How an item stands with a coder, as `/api/progress` sends it."""
Coder = Annotated[str, Query(min_length=1, max_length=60)]


@dataclass(frozen=True)
class Project:
    """What is labelled, how, and where the answers go."""

    queue: Queue
    scheme: LabelScheme
    guidelines: str
    store: Store


def make_app(project: Project) -> FastAPI:
    """The application; no path of it but these, and no documentation pages, which would load from elsewhere."""
    app = FastAPI(title="stance annotate", docs_url=None, redoc_url=None, openapi_url=None)
    texts = {item.pair_id: item for item in project.queue.items}
    guideline_version = version(project.guidelines)

    @app.get("/api/setup")
    def setup() -> dict[str, Any]:
        return {
            "store": project.store.id,
            "labels": [{"name": k, "definition": v} for k, v in project.scheme.definitions.items()],
            "polar": project.scheme.polar,
            "coders": sorted({*project.queue.assigned, *project.store.coders()}),
            "suggestions": bool(project.queue.suggestions),
            "guidelines": {"version": guideline_version, "blocks": blocks(project.guidelines)},
        }

    @app.get("/api/progress")
    def progress(coder: Coder) -> dict[str, Any]:
        stand = standing(project.store.history(coder))
        last = {row.pair_id: row for row in stand}
        items = project.queue.of(coder)
        return {
            "statuses": [_status(last.get(item.pair_id)) for item in items],
            "pairs": [item.pair_id for item in items],
            "undoable": [{"id": row.id, "pair_id": row.pair_id} for row in stand[-UNDO_DEPTH:]],
        }

    @app.get("/api/items")
    def items(coder: Coder, start: Annotated[int, Query(ge=0)] = 0) -> list[dict[str, Any]]:
        rows = by_pair(project.store.history(coder))
        part = project.queue.of(coder)[start : start + MAX_ITEMS]
        return [_shown(project, item, rows.get(item.pair_id, [])) for item in part]

    @app.post("/api/answers")
    def add(given: Given) -> dict[str, Any]:
        item = texts.get(given.pair_id)
        if item is None or (item.coders and given.coder not in item.coders):
            raise HTTPException(404, f"{given.coder} has no pair {given.pair_id} in this queue")
        if wrong := problem(given, project.scheme, item.text):
            raise HTTPException(422, wrong)
        suggestion = project.queue.suggestions.get(given.pair_id)
        try:
            row, _ = project.store.append(
                given, suggestion=suggestion.label if suggestion else None, guidelines=guideline_version
            )
        except DataError as error:
            raise HTTPException(409, str(error)) from None
        revealed = suggestion if row.action == "answer" or row.suggestion else None
        return {"id": row.id, "seq": row.seq, "suggestion": revealed.model_dump() if revealed else None}

    @app.get("/api/votes.jsonl")
    def export(coder: Coder, answers: Answers = "blind") -> PlainTextResponse:
        lines = [vote.model_dump_json() + "\n" for vote in votes(project.store.history(coder), answers)]
        return PlainTextResponse(
            "".join(lines),
            media_type="application/jsonl",
            headers={"Content-Disposition": 'attachment; filename="votes.jsonl"'},
        )

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(BoundedBody, rules=RULES, seconds=BODY_SECONDS)
    app.add_middleware(Guard, rules=RULES)
    return app


def _status(row: Answer | None) -> int:
    if row is None:
        return OPEN
    if row.action == "skip":
        return SKIPPED
    return UNSURE if row.unsure else ANSWERED


def _shown(project: Project, item: Item, rows: list[Answer]) -> dict[str, Any]:
    """The item with what stands of the coder's own rows; the suggestion only where the coder has answered."""
    suggestion = project.queue.suggestions.get(item.pair_id)
    may_see = suggestion is not None and any(row.action == "answer" for row in rows)
    return item.model_dump(exclude={"coders"}) | {
        "rows": [row.model_dump(include=SENT) for row in standing(rows)],
        "suggestion": suggestion.model_dump() if suggestion and may_see else None,
        "suggested": suggestion is not None,
    }


SENT = {"id", "action", "label", "holder", "holder_start", "holder_end", "unsure", "note"}
