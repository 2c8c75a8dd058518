"""The door to every dataframe library: in to Narwhals, out to the caller's own type.

Nothing else in the package knows which engine the caller uses. A frame goes in through `read`, is worked on
with Narwhals expressions, and goes out through `give_back`. What must reach the driver is fetched by
`collect`, always as a small pandas frame, and what numpy computes goes back by `map_rows` or `add_columns`.
"""

from segmentclient.frames.columns import add_columns, map_rows, plain_rows, series_like
from segmentclient.frames.comparing import comparable
from segmentclient.frames.door import Frame, collect, give_back, is_lazy, one_row, read, said_by_engine
from segmentclient.frames.engines import beside, like, on_one_engine
from segmentclient.frames.expressions import (
    BLANKS,
    any_true,
    count_of,
    day_column,
    days,
    days_between,
    is_present,
    stripping,
    with_local_time,
    with_wall_clock,
)
from segmentclient.frames.joins import joined, stacked
from segmentclient.frames.labels import (
    check_labels,
    check_same_keys,
    holds_half_characters,
    label_text,
    label_texts,
    warn_of_blanks,
)
from segmentclient.frames.matching import MOST_WHOLE, in_types_of, keyed_like, limits_of
from segmentclient.frames.objects import (
    UNTELLABLE,
    kinds_in,
    no_ids_in,
    own_columns_with,
    with_numbers,
    with_truths,
    with_written_numbers,
)
from segmentclient.frames.types import OwnType, folded, keeps_in_arrow, schema_of, taken, with_known_times

__all__ = [
    "BLANKS",
    "MOST_WHOLE",
    "UNTELLABLE",
    "Frame",
    "OwnType",
    "add_columns",
    "any_true",
    "beside",
    "check_labels",
    "check_same_keys",
    "collect",
    "comparable",
    "count_of",
    "day_column",
    "days",
    "days_between",
    "folded",
    "give_back",
    "holds_half_characters",
    "in_types_of",
    "is_lazy",
    "is_present",
    "joined",
    "keeps_in_arrow",
    "keyed_like",
    "kinds_in",
    "label_text",
    "label_texts",
    "like",
    "limits_of",
    "map_rows",
    "no_ids_in",
    "on_one_engine",
    "one_row",
    "own_columns_with",
    "plain_rows",
    "read",
    "said_by_engine",
    "schema_of",
    "series_like",
    "stacked",
    "stripping",
    "taken",
    "warn_of_blanks",
    "with_known_times",
    "with_local_time",
    "with_numbers",
    "with_truths",
    "with_wall_clock",
    "with_written_numbers",
]
