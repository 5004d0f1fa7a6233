"""The Jinja templates: they only lay out text and make no decisions."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2

from netspec.backends.expressions import literal_text
from netspec.files.resources import resource_folder


def fill(template: str, **values: Any) -> str:
    """The text of a template with its values; a missing value is an error."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_folder("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Python, not HTML: texts arrive as literals or escaped docstrings
    )
    environment.filters["literal"] = literal_text
    return environment
