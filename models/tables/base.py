"""What all tables share: the declarative base, and the kinds of columns.

Text that is compared or sorted is COLLATE "C": ids and tags have no language, and
their indexes are cheaper so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, Identity, Integer, LargeBinary, MetaData, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, INT4MULTIRANGE, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, mapped_column

SCOPES = ("user", "project", "organization", "system")
VERSION_TABLE = "trailkeeper_version"  # not Alembic's default, which the application's own migrations may use

Word = Annotated[str, mapped_column(Text(collation="C"))]
Moment = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True))]
RecordedAt = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True), server_default=func.now())]
SmallKey = Annotated[int, mapped_column(Integer, Identity(always=True), primary_key=True)]
BigKey = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
Number = Annotated[int, mapped_column(BigInteger, server_default="0")]
Numbers = Annotated[Any, mapped_column(INT4MULTIRANGE)]
"""Numbers that a producer gave to its events."""
HoldIds = Annotated[list[int], mapped_column(ARRAY(BigInteger), server_default="{}")]


class Base(DeclarativeBase):
    """The declarative base; constraint names are predictable so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map = {str: Text, dict[str, Any]: JSONB(none_as_null=True), bytes: LargeBinary}  # noqa: RUF012 - SQLAlchemy reads it so
