"""Errors as Elasticsearch tells them: an HTTP status, a type that programs test, a reason that people read.

ElasticError
 +- unsupported()      400, names what is missing: never a silent wrong result
 +- bad_request()      400
 +- not_found()        404 index_not_found_exception
 +- disk_full()        429, as behind Elasticsearch's flood stage: writers come again later
 +- damaged()          500, the disk gave back other bytes than were written
"""

from typing import Any


class ElasticError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, kind: str, reason: str, **more: Any) -> None:
        super().__init__(reason)
        self.status, self.kind, self.reason, self.more = status, kind, reason, more

    def cause(self) -> dict[str, Any]:
        return {"type": self.kind, "reason": self.reason, **self.more}

    def body(self) -> dict[str, Any]:
        return {"error": {"root_cause": [self.cause()], **self.cause()}, "status": self.status}


def bad_request(reason: str, kind: str = "illegal_argument_exception") -> ElasticError:
    return ElasticError(400, kind, reason)


def parsing(reason: str) -> ElasticError:
    return ElasticError(400, "parsing_exception", reason)


def unsupported(what: str) -> ElasticError:
    return ElasticError(400, "unsupported_operation_exception", f"{what} is not supported by the Pharos log store")


def index_not_found(name: str) -> ElasticError:
    return ElasticError(
        404,
        "index_not_found_exception",
        f"no such index [{name}]",
        index=name,
        **{"resource.id": name, "index_uuid": "_na_"},
    )


def disk_full(index: str, detail: str) -> ElasticError:
    return ElasticError(
        429,
        "cluster_block_exception",
        f"index [{index}] blocked by: [TOO_MANY_REQUESTS/12/the disk is full: {detail}];",
    )


def damaged(detail: str) -> ElasticError:
    return ElasticError(500, "corrupt_index_exception", detail)
