"""SQL Server's types: how a column is read, and what its mirror gets.

A value that DuckDB or the driver's Arrow stream would bend arrives as text: the seventh digit of a second, which
`datetime2` and `time` have unless they are declared with fewer (Arrow's microseconds are six digits), `datetimeoffset`
(Arrow keeps the instant and forgets the offset), `sql_variant`, `xml`, `hierarchyid` and places. The server itself
turns code pages into Unicode, so that no setting of this machine has a say in it.
"""

import re
from dataclasses import dataclass

import pyarrow as pa

from pipelines.replication.adapters.base import SQLSERVER
from warehouse.connection import literal

_LARGE = 1 << 18  # bytes: what a value without a declared length is taken to be

_PLACE = "N'SRID=' + CAST({0}.STSrid AS nvarchar(10)) + N';' + {0}.ToString()"
# By type: the DuckDB type of its mirror, and the SQL that reads it.
_KNOWN = {
    "bit": ("BOOLEAN", "{0}"),
    "tinyint": ("UTINYINT", "{0}"),
    "smallint": ("SMALLINT", "{0}"),
    "int": ("INTEGER", "{0}"),
    "bigint": ("BIGINT", "{0}"),
    "real": ("FLOAT", "{0}"),
    "float": ("DOUBLE", "{0}"),
    "date": ("DATE", "{0}"),
    "uniqueidentifier": ("UUID", "{0}"),
    "binary": ("BLOB", "{0}"),
    "varbinary": ("BLOB", "{0}"),
    "money": ("DECIMAL(19,4)", "CAST({0} AS decimal(19, 4))"),
    "smallmoney": ("DECIMAL(10,4)", "CAST({0} AS decimal(10, 4))"),
    "datetime": ("TIMESTAMP", "CAST({0} AS datetime2(3))"),  # in steps of a 300th of a second, shown as .003 and .007
    "smalldatetime": ("TIMESTAMP", "CAST({0} AS datetime2(0))"),
    "datetimeoffset": ("VARCHAR", "CONVERT(nvarchar(34), {0}, 121)"),
    "timestamp": ("BIGINT", "CAST({0} AS bigint)"),  # as sys.types calls rowversion
    "image": ("BLOB", "CAST({0} AS varbinary(max))"),
    "hierarchyid": ("VARCHAR", "{0}.ToString()"),
    "geometry": ("VARCHAR", _PLACE),
    "geography": ("VARCHAR", _PLACE),
    # Each value has a type of its own; CONVERT alone would shorten floats, and write dates in the words of a language.
    "sql_variant": (
        "VARCHAR",
        "CASE WHEN SQL_VARIANT_PROPERTY({0}, 'BaseType') IN ('real', 'float') "
        "THEN CONVERT(nvarchar(max), CAST({0} AS float), 2) "
        "WHEN SQL_VARIANT_PROPERTY({0}, 'BaseType') IN ('money', 'smallmoney') "
        "THEN CONVERT(nvarchar(max), CAST({0} AS money), 2) "
        "WHEN SQL_VARIANT_PROPERTY({0}, 'BaseType') IN ('date', 'datetime', 'smalldatetime', 'datetime2') "
        "THEN CONVERT(nvarchar(max), CAST({0} AS datetime2(7)), 121) "
        "WHEN SQL_VARIANT_PROPERTY({0}, 'BaseType') = 'datetimeoffset' "
        "THEN CONVERT(nvarchar(max), CAST({0} AS datetimeoffset(7)), 121) "
        "WHEN SQL_VARIANT_PROPERTY({0}, 'BaseType') IN ('binary', 'varbinary') "
        "THEN CONVERT(nvarchar(max), CAST({0} AS varbinary(8000)), 1) "
        "ELSE CONVERT(nvarchar(max), {0}) END",
    ),
}
_FINE = {"datetime2": ("TIMESTAMP", 27), "time": ("TIME", 16)}  # and the characters that seven digits take
_MOST_DIGITS = 6  # of a second, in Arrow's stream and in DuckDB
_MOST_CHARACTERS = 4000  # of an nvarchar, but for nvarchar(max)
_ARROW = {
    "BOOLEAN": pa.bool_(), "UTINYINT": pa.uint8(), "SMALLINT": pa.int16(), "INTEGER": pa.int32(), "BIGINT": pa.int64(),
    "FLOAT": pa.float32(), "DOUBLE": pa.float64(), "DATE": pa.date32(), "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"), "UUID": pa.large_string(), "VARCHAR": pa.large_string(), "BLOB": pa.large_binary(),
}  # fmt: skip


@dataclass(frozen=True)
class Attribute:
    """A column on the server.

    `kind` and `declared`: its type, without and with its length; `type`: the DuckDB type of its mirror; `value`: the
    SQL that reads it; `arrow`: what its stream is cast to; `width`: about the bytes that a value takes in memory.
    """

    name: str
    kind: str
    declared: str
    type: str
    value: str
    arrow: pa.DataType
    width: int

    @property
    def counted(self) -> str:
        """SQL of what is summed or measured: the sum of an int is an int, and overflows."""
        is_whole = self.type in ("UTINYINT", "SMALLINT", "INTEGER", "BIGINT")
        return f"CAST({self.value} AS decimal(38, 0))" if is_whole else self.value

    @property
    def compared(self) -> str:
        """SQL by which values are told apart as in the mirror: a server takes `a ` for `a`, and most often `A` too."""
        return f"CAST({self.value} AS varbinary(8000))" if self.type == "VARCHAR" else self.value

    def literal(self, value: str) -> str:
        """SQL of the column's own type for a value of the mirror, so that the server may use an index."""
        if self.kind == "timestamp":
            return f"CAST(CAST({literal(value)} AS bigint) AS binary(8))"
        return f"CAST(N{literal(value)} AS {self.declared})"


def attribute(name: str, kind: str, length: int, precision: int, scale: int, is_assembly: int) -> Attribute:
    """How a column of `sys.columns` is read. `kind`: its type, alias types resolved; `length`: in bytes, -1 for max;
    `is_assembly`: whether the type is made of .NET code."""
    characters = length // 2 if kind in ("nchar", "nvarchar") else length
    if kind in ("decimal", "numeric"):
        declared, kept, value = f"{kind}({precision}, {scale})", f"DECIMAL({precision},{scale})", "{0}"
    elif kind in ("char", "varchar", "nchar", "nvarchar"):
        declared, kept, value = f"{kind}({characters if characters > 0 else 'max'})", "VARCHAR", _text(kind, characters)
    elif kind in _FINE:
        declared, (kept, value) = f"{kind}({scale})", _moment(kind, scale)
    else:
        declared = f"{kind}({scale})" if kind == "datetimeoffset" else kind
        unknown = ("BLOB", "CAST({0} AS varbinary(max))") if is_assembly else ("VARCHAR", "CAST({0} AS nvarchar(max))")
        kept, value = _KNOWN.get(kind, unknown)
    arrow = _ARROW[kept] if kept in _ARROW else pa.decimal128(*map(int, re.findall(r"\d+", kept)))
    is_large = length < 0 or kind in ("text", "ntext", "image")
    width = _LARGE if is_large else max(64, 2 * length)
    return Attribute(name, kind, declared, kept, value.format(f"t.{SQLSERVER.name(name)}"), arrow, width)


def _text(kind: str, characters: int) -> str:
    if kind in ("nchar", "nvarchar"):
        return "{0}"
    return f"CAST({{0}} AS nvarchar({characters if 0 < characters <= _MOST_CHARACTERS else 'max'}))"


def _moment(kind: str, scale: int) -> tuple[str, str]:
    kept, characters = _FINE[kind]
    return (kept, "{0}") if scale <= _MOST_DIGITS else ("VARCHAR", f"CONVERT(nvarchar({characters}), {{0}}, 121)")
