"""Ids in paths: any text, also with slashes and line ends."""

from __future__ import annotations

from starlette.convertors import PathConvertor, register_url_convertor

from trailkeeper.producer.validation import id_of


class AnyText(PathConvertor):
    """Like ``path``, which ends at a line end: what has one in its id could not be asked for."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        """The id as it is stored: `emit` cuts a long one."""
        return id_of("id", value)


register_url_convertor("id", AnyText())

ID = "{id:id}"
IDENTITY = "{identity:id}"
"""As part of a path, for a parameter of this name."""
