"""A load balancer of AWS that signs people in, and the address of its keys; it may cheat."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

__all__ = ["ARN", "Balancer", "serving_keys"]

ARN = "arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/app/lotus/0123456789abcdef"


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data)  # with its padding, as load balancers do


@dataclass
class Balancer:
    """Signs headers."""

    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    kid: str = field(default_factory=lambda: str(uuid.uuid4()))
    url: str = ""  # of the keys
    published: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def pem(self) -> bytes:
        """The public key."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def header(self, claims: dict[str, Any], **facts: Any) -> str:
        """A signed header; `facts` are other than they should be in its first part."""
        first = {"typ": "JWT", "kid": self.kid, "alg": "ES256", "iss": "https://id.example"}
        first |= {"client": "lotus", "signer": ARN, "exp": int(time.time()) + 120, **facts}
        message = b".".join(_part(json.dumps(one).encode()) for one in (first, claims))
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return b".".join((message, _part(signature))).decode()


@contextmanager
def serving_keys() -> Iterator[Balancer]:
    """A load balancer whose key can be read."""
    balancer = Balancer()
    balancer.published[balancer.kid] = balancer.pem

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            balancer.asked.append(name)
            pem = balancer.published.get(name)
            self.send_response(200 if pem else 404)
            self.end_headers()
            self.wfile.write(pem or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    balancer.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield balancer
    finally:
        server.shutdown()
        server.server_close()
