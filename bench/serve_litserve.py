"""The rival: the same classifier behind litserve, batches of eight, a worker process for each core."""

import sys
from typing import Any

import litserve
from fastapi import Request

from stance import StanceClassifier


class Api(litserve.LitAPI):
    """Takes what our /predict takes, one pair a request."""

    def setup(self, device: Any) -> None:  # noqa: ARG002
        """Load the model in a worker."""
        self.classifier = StanceClassifier.load(sys.argv[1], threads=1)

    def decode_request(self, request: Request, **_kwargs: Any) -> Any:
        """The pair."""
        pairs: Any = request  # litserve has taken the JSON out by now
        return pairs["pairs"][0]

    def predict(self, x: Any, **_kwargs: Any) -> Any:
        """Predictions of a batch of pairs."""
        return self.classifier.predict([pair["text"] for pair in x], [pair["target"] for pair in x])

    def encode_response(self, output: Any, **_kwargs: Any) -> Any:
        """What our /predict says."""
        stance = {"label": output.label, "probabilities": dict(output.probabilities), "abstained": output.abstained}
        return {"model": self.classifier.fingerprint, "predictions": [stance]}


if __name__ == "__main__":
    api = Api(max_batch_size=8, batch_timeout=0.005)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=int(sys.argv[3]))
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="error")
