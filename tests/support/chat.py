"""A stub chat server: takes what the robots of DingTalk and Slack take, checks it as they do, and remembers it."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

DINGTALK_SECRET = "SEC-test"


@dataclass(slots=True)
class Chat:
    """Messages by robot, in order of arrival; `refused` holds the reasons of what was not well-formed."""

    port: int = 0
    dingtalk: list[dict[str, Any]] = field(default_factory=list)
    slack: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def dingtalk_texts(self) -> list[str]:
        return [message["markdown"]["title"] + "\n" + message["markdown"]["text"] for message in self.dingtalk]

    def slack_texts(self) -> list[str]:
        return [json.dumps(message, ensure_ascii=False) for message in self.slack]


@contextlib.contextmanager
def chat_server() -> Iterator[Chat]:
    """The server on a free port, in a thread of its own."""
    chat = Chat()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            url = urllib.parse.urlparse(self.path)
            answer = take(chat, url.path, urllib.parse.parse_qs(url.query), body)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Tests do not print requests."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    chat.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def take(chat: Chat, path: str, query: dict[str, list[str]], body: bytes) -> bytes:
    """Judge one message; the answer is what the real robot would say."""
    message = json.loads(body)
    if path == "/robot/send":
        problem = dingtalk_problem(query, message, body)
        if problem:
            chat.refused.append(problem)
            return json.dumps({"errcode": 310000, "errmsg": problem}).encode()
        chat.dingtalk.append(message)
        return b'{"errcode":0,"errmsg":"ok"}'
    if not (message.get("text") or message.get("attachments")):
        chat.refused.append("slack: no text and no attachments")
        return b"no_text"
    chat.slack.append(message)
    return b"ok"


def dingtalk_problem(query: dict[str, list[str]], message: dict[str, Any], body: bytes) -> str:
    """Why DingTalk would refuse the message; empty when it would not."""
    [stamp], [sign] = query.get("timestamp", [""]), query.get("sign", [""])
    expected = base64.b64encode(
        hmac.new(DINGTALK_SECRET.encode(), f"{stamp}\n{DINGTALK_SECRET}".encode(), hashlib.sha256).digest()
    ).decode()
    if sign != expected:
        return "dingtalk: sign not match"
    if len(body) > 20_000:
        return "dingtalk: body larger than 20000 bytes"
    if (
        message.get("msgtype") != "markdown"
        or not message.get("markdown", {}).get("title")
        or not message["markdown"].get("text")
    ):
        return f"dingtalk: not a markdown message: {message}"
    return ""
