"""Ids in paths: any text, also with slashes and line ends."""

from __future__ import annotations

from starlette.convertors import PathConvertor, register_url_convertor


class AnyText(PathConvertor):
    """Like ``path``, which ends at a line end: what has one in its id could not be asked for."""

    regex = "(?s:.*)"


register_url_convertor("id", AnyText())

ID = "{id:id}"
IDENTITY = "{identity:id}"
"""As part of a path, for a parameter of this name."""
