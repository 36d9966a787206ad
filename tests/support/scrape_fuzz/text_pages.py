"""Randomly mutated pages in the two text formats, and the same pages with other values."""

import random
import re
import time

TEXT = "text/plain; version=0.0.4"
OPEN = "application/openmetrics-text; version=1.0.0"

PLAIN_PAGES = [
    b'# HELP http_requests_total All.\n# TYPE http_requests_total counter\nhttp_requests_total{code="200",method="get"} 1027\n'
    b'http_requests_total{code="400"} 3 \n',
    b'# A comment\nescaped{path="C:\\\\DIR\\n\\"x\\""} 1.458255915e9\nplain 12.47\n\nodd{a="b"} +Inf\nodd{a="c"} NaN\n',
    b'# TYPE h histogram\nh_bucket{le="0.05"} 24054\nh_bucket{le="1"} 24054\nh_bucket{le="+Inf"} 144320\nh_sum 53423\nh_count 144320\n',
    b'# TYPE s summary\ns{quantile="0.01"} 3102\ns{quantile="0.99"} 76656\ns_sum 1.7560473e+07\ns_count 2693\n',
    b'{"utf.8 name",label="x"} 1\n{"a.b","c.d"="e"} 31\nmixed{"x.y"="z",plain="w"} -3.5e-7\n',
    b'# TYPE two histogram\ntwo_bucket{a="b",le="1"} 1\ntwo_bucket{a="b",le="+Inf"} 2\ntwo_count{a="b"} 2\ntwo_sum{a="b"} 1.5\n'
    b'two_bucket{a="c",le="1"} 5\ntwo_bucket{a="c",le="+Inf"} 5\ntwo_count{a="c"} 5\ntwo_sum{a="c"} 2.5\n# TYPE g gauge\ng 4\n',
    b'clash{job="mine",instance="here"} 1\nclash{job="mine",exported_job="yours"} 2\nlong_name_of_a_metric{with_a_long_label="and a long value"} 9\n',
    b'stamped{a="b"} 1 NOW000\nstamped{a="c"} 2\nstamped{a="d"} 3 NOW500\nlater 4 NOW001\n',
]  # fmt: skip
OPEN_PAGES = [
    b'# TYPE jobs counter\n# HELP jobs Done.\njobs_total{queue="a"} 17 # {trace="x"} 0.5\njobs_created{queue="a"} NOW.5\n# EOF\n',
    b'# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\nwait_seconds_bucket{le="1"} 1 # {trace="y"} 0.7 NOW.25\n'
    b'wait_seconds_bucket{le="+Inf"} 2\nwait_seconds_count 2\nwait_seconds_sum 3.25\nwait_seconds_created NOW.25\n# EOF\n',
    b'# TYPE state stateset\nstate{state="a"} 1\nstate{state="b"} 0\n# TYPE build info\nbuild_info{version="1"} 1\n# EOF\n',
    b'# TYPE g gauge\ng{a="b",c="d\\n"} -1.5e3\n{"utf.8",x="y"} 4\n# EOF\n',
    b'# TYPE t gauge\nt{a="b"} 5 NOW.125\nt{a="c"} 6\n# TYPE s summary\ns{quantile="0.5"} 1\ns_count 3\ns_sum 4\ns_created NOW.75\n# EOF\n',
]  # fmt: skip
PIECES = [bytes([code]) for code in b' \t\n\r{}=",#\\_:-+.0159aeExnN\0\x7f\xc3\xff'] + [
    b"# TYPE ", b"# HELP a ", b"# EOF\n", b"NaN", b"+Inf", b"1e400", b"0x", b"1_0", b'{a="b"}', b'="', b'",', b' # {a="b"} 1', b"\xe4\xb8\xad", b"  ",
    b"le", b"_total", b"_created", b"__name__", b"\n\n", b"{}", b' NOW000', b' NOW.5', b'job="x",', b"# TYPE a counter\n",
]  # fmt: skip
_VALUE = re.compile(rb"(?<=[ ])\d+(?=(?: NOW\d*)?\n)")


def mutated(chance: random.Random, pages: list[bytes]) -> bytes:
    """One of the pages with one to four things changed."""
    page = bytearray(chance.choice(pages))
    for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 2, 4))):
        at, until = sorted((chance.randrange(len(page) + 1), chance.randrange(len(page) + 1)))
        until = min(until, at + chance.choice((1, 1, 2, 8, 60)))
        match chance.randrange(7):
            case 0 | 1:
                page[at:at] = chance.choice(PIECES)
            case 2:
                page[at:until] = chance.choice(PIECES)
            case 3:
                del page[at:until]
            case 4:
                page[at:at] = page[at:until]
            case 5:
                lines = page.splitlines(keepends=True)
                chance.shuffle(lines)
                page = bytearray(b"".join(lines))
            case 6:
                other = chance.choice(pages)
                page[at:at] = other[chance.randrange(len(other)) :][: chance.choice((3, 20, 200))]
    return bytes(page)


def with_other_values(chance: random.Random, page: bytes) -> bytes:
    """The same page a moment later: some values have grown."""
    return _VALUE.sub(lambda m: m[0] if chance.random() < 0.5 else b"%d" % (int(m[0]) + chance.randrange(1, 99)), page)


def dated(page: bytes, step: int) -> bytes:
    """The page with `NOW` as a time of this minute, a second later at each step."""
    return page.replace(b"NOW", b"%d" % (int(time.time()) - 30 + step))
