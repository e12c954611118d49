"""The application: routes, what stands before them, and what happens around them."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from stance.serving.asking import AskedError, add_bodies
from stance.serving.bearer import Bearer, read_token
from stance.serving.config import ServeConfig
from stance.serving.documents import document_request, document_routes
from stance.serving.measure import Measure
from stance.serving.page.routes import page_routes, uploads
from stance.serving.predict import predict_request, predict_routes
from stance.serving.reference import reference_page
from stance.serving.service import Service
from stance.serving.status import status_routes
from stance.serving.work import BusyError
from stance.version import VERSION
from stance.web.body import BoundedBody
from stance.web.guard import Guard, Rules, Upload

PAGE = Path(__file__).parent / "page"
STATIC = PAGE / "static"


def make_app(service: Service, config: ServeConfig) -> FastAPI:
    """The application around a service, which it stops at its own end."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        watching = asyncio.create_task(service.watch())
        yield
        watching.cancel()
        await asyncio.to_thread(service.stop)

    app = FastAPI(
        title="stance",
        version=VERSION,
        summary="Stance of news sentences towards foreign interventions",
        docs_url=None,  # FastAPI's own pages load from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    pairs, article = predict_request(config), document_request(config)
    app.include_router(predict_routes(service, pairs))
    app.include_router(document_routes(service, config, article))
    app.include_router(status_routes(service))
    add_bodies(app, pairs, article)
    _add_reference(app)
    uploads = _add_page(app, service, config)
    app.exception_handler(AskedError)(_asked)
    app.exception_handler(BusyError)(_busy)
    app.exception_handler(HTTPException)(_http)
    rules = Rules(
        hosts=frozenset(config.hosts),
        origins=frozenset(config.cors_origins),
        max_body_bytes=config.max_body_bytes,
        uploads=uploads,
    )
    # The last one added is the first one asked.
    app.add_middleware(BoundedBody, rules=rules, seconds=config.body_seconds)
    if config.token_env is not None:
        app.add_middleware(Bearer, token=read_token(config.token_env), told=service.metrics.refused_token)
    if config.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=config.cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type"),
        )
    app.add_middleware(Guard, rules=rules)
    app.add_middleware(Measure, service=service, headers=rules.headers)
    return app


def _add_reference(app: FastAPI) -> None:
    page = reference_page(app.openapi())

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page)

    @app.get("/docs.css", include_in_schema=False)
    async def style() -> FileResponse:
        return FileResponse(Path(__file__).parent / "reference.css")


def _add_page(app: FastAPI, service: Service, config: ServeConfig) -> Mapping[str, Upload]:
    """The reading page, where it is installed; what its paths take beside JSON comes back."""
    if (STATIC / "index.html").is_file():
        app.mount("/static", StaticFiles(directory=STATIC))

        @app.get("/", include_in_schema=False)
        async def page() -> FileResponse:
            return FileResponse(STATIC / "index.html")

    app.include_router(page_routes(service, config), prefix="/page", include_in_schema=False)
    return uploads(config)


async def _asked(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AskedError)  # noqa: S101
    return JSONResponse({"detail": str(error)}, error.status, error.headers)


async def _busy(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BusyError)  # noqa: S101
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": str(error.retry_seconds)})


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    return JSONResponse({"detail": str(error.detail)}, error.status_code, error.headers)
