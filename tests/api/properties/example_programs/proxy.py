"""The proxy for the example programs. Usage: proxy.py PORT FOLDER BEDROCK KEY

An HTTP proxy on loopback for two hosts and no others, with TLS certificates of its own authority
(FOLDER/authority.pem): requests to Bedrock go to the port BEDROCK, and requests to NVIDIA get a response here, in
the format of OpenAI's API, if they have the key KEY.
"""

import datetime
import json
import pathlib
import re
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PORT, FOLDER, BEDROCK, KEY = int(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
BEDROCK_HOST = re.compile(r"bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com")
NVIDIA_HOST = "integrate.api.nvidia.com"


def certificate(name, key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(
        issuer_name=issuer, subject_name=name, public_key=key.public_key(), serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(hours=1), not_valid_after=now + datetime.timedelta(days=1))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def pem(value):
    return value.public_bytes(serialization.Encoding.PEM)


AUTHORITY_KEY = ec.generate_private_key(ec.SECP256R1())
AUTHORITY_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
AUTHORITY = certificate(
    AUTHORITY_NAME, AUTHORITY_KEY, AUTHORITY_NAME, AUTHORITY_KEY,
    (x509.BasicConstraints(ca=True, path_length=0), True),
    (x509.SubjectKeyIdentifier.from_public_key(AUTHORITY_KEY.public_key()), False),
    (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True))


def tls(host):
    """A TLS context with a certificate for this host."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = certificate(
        x509.Name([]), key, AUTHORITY_NAME, AUTHORITY_KEY,
        (x509.SubjectAlternativeName([x509.DNSName(host)]), True),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(AUTHORITY_KEY.public_key()), False))
    file = FOLDER / f"{host}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + pem(own))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def forward(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = None

    def do_CONNECT(self):
        host, _, port = self.path.partition(":")
        if port != "443" or not (host == NVIDIA_HOST or BEDROCK_HOST.fullmatch(host)):
            self.send_error(403)
            return
        self.send_response(200)
        self.end_headers()
        self.connection = tls(host).wrap_socket(self.connection, server_side=True)
        if host == NVIDIA_HOST:
            # The next request on this connection is the request to NVIDIA.
            self.host, self.close_connection = host, False
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            return
        bedrock = socket.create_connection(("127.0.0.1", BEDROCK))
        threading.Thread(target=forward, args=(bedrock, self.connection), daemon=True).start()
        forward(self.connection, bedrock)
        self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.host is None or self.path != "/v1/chat/completions" or self.headers["host"] != self.host:
            return self.respond(404, {"error": {"message": "not found", "type": "not_found"}})
        if self.headers["authorization"] != f"Bearer {KEY}":
            return self.respond(401, {"error": {"message": "Authentication failed", "type": "authentication_error"}})
        if extra := [name for name in self.headers if name.lower().startswith("openai-")]:
            return self.respond(400, {"error": {"message": f"not for NVIDIA: {extra}", "type": "invalid_request_error"}})
        try:
            request = json.loads(body)
            model, messages = request["model"], request["messages"]
            is_valid = messages[-1]["role"] == "user" and len(messages[-1]["content"]) > 0
        except (ValueError, LookupError, TypeError):
            is_valid = False
        if not is_valid or self.headers["content-type"] != "application/json":
            return self.respond(422, {"error": {"message": "invalid request", "type": "invalid_request_error"}})
        message = {"role": "assistant", "content": f"[test model {model}] The sea is wide."}
        self.respond(200, {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})

    def respond(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


(FOLDER / "authority.pem").write_bytes(pem(AUTHORITY))
ThreadingHTTPServer(("127.0.0.1", PORT), Proxy).serve_forever()
