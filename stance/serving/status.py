"""What a server says about itself: alive, ready, which model, figures."""

from fastapi import APIRouter, Response

from stance.model.backends.choose import machine
from stance.serving.asking import AskedError, Reply, refusals
from stance.serving.service import Service
from stance.version import VERSION


class Health(Reply):
    """The server is there."""

    status: str


class Label(Reply):
    """A label, and what a sentence with it says."""

    name: str
    definition: str


class InfoReply(Reply):
    """The model that answers now, and what it runs on."""

    version: str
    """Of this software."""
    model: str
    """Fingerprint: equal fingerprints give equal answers."""
    labels: list[Label]
    """In the order of the model's outputs."""
    polar: list[str]
    """The labels that take a side: for, against."""
    backend: str
    """Engine and precision."""
    processor: dict[str, str]
    """Architecture, matrix features, engine versions: what decides the last bits of a score."""
    reads_context: bool
    """Whether `context` changes an answer."""
    max_tokens: int
    """Longer pairs are cut."""
    promises: dict[str, float]
    """`abstain_below` at which at most that share of the answers is wrong, as fitted on the dev articles."""
    workers: int


def status_routes(service: Service) -> APIRouter:
    """/health, /ready, /info and /metrics."""
    router = APIRouter(tags=["status"])

    @router.get("/health", summary="Whether the process is alive", responses=refusals())
    async def health() -> Health:
        return Health(status="alive")

    @router.get("/ready", summary="Whether new requests are welcome", responses=refusals(503))
    async def ready() -> Health:
        """503 while the server drains before its end."""
        if service.draining:
            raise AskedError(503, "this server is about to stop", {"Retry-After": "1"})
        return Health(status="ready")

    @router.get("/info", summary="The model, its labels, its backend, the processor", responses=refusals())
    async def info() -> InfoReply:
        classifier = service.classifier
        fitted = classifier.settings.abstention
        return InfoReply(
            version=VERSION,
            model=classifier.fingerprint,
            labels=[Label(name=k, definition=v) for k, v in classifier.scheme.definitions.items()],
            polar=list(classifier.scheme.polar),
            backend=classifier.backend,
            processor=machine(),
            reads_context=classifier.reads_context,
            max_tokens=classifier.settings.max_tokens,
            promises=dict(fitted.answers) if fitted else {},
            workers=service.workers,
        )

    @router.get(
        "/metrics",
        summary="Figures for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **refusals()},
    )
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=service.metrics.content_type)

    return router
