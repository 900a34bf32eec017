"""The engine's longer SQL statements, as Jinja2 templates: roles and columns vary, data never enters the text."""

from pathlib import Path
from typing import Any

import jinja2

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    autoescape=False,
)


def render(template: str, **context: Any) -> str:
    """The statement of a template file in this folder."""
    return _TEMPLATES.get_template(template).render(**context)
