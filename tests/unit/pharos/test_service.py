import asyncio

import pytest

from pharos.service import Service


class Recorder(Service):
    name = "recorder"

    def __init__(self, *, fail_open: bool = False, fail_task: bool = False) -> None:
        super().__init__()
        self.events: list[str] = []
        self._fail_open, self._fail_task = fail_open, fail_task

    async def open(self) -> None:
        self.events.append("open")
        if self._fail_open:
            raise OSError("no port")
        self.spawn(self._work(), "work")

    async def close(self) -> None:
        self.events.append("close")

    async def _work(self) -> None:
        try:
            if self._fail_task:
                raise RuntimeError("broken")
            await asyncio.Event().wait()
        finally:
            self.events.append("work ended")


async def test_background_work_ends_with_the_service() -> None:
    async with Recorder() as service:
        await asyncio.sleep(0)
    assert service.events == ["open", "close", "work ended"]


async def test_a_failing_open_is_raised_by_start() -> None:
    service = Recorder(fail_open=True)
    with pytest.raises(OSError, match="no port"):
        await service.start()
    assert service.events == ["open", "close"]


async def test_a_failing_task_fails_the_service() -> None:
    service = Recorder(fail_task=True)
    await service.start()
    with pytest.raises(RuntimeError, match="broken"):
        await service.wait()
    assert "close" in service.events
