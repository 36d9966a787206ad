"""Text panels can do nothing but be read."""

from dashboards.model.sanitise import safe_markup


def test_markdown_becomes_html() -> None:
    assert safe_markup("# Title\n\n[a](https://example.org)", "markdown").startswith("<h1>Title</h1>")


def test_scripts_handlers_and_images_are_dropped() -> None:
    html = safe_markup(
        '<script>alert(1)</script><b onclick="x()">b</b><img src="https://x/y.png"><a href="javascript:x">l</a>', "html"
    )
    assert html == '<b>b</b><a rel="noopener noreferrer">l</a>'


def test_code_is_shown_as_it_is() -> None:
    assert "<script>" not in safe_markup("<script>", "code")
