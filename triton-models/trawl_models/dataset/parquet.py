"""Tables in Parquet, by pyarrow, the one file that imports it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .refusal import DataError, NeedsLibrary
from .table import MAX_ROWS, checked_columns

if TYPE_CHECKING:
    import pyarrow

BATCH_ROWS = 16_384
MAX_GROUP_BYTES = 4 << 30
"""Of a row group, unpacked."""


class Parquet:
    """Rows count from 1."""

    place = "row"
    form = "Parquet"

    def __init__(self, file: Path):
        self.file = file
        self.joined: dict[str, str] = {}
        pq = _library(file)
        try:
            with pq.ParquetFile(file) as opened:
                about, names = opened.metadata, opened.schema_arrow.names
                groups = [about.row_group(group).total_byte_size for group in range(about.num_row_groups)]
        except Exception as bad:  # pyarrow raises what its C++ raised, of many kinds
            raise DataError(file, None, _said(bad), "a Parquet file") from None
        if about.num_rows > MAX_ROWS:
            raise DataError(file, None, about.num_rows, f"at most {MAX_ROWS:,} rows")
        if max(groups, default=0) > MAX_GROUP_BYTES:
            raise DataError(file, None, max(groups), f"row groups of at most {MAX_GROUP_BYTES:,} bytes")
        self.columns = checked_columns(file, names, line=None)

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[int, tuple[Any, ...] | DataError]]:
        pq = _library(self.file)
        row = 0
        try:
            with pq.ParquetFile(self.file) as opened:
                for batch in opened.iter_batches(BATCH_ROWS, columns=list(wanted), use_threads=False):
                    columns = [_values(self._column(batch, name)) for name in wanted]
                    for values in zip(*columns, strict=True):
                        row += 1
                        yield row, values
        except DataError:
            raise
        except Exception as bad:  # pyarrow raises what its C++ raised, of many kinds
            raise DataError(self.file, row + 1, _said(bad), "a Parquet file that can be read to its end", place="row") from None

    def _column(self, batch: pyarrow.RecordBatch, name: str) -> pyarrow.Array:
        place = batch.schema.get_field_index(name)
        if place < 0:
            raise DataError(self.file, None, name, "a column without others inside of it")
        return batch.column(place)


def _library(file: Path) -> Any:
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise NeedsLibrary(f"{file}: Parquet needs pyarrow") from None
    return pq


def _values(column: pyarrow.Array) -> list[Any]:
    """Times lose what is finer than microseconds, which Python's have no room for, and are told in UTC."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", "UTC" if column.type.tz else None), safe=False)
    return column.to_pylist()


def _said(bad: Exception) -> str:
    return str(bad).split("\n", 1)[0] or type(bad).__name__
