"""English and Chinese."""

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

import dashboards
from dashboards.i18n.catalogue import ZH, translate

NAMES = {"Node", "Pharos"}
FOLDER = Path(dashboards.__file__).parent


def texts() -> set[str]:
    found: set[str] = set()
    for path in FOLDER.glob("pages/**/*.py"):
        source = path.read_text()
        found |= set(re.findall(r'(?:context\.t|\bt)\(\s*"((?:[^"\\]|\\.)*)"', source))
        found |= set(re.findall(r'\bColumn\("([^"]+)"', source))
    for path in FOLDER.glob("components/js/*.js"):
        source = path.read_text()
        found |= set(re.findall(r'P\.t\("((?:[^"\\]|\\.)*)"[,)]', source))
        for pair in re.findall(r'P\.t\([\w.() ="]+ \? "([^"]+)" : "([^"]+)"[,)]', source):
            found |= set(pair)
    return {text.replace('\\"', '"') for text in found}


def test_every_text_of_the_ui_has_a_chinese_one() -> None:
    assert sorted(text for text in texts() if text not in ZH) == []


def test_built_in_dashboards_speak_chinese() -> None:
    texts = {text for path in FOLDER.glob("builtin/*.json") for text in written(orjson.loads(path.read_bytes()))}
    assert sorted(text for text in texts - NAMES if text not in ZH) == []


def written(dashboard: dict[str, Any]) -> Iterator[str]:
    """Titles, descriptions and labels of a dashboard."""
    yield dashboard["title"]
    yield dashboard["description"]
    for panel in dashboard["panels"]:
        yield panel["title"]
        yield panel.get("description") or panel["title"]
        yield ((panel.get("fieldConfig") or {}).get("defaults") or {}).get("noValue") or panel["title"]
    for variable in dashboard["templating"]["list"]:
        yield variable.get("label") or variable["name"]


def test_translations_keep_their_placeholders() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [text for text, chinese in ZH.items() if fields(text) != fields(chinese)] == []


def test_an_unknown_text_stays_english() -> None:
    assert translate("zh", "Never translated {n}", n=3) == "Never translated 3"
    assert translate("zh", "{n} panels", n=3) == "3 个面板"
    assert translate("en", "{n} panels", n=3) == "3 panels"
