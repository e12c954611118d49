"""What /metrics says, in the text format of Prometheus; no text of a request is ever part of it."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30)
PAIRS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The figures of one server."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "stance_requests", "Requests answered", ["path", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "stance_request_seconds", "Time from request to answer", ["path"], buckets=SECONDS, registry=registry
        )
        self._open = Gauge("stance_requests_open", "Requests that have no answer yet", registry=registry)
        self._pairs = Counter("stance_pairs", "Pairs classified", registry=registry)
        self._batches = Histogram("stance_batch_pairs", "Pairs run at once", buckets=PAIRS, registry=registry)
        self._shared = Counter("stance_batches_shared", "Batches with pairs of several requests", registry=registry)
        self._dropped = Counter("stance_pairs_dropped", "Pairs for which nobody waited any more", registry=registry)
        self._queue = Gauge("stance_queue_pairs", "Pairs that wait", registry=registry)
        self._reloads = Counter("stance_reloads", "Models loaded while serving", ["result"], registry=registry)
        self._guesses = Counter("stance_tokens_refused", "Requests without the right token", registry=registry)
        self._model = Info("stance_model", "The model that answers", registry=registry)
        self.answered = 0

    def started(self) -> None:
        """A request has come."""
        self._open.inc()

    def finished(self, path: str, method: str, status: int, seconds: float) -> None:
        """A request was answered; `path` is a route, not what was asked for."""
        self.answered += 1
        self._open.dec()
        self._requests.labels(path, method, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, pairs: int, requests: int) -> None:
        """A batch was run."""
        self._pairs.inc(pairs)
        self._batches.observe(pairs)
        if requests > 1:
            self._shared.inc()

    def dropped(self, pairs: int) -> None:
        """Pairs were left out."""
        self._dropped.inc(pairs)

    def refused_token(self) -> None:
        """A token was missing or wrong, or not looked at after too many of those."""
        self._guesses.inc()

    def reloaded(self, result: str) -> None:
        """A changed model folder was loaded (`done`) or could not be (`failed`)."""
        self._reloads.labels(result).inc()

    def model(self, fingerprint: str, backend: str) -> None:
        """Which model answers."""
        self._model.info({"fingerprint": fingerprint, "backend": backend})

    def watch_queue(self, waiting: Callable[[], int]) -> None:
        """`waiting` says how many pairs wait."""
        self._queue.set_function(waiting)

    def text(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self._registry)
