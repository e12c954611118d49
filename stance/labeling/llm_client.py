"""One request to an OpenAI-compatible server, and what its failure means: wait, leave the item, or give up."""

import asyncio
import ipaddress
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
from pydantic import Field

from stance.config import Config, ConfigError
from stance.labeling.llm_prompt import Message

MAX_SHOWN = 300
SCHEMA_WORDS = ("response_format", "json_schema", "structured", "schema", "guided")
"""What servers without structured output write about in their refusals."""
OUT_OF_MONEY = ("insufficient_quota", "billing_hard_limit_reached")


class ServerConfig(Config):
    """Which model answers, where, and what it costs."""

    url: str = "http://127.0.0.1:8000/v1"
    """Address up to and without /chat/completions: vLLM, llama.cpp, Ollama, or a company's."""
    model: str = ""
    """Name of the model as the server knows it."""
    api_key_variable: str = ""
    """Name of the environment variable that holds the key; empty for servers that want none."""
    structured: Literal["auto", "schema", "plain"] = "auto"
    """Whether answers are bound to a JSON schema; auto falls back to plain JSON where the server refuses."""
    temperature: float | None = 0.0
    """Null leaves it out, for models that refuse it."""
    max_output_tokens: int = Field(default=300, ge=1)
    """Longest answer; models that think first need thousands."""
    output_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the server calls that limit."""
    price_input: float = Field(default=0.0, ge=0)
    """Money a million tokens read; 0 for a model of your own."""
    price_output: float = Field(default=0.0, ge=0)
    """Money a million tokens written."""
    timeout_seconds: float = Field(default=120.0, gt=0)
    """For one request as a whole; a server that stalls is asked again."""


class Busy(Exception):  # noqa: N818 - not an error yet: it is asked again
    """No answer this time. `maybe_paid` where the server may have served it; `wait_seconds` where it said how long."""

    def __init__(self, reason: str, *, maybe_paid: bool, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.maybe_paid = maybe_paid
        self.wait_seconds = wait_seconds


class Refused(Exception):  # noqa: N818 - an outcome of one item
    """The server will not take this request, now or later."""


@dataclass(frozen=True)
class Completion:
    """A paid answer; the tokens are None where the server does not count them."""

    content: str
    model: str
    tokens_in: int | None
    tokens_out: int | None
    seconds: float


def read_key(config: ServerConfig) -> str | None:
    """The key from the environment; raises ConfigError where it is missing, or would travel unencrypted."""
    parts = urlsplit(config.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ConfigError("label_llm.server.url: expected http://host/v1 or https://host/v1, without user or password")
    if not config.model:
        raise ConfigError("label_llm.server.model: required, but not given; add label_llm.server.model=...")
    if not config.api_key_variable:
        return None
    key = os.environ.get(config.api_key_variable, "").strip()
    if not key:
        raise ConfigError(f"label_llm.server.api_key_variable: {config.api_key_variable} is not set in the environment")
    if parts.scheme == "http" and not _is_local(parts.hostname):
        raise ConfigError("label_llm.server.url: a key is not sent over plain http to another machine; use https://")
    return key


@dataclass
class Client:
    """Connections to one server, kept open and shared by all requests; close it by `async with`."""

    config: ServerConfig
    response_format: Mapping[str, Any]
    concurrency: int
    key: str | None = field(repr=False)
    _structured: bool = field(init=False)
    _http: httpx2.AsyncClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._structured = self.config.structured != "plain"
        limits = httpx2.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        self._url = self.config.url.rstrip("/") + "/chat/completions"
        local = _is_local(urlsplit(self.config.url).hostname or "")
        # The one deadline of `complete` replaces httpx's four, which would restart with every byte that drips in.
        self._http = httpx2.AsyncClient(headers=headers, limits=limits, timeout=None, trust_env=not local)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def body(self, messages: Sequence[Message]) -> bytes:
        """The request as it is sent."""
        values: dict[str, Any] = {"model": self.config.model, "messages": list(messages)}
        values[self.config.output_tokens_field] = self.config.max_output_tokens
        if self.config.temperature is not None:
            values["temperature"] = self.config.temperature
        if self._structured:
            values["response_format"] = self.response_format
        return json.dumps(values).encode()

    async def complete(self, messages: Sequence[Message], request_id: str) -> Completion:
        """The model's answer.

        `request_id` is the same when a request is repeated, so that gateways that know idempotency keys bill it once.
        Raises Busy, Refused, or ConfigError when no request of this run can succeed.
        """
        while True:
            structured = self._structured
            started = time.monotonic()
            try:
                async with asyncio.timeout(self.config.timeout_seconds):
                    response = await self._http.post(
                        self._url, content=self.body(messages), headers={"Idempotency-Key": request_id}
                    )
            except TimeoutError:
                raise Busy("no answer in time", maybe_paid=True) from None
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
                raise Busy("no connection", maybe_paid=False) from None
            except httpx2.HTTPError as error:
                raise Busy(f"connection lost ({type(error).__name__})", maybe_paid=True) from None
            if response.status_code == 200:
                return _completion(response, time.monotonic() - started)
            problem = self._shown(response)
            if structured and self._knows_no_schemas(response.status_code, problem):
                self._structured = False
                continue
            self._raise(response, problem)

    def _knows_no_schemas(self, status: int, problem: str) -> bool:
        """Whether a refusal is about the schema: the run then goes on with plain JSON."""
        about_it = any(word in problem.lower() for word in SCHEMA_WORDS)
        return self.config.structured == "auto" and status in (400, 404, 415, 422, 501) and about_it

    def _raise(self, response: httpx2.Response, problem: str) -> None:
        status = response.status_code
        if any(word in problem for word in OUT_OF_MONEY):
            raise ConfigError(f"label_llm.server: the account has no money left: {problem}")
        if status in (408, 409, 425, 429) or status >= 500:
            raise Busy(f"HTTP {status}", maybe_paid=False, wait_seconds=_retry_after(response))
        if status in (400, 413, 422):
            raise Refused(f"HTTP {status}: {problem}")
        raise ConfigError(f"label_llm.server: {self._url} answered HTTP {status}: {problem}")

    def _shown(self, response: httpx2.Response) -> str:
        """The beginning of what a server says, with no key in it."""
        text = " ".join(response.text.split())
        return (text.replace(self.key, "***") if self.key else text)[:MAX_SHOWN]


def _completion(response: httpx2.Response, seconds: float) -> Completion:
    """What a 200 holds; it is paid for, so that anything that can be read of it is kept."""
    try:
        values = json.loads(response.content)
        content = values["choices"][0]["message"]["content"] or ""
    except (ValueError, KeyError, IndexError, TypeError):
        return Completion(response.text, "", None, None, seconds)
    usage = values.get("usage") or {}
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    tokens = [count if isinstance(count, int) and count >= 0 else None for count in counts]
    return Completion(str(content), str(values.get("model") or ""), tokens[0], tokens[1], seconds)


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds that a server asks to wait, given as a number or a date (RFC 9110, section 10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
