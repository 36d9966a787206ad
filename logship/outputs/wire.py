"""How bodies travel through the official client: bytes as they are, packed on the way out, answers read no further than needed."""

import re
from typing import Any, Final

import orjson
from elastic_transport import (
    HttpHeaders,
    JsonSerializer,
    NdjsonSerializer,
    SerializationError,
    Serializer,
    Urllib3HttpNode,
)
from isal import igzip

_NOTHING_FAILED: Final = re.compile(rb'\{\s*(?:"took"\s*:\s*\d+\s*,\s*)?"errors"\s*:\s*false\s*[,}]')


class Node(Urllib3HttpNode):
    """Packs bodies with ISA-L (a quarter of zlib's time) and speaks the server's media type."""

    pack = False
    major = 9

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: Any = None,
    ) -> Any:
        headers = HttpHeaders(headers or {})
        if self.pack and body:
            body = igzip.compress(body, compresslevel=0)
            headers["content-encoding"] = "gzip"
        if type(self).major < 9:
            for name in ("accept", "content-type"):
                if name in headers:
                    headers[name] = headers[name].replace("compatible-with=9", f"compatible-with={type(self).major}")
        return super().perform_request(method, target, body, headers, request_timeout)


class PackingNode(Node):
    pack = True


class Answers(JsonSerializer):
    """The client's own takes 4 us for each item of a bulk answer; ours takes none when nothing failed."""

    def json_loads(self, data: bytes) -> Any:
        if _NOTHING_FAILED.match(data):
            return {"errors": False}
        return orjson.loads(data)


class Bodies(NdjsonSerializer):
    """Bulk bodies come as bytes: the client's own copies them twice."""

    def dumps(self, data: Any) -> bytes:
        if not isinstance(data, bytes):
            raise SerializationError(f"expected bytes, found {type(data).__name__}")
        return data


SERIALIZERS: Final[dict[str, Serializer]] = {Answers.mimetype: Answers(), Bodies.mimetype: Bodies()}
