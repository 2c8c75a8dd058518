"""From raw cells to ids, dates and amounts: one Narwhals expression for the value, one for each fault.

Every reader gives a `Cells`. Nothing here raises on a cell; a column of a type that can never be read gives a
`problem`, for the one error of the table.
"""

from segmentclient.cells.amounts import amount_cells, product_cells
from segmentclient.cells.dates import EARLIEST, LATEST, WALL_CLOCK, date_cells
from segmentclient.cells.ids import id_cells, is_exact, no_id
from segmentclient.cells.reading import Cells, Strip, with_number_cells, written_of

__all__ = [
    "EARLIEST",
    "LATEST",
    "WALL_CLOCK",
    "Cells",
    "Strip",
    "amount_cells",
    "date_cells",
    "id_cells",
    "is_exact",
    "no_id",
    "product_cells",
    "with_number_cells", "written_of",
]  # fmt: skip
