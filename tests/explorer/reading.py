"""A page read back without a browser: its elements, its policy, its data."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """Elements with their attributes in order, and the texts of each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open, []).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements with a tag."""
        return [attributes for each, attributes in self.elements if each == tag]

    @property
    def script(self) -> str:
        """The text of the page's script, which stands behind its data."""
        return self.texts["script"][1]

    @property
    def data(self) -> dict[str, Any]:
        """The page's data."""
        return json.loads(self.texts["script"][0])

    @property
    def policy(self) -> dict[str, str]:
        """The content security policy by its directives."""
        (told,) = (each["content"] for each in self.of("meta") if each.get("http-equiv") == "Content-Security-Policy")
        return dict(each.strip().split(" ", 1) for each in str(told).split(";"))

    @property
    def skeleton(self) -> list[tuple[str, tuple[str, ...], str]]:
        """What no text of a spec may change: the elements, the names of their attributes, their classes."""
        return [(tag, tuple(attributes), str(attributes.get("class"))) for tag, attributes in self.elements]


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
