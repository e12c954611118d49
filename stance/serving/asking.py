"""From the bytes of a request to a checked value, and how OpenAPI says the same."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import models_json_schema

REFERENCE = "#/components/schemas/{model}"
MAX_PROBLEMS = 5
GONE = 499
"""The client left before its answer, as nginx counts it."""
AnyBody = TypeVar("AnyBody", bound=BaseModel)


class Body(BaseModel):
    """What a client sends: unknown fields and wrong types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Reply(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Problem(Reply):
    """Why there is no answer."""

    detail: str
    """For people: what was given, what was expected."""


class AskedError(Exception):
    """A request that cannot be answered as it is: status, reason, and headers that go with it."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


async def read(request: Request, model: type[AnyBody]) -> AnyBody:
    """The body as a `model`; raises AskedError 422 that says where it is wrong, but never repeats what was sent.

    pydantic's own parser is twice as fast as FastAPI's way through `json`, and refuses what is nested too deep.
    """
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(str(part) for part in p['loc']) or 'body'}: {p['msg']}"[:300] for p in problems[:MAX_PROBLEMS]]
    more = [f"and {len(problems) - MAX_PROBLEMS} more"] if len(problems) > MAX_PROBLEMS else []
    raise AskedError(422, "\n".join([*lines, *more]))


@contextlib.asynccontextmanager
async def while_connected(request: Request) -> AsyncGenerator[None]:
    """Cancel what is inside when the client hangs up, so that nobody works for nobody."""
    owner = asyncio.current_task()
    left = False

    async def watch() -> None:
        nonlocal left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        left = True
        if owner is not None:
            owner.cancel()

    watching = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not left or owner is None:
            raise
        owner.uncancel()
        raise AskedError(GONE, "the client left") from None
    finally:
        watching.cancel()


def takes(model: type[Body]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body `read` reads."""
    schema = {"$ref": REFERENCE.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: the statuses that every one may have, and `statuses`."""
    return {status: {"model": Problem, "description": REASONS[status]} for status in sorted({*EVERYWHERE, *statuses})}


REASONS = {
    400: "Not HTTP as it should be",
    401: "The bearer token is missing or wrong",
    403: "The request comes from a page of another origin",
    404: "No such path",
    405: "No such method here",
    408: "The body did not arrive in time",
    413: "The body is too large, or the article too long",
    415: "The body is not JSON, or compressed",
    421: "The Host header is not a name of this server",
    422: "The body is not what the schema says, or the article cannot be read",
    429: "Too many wrong tokens from this address; Retry-After says when to try again",
    503: "No room in the queue, or no answer in time; Retry-After says when to try again",
}
EVERYWHERE = (401, 403, 408, 413, 421, 429)


def add_bodies(app: FastAPI, *models: type[Body]) -> None:
    """Add the schemas of `models` to the OpenAPI document, which `takes` refers to."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        _, definitions = models_json_schema([(m, "validation") for m in models], ref_template=REFERENCE)
        document["components"]["schemas"] |= definitions["$defs"]
        return document

    app.openapi = openapi
