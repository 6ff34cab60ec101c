"""What a run from a stranger may hold: looked up in the file before its rows are unfolded.

Parquet keeps a word that repeats once, and a number of a list likewise: a file of some kilobytes
can unfold to more than a machine's memory.
"""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from busdemo.evaluation.benchmark import LONGEST
from busdemo.evaluation.run_files import SCHEMA
from busdemo.imaging.masks import STOPS

MOST_ROWS = 30_000
"""As many as 1,000 images by 30 models."""

MOST_BYTES = 300_000_000
"""Of all columns, decompressed."""

_WORDS = [field.name for field in SCHEMA if pa.types.is_string(field.type)]


def refuse_giants(data: bytes) -> None:
    """Raise ValueError with one sentence where a run's file would unfold beyond these limits."""
    try:
        with pq.ParquetFile(pa.BufferReader(data), read_dictionary=_WORDS) as file:
            _refuse_counts(file.metadata)
            words = [name for name in _WORDS if name in file.schema_arrow.names]
            for name in words:
                _refuse_words(name, file.read(columns=[name]).column(0))
    except (pa.ArrowException, OSError) as error:
        raise ValueError("The file cannot be read as Parquet.") from error


def _refuse_counts(metadata: pq.FileMetaData) -> None:
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    if metadata.num_rows > MOST_ROWS or size > MOST_BYTES:
        raise ValueError(
            f"The run has more than {MOST_ROWS:,} rows or {MOST_BYTES // 10**6} MB of numbers; "
            "please make a report of it."
        )
    columns = (group.column(place) for group in groups for place in range(group.num_columns))
    if any(column.num_values > STOPS * metadata.num_rows for column in columns):
        raise ValueError(f"The run holds lists of more than {STOPS} numbers.")


def _refuse_words(name: str, column: pa.ChunkedArray) -> None:
    for chunk in column.chunks:
        words = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
        known = pa.types.is_string(words.type) or pa.types.is_large_string(words.type)
        if known and (pc.max(pc.binary_length(words)).as_py() or 0) > 4 * LONGEST:
            raise ValueError(f"The run's column {name!r} holds more than {LONGEST} letters.")
