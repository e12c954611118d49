"""What is served, to whom, and how much of it at once."""

from pathlib import Path

from pydantic import Field

from stance.config import Config
from stance.model.backends.choose import BackendName


class ServeConfig(Config):
    """A model folder, an address, and limits."""

    model: Path
    """Output of export or train; what is put in its place later is loaded without a stop."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 is every network that the machine is in."""
    port: int = Field(8000, ge=0, le=65535)
    """Port; 0 takes a free one."""
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    """Names by which clients may call the server (the Host header); * is any name."""
    cors_origins: tuple[str, ...] = ()
    """Web pages of other origins that may use the API, e.g. https://maps.example.org; none by default."""
    token_env: str | None = None
    """Environment variable that holds the bearer token that clients must send; null asks for none."""
    proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies, whose word (X-Forwarded-For) about who the client is, is taken."""
    backend: BackendName = "auto"
    """What runs the network; auto is the fastest that was measured to be right on this machine."""
    workers: int | None = Field(None, ge=1)
    """Threads that run the network, each on one core; null is one a core."""
    batch_pairs: int = Field(8, ge=1)
    """Pairs that a worker takes from the queue at a time, of several clients where they wait; 1 never mixes clients."""
    max_body_bytes: int = Field(2_000_000, ge=1)
    """Larger bodies are refused with 413."""
    max_pairs: int = Field(256, ge=1)
    """Pairs in one request to /predict."""
    max_text_characters: int = Field(10_000, ge=1)
    """Characters of one sentence, or of its context on one side."""
    max_target_characters: int = Field(300, ge=1)
    """Characters of one target."""
    max_document_characters: int = Field(200_000, ge=1)
    """Characters of one article, mark-up excluded."""
    max_targets: int = Field(8, ge=1)
    """Targets asked about one article."""
    max_document_pairs: int = Field(2000, ge=1)
    """Sentences times targets of one article; at 100 pairs a second it takes 20 s."""
    max_queued_pairs: int = Field(256, ge=1)
    """A request that finds so many pairs waiting is refused with 503 and Retry-After."""
    deadline_seconds: float = Field(30.0, gt=0)
    """A request that is not answered by then is given up, with 503 and Retry-After."""
    body_seconds: float = Field(10.0, gt=0)
    """How long a body may take to arrive."""
    reload_seconds: float = Field(2.0, ge=0)
    """How often the model folder is looked at for a new model; 0 never."""
    drain_seconds: float = Field(1.0, ge=0)
    """How long after SIGTERM new requests are still answered, with /ready already saying no."""
    compare: Path | None = None
    """A second model folder, whose answers the page shows beside the first one's."""
    examples: Path | None = None
    """Dataset folder, in whose training split the page looks for sentences like the one that was chosen."""
    corrections: Path | None = None
    """Folder for labels that readers correct on the page, with the articles corrected; null takes no corrections."""
    fetch_urls: bool = False
    """Whether the page may ask this server to fetch a public web address."""
