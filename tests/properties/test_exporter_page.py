"""Whatever an exporter writes can be read back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from exporters.page import PageWriter
from exporters.textformat import parse
from pharos.exposition import Metric

names = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,10}", fullmatch=True)
label_names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True)
# Line ends other than \n are legal in a value but not in the lines our small reader splits at.
texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"), max_size=12
)
values = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False))
labels = st.dictionaries(label_names, texts, min_size=1, max_size=3)


@given(
    st.dictionaries(
        names, st.tuples(texts.map(str.strip), st.lists(st.tuples(labels, values), min_size=1, max_size=4)), max_size=5
    )
)
def test_pages_read_back(families: dict[str, tuple[str, list[tuple[dict[str, str], float]]]]) -> None:
    metrics = []
    for name, (text, samples) in families.items():
        metric = Metric(name, "gauge", text)
        for pairs, value in samples:
            metric.add(value, pairs)
        metrics.append(metric)
    page = parse(PageWriter().render(metrics).decode())
    assert set(page.families) == set(families)
    for name, (_, samples) in families.items():
        found = [
            ({key: text for key, text in pairs.items() if text}, value)
            for _, pairs, value, _ in page.families[name].samples
        ]
        assert found == [({key: text for key, text in pairs.items() if text}, float(value)) for pairs, value in samples]
