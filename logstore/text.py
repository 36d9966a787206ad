"""Words in texts, for Chinese, Japanese and Korean too, and for error codes with punctuation inside.

The index cuts at everything that is no letter or digit. Two refinements make searches behave as with Elasticsearch's standard analyzer: ideographs
are words of their own (`spaced` before indexing), and a query word that the index cuts into several (`error_code`, `10.0.0.1`) is searched as a phrase.
"""

import re
from typing import Final

from logstore.engine import words

_IDEOGRAPH: Final = re.compile(
    r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f])"
)


def spaced(text: str) -> str:
    """The text with a space around each ideograph."""
    return _IDEOGRAPH.sub(r" \1 ", text)


def phrases(text: str) -> list[list[str]]:
    """The words of a query, each as the list of index words it is cut into."""
    if not text.isascii():
        text = spaced(text)
    out = []
    for part in text.split():
        cut = words(part)
        if cut:
            out.append(cut)
    return out


def all_words(text: str) -> list[str]:
    return [word for phrase in phrases(text) for word in phrase]
