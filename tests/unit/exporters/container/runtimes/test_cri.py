from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import pytest

from exporters.container.runtimes.cri import CriRuntime
from exporters.container.runtimes.protobuf import Message, text_field
from exporters.container.runtimes.registry import RuntimeFailure


def number(field: int, value: int) -> bytes:
    out = bytearray([field << 3])
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def nested(field: int, data: bytes) -> bytes:
    length = number(0, len(data))[1:]
    key = field << 3 | 2
    head = bytes([key]) if key < 0x80 else bytes([key & 0x7F | 0x80, key >> 7])
    return head + length + data


POD = text_field(1, "sandbox1") + nested(2, text_field(1, "web-0") + text_field(2, "uid-1") + text_field(3, "shop"))
RUNNING = (
    text_field(1, "c1")
    + text_field(2, "sandbox1")
    + nested(3, text_field(1, "web") + number(2, 4))
    + nested(4, text_field(1, "sha256:1") + nested(18, b"nginx:1.27"))
    + number(6, 1)
    + nested(8, text_field(1, "team") + text_field(2, "lamps"))
)
ENDED = text_field(1, "c0") + text_field(2, "sandbox1") + nested(3, text_field(1, "web") + number(2, 3)) + number(6, 2)
STATUS = nested(1, number(6, 1_700_000_000_000_000_000) + number(7, 137) + text_field(10, "OOMKilled"))


class FakeCri(grpc.GenericRpcHandler):
    """A runtime that knows one pod with a running and an ended container."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        method = call.method.rpartition("/")[2]

        async def answer(request: bytes, _: object) -> bytes:
            self.asked.append(method)
            if method == "ContainerStatus":
                assert Message(request).text(1) == "c0"
                return STATUS
            return nested(1, POD) if method == "ListPodSandbox" else nested(1, RUNNING) + nested(1, ENDED)

        known = ("ListPodSandbox", "ListContainers", "ContainerStatus")
        return grpc.unary_unary_rpc_method_handler(answer) if method in known else None


@pytest.fixture
async def cri(tmp_path: Path) -> AsyncIterator[tuple[FakeCri, CriRuntime]]:
    fake, server = FakeCri(), grpc.aio.server()
    server.add_generic_rpc_handlers((fake,))
    server.add_insecure_port(f"unix://{tmp_path}/cri.sock")
    await server.start()
    runtime = CriRuntime(f"unix://{tmp_path}/cri.sock")
    yield fake, runtime
    await runtime.close()
    await server.stop(None)


async def test_containers_with_the_names_of_their_pods(cri: tuple[FakeCri, CriRuntime]) -> None:
    fake, runtime = cri
    found = {facts.id: facts for facts in await runtime.containers()}
    assert found["c1"].metric_labels() == {
        "container": "web",
        "image": "nginx:1.27",
        "name": "c1",
        "namespace": "shop",
        "pod": "web-0",
    }
    assert (found["c1"].running, found["c1"].restarts, found["c1"].labels) == (True, 4, {"team": "lamps"})
    assert (found["c0"].exit_code, found["c0"].oom_killed, found["c0"].finished) == (137, True, 1_700_000_000)
    assert found["sandbox1"].metric_labels()["container"] == "POD"
    await runtime.containers()
    assert fake.asked.count("ContainerStatus") == 1


async def test_a_call_that_does_not_exist(cri: tuple[FakeCri, CriRuntime]) -> None:
    _, runtime = cri
    with pytest.raises(RuntimeFailure, match="gRPC status 12"):
        await runtime._channel.call("/runtime.v1.RuntimeService/Nope", b"")


async def test_no_runtime(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await CriRuntime(str(tmp_path / "none.sock")).containers()
