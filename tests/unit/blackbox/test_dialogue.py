import pytest

from blackbox.dialogue import run_dialogue
from blackbox.failures import ProbeError
from tests.support.probing import FakeWire, probe, wire

SMTP = (
    "{prober: tcp, tcp: {query_response: [{expect: '^220 (\\S+) ready', labels: [{name: host, value: 'h-${1}'}]},"
    " {send: 'EHLO ${1}'}, {expect: '^250 hello (\\S+)', send: 'got ${1}', starttls: true}, {expect_bytes: 'bye'}]}}"
)


async def talk(module: str, *pieces: bytes) -> tuple[FakeWire, str]:
    one, line = probe(module), wire(*pieces)

    async def start_tls() -> None:
        line.written += b"<tls>"

    await run_dialogue(one, line, one.module.tcp.query_response, start_tls)
    return line, one.page.render().decode()


async def test_a_whole_dialogue() -> None:
    line, page = await talk(SMTP, b"noise\n220 mail", b".test ready\r\n250 hello ", b"me\r\n", b"bye and more")
    # A send of its own has no expectation to fill it in from, as in blackbox_exporter.
    assert line.written == b"EHLO ${1}\ngot me\n<tls>"
    assert 'probe_expect_info{host="h-mail.test"} 1' in page


@pytest.mark.parametrize(
    ("pieces", "message", "metric"),
    [
        ((b"500 no\n", b""), "the last one was '500 no'", "probe_failed_due_to_regex 1"),
        ((b"", b""), "the last one was ''", "probe_failed_due_to_regex 1"),
        ((b"220 a ready\n250 hello b\n", b"byx"), "found b'byx'", "probe_failed_due_to_bytes 1"),
        ((b"220 a ready\n250 hello b\n", b"by", b""), "found b'by'", "probe_failed_due_to_bytes 1"),
        ((b"x" * 70_000,), "a line is longer", ""),
    ],
)
async def test_what_goes_wrong(pieces: tuple[bytes, ...], message: str, metric: str) -> None:
    one, line = probe(SMTP), wire(*pieces)

    async def start_tls() -> None:
        pass

    with pytest.raises(ProbeError) as caught:
        await run_dialogue(one, line, one.module.tcp.query_response, start_tls)
    assert message in str(caught.value)
    assert metric in one.page.render().decode()
