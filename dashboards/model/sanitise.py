"""Text panels: markdown or HTML of unknown origin to HTML that can do nothing but be read."""

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "b", "blockquote", "br", "center", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
    "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan", "align"}, "th": {"colspan", "rowspan", "align"}}


def safe_markup(content: str, mode: str) -> str:
    """HTML without scripts, styles, images or anything else that is fetched."""
    rendered = content
    if mode == "markdown":
        rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(content)
    elif mode == "code":
        return f"<pre>{nh3.clean_text(content)}</pre>"
    cleaned: str = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return cleaned
