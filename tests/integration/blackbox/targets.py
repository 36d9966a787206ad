"""Things to probe on loopback: web servers, TLS, banners, name servers, gRPC, websockets, a proxy."""

import base64
import contextlib
import gzip
import hashlib
import http.server
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tls_port = 0

    def log_message(self, *_: object) -> None:
        """Tests do not print requests."""

    def out(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.out(200, b"got " + data + b" " + (self.headers.get("X-Probe") or "").encode())

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=_pump, args=(far, self.connection))
            back.start()
            _pump(self.connection, far)
            back.join()
        self.close_connection = True

    def do_GET(self) -> None:
        path = self.path
        pages: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "/": (200, b"all healthy here\n", {"X_Thing": "bar", "Last_Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}),
            "/500": (500, b"broken", {}),
            "/redirect": (301, b"", {"Location": "/", "Set_Cookie": "seen=yes; Path=/"}),
            "/loop": (302, b"", {"Location": "/loop"}),
            "/tls": (302, b"", {"Location": f"https://localhost:{self.tls_port}/"}),
            "/gzip": (200, gzip.compress(b"all healthy here, " * 50, mtime=0), {"Content_Encoding": "gzip"}),
            "/json": (200, b'{"queue": [1, 2, 3], "load": 0.5}', {}),
        }
        if path.startswith("http://"):  # as a proxy
            self.out(200, b"through the proxy to " + path.encode())
        elif path == "/auth":
            good = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"u:p").decode()
            self.out(200 if good else 401, b"auth")
        elif path == "/host":
            self.out(200, (self.headers.get("Host") or "").encode())
        elif path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")
        elif path == "/socket":
            self.websocket()
        else:
            code, body, headers = pages.get(path, (404, b"nothing", {}))
            self.out(code, body, **headers)

    def websocket(self) -> None:
        key = (self.headers.get("Sec-WebSocket-Key") or "").encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key).digest()).decode()
        head = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        self.wfile.write(head.encode() + b"\x81\x07welcome")
        first, second = self.rfile.read(2)
        mask, payload = self.rfile.read(4), self.rfile.read(second & 0x7F)
        text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.wfile.write(bytes([first, len(text) + 5]) + b"echo:" + text)
        self.close_connection = True


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


class Banner(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):  # who only connects does not read the banner
            self.wfile.write(b"220 mail.test ready\r\n")
            line = self.rfile.readline().split()
            if line and line[0] == b"HELO":
                self.wfile.write(b"250 hello " + line[1] + b"\r\n")


def dns_answer(query: bytes) -> bytes:
    """`example.test` is 127.0.0.1 and has a SOA; every other name does not exist."""
    end = query.index(b"\0", 12) + 1
    question, kind = query[12 : end + 4], struct.unpack(">H", query[end : end + 2])[0]
    if query[12:end] != b"\x07example\x04test\0":
        return query[:2] + b"\x84\x03\0\1\0\0\0\0\0\0" + question
    if kind == 6:
        data = b"\xc0\x0c\xc0\x0c" + struct.pack(">5I", 2026010101, 3600, 600, 86400, 60)
    else:
        kind, data = 1, bytes([127, 0, 0, 1])
    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
    return query[:2] + b"\x84\0\0\1\0\1\0\0\0\0" + question + record


class DnsUdp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        sock.sendto(dns_answer(data), self.client_address)


class DnsTcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        size = int.from_bytes(self.rfile.read(2), "big")
        answer = dns_answer(self.rfile.read(size))
        self.wfile.write(struct.pack(">H", len(answer)) + answer)


@dataclass(slots=True)
class Targets:
    """Ports of what is running."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        return self.ports[name]


@contextlib.contextmanager
def targets(folder: Path) -> Iterator[Targets]:
    """Everything, with certificates in `folder` (ca.crt, server.crt)."""
    from tests.support.certificates import make_certificates

    make_certificates(folder)
    out = Targets(folder)
    with contextlib.ExitStack() as stack:

        def serve(name: str, kind: Any, handler: Any, port: int = 0) -> Any:
            kind = type(name, (kind,), {"allow_reuse_address": True, "daemon_threads": True, "block_on_close": False})
            server = stack.enter_context(kind(("127.0.0.1", port), handler))
            out.ports[name] = server.server_address[1]
            return server

        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "server.crt", folder / "server.key")
        servers = [serve("web", http.server.ThreadingHTTPServer, Web)]
        secure = serve("tls", http.server.ThreadingHTTPServer, Web)
        secure.socket = tls.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
        Web.tls_port = out.ports["tls"]
        servers += [secure, serve("banner", socketserver.ThreadingTCPServer, Banner)]
        servers.append(serve("dns", socketserver.ThreadingTCPServer, DnsTcp))
        servers.append(serve("dns_udp", socketserver.ThreadingUDPServer, DnsUdp, out.ports["dns"]))
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield out
