"""Charts: a table in, axes out; labels in English or French, the same colour for a segment everywhere.

Every chart is `chart(table, *, ax=None, lang="en", **artist_kwargs)` and returns the axes it drew on (a figure where it
has several panels). None sets a title, none touches pyplot or rcParams. `finding` says what a chart shows in one line,
`chart_description` in a few sentences.
"""

from segmentclient.plot.beliefs import expected_purchases_matrix, probability_alive_matrix
from segmentclient.plot.bridge import value_bridge
from segmentclient.plot.choice import k_page
from segmentclient.plot.cohorts import cohort_heatmap
from segmentclient.plot.distribution import value_distribution
from segmentclient.plot.drawing.sheet import figure
from segmentclient.plot.drawing.svg import SVG, to_svg
from segmentclient.plot.expected import segment_values
from segmentclient.plot.flow import transition_flow
from segmentclient.plot.grid import segment_grid
from segmentclient.plot.histograms import score_histograms
from segmentclient.plot.history import alive_history
from segmentclient.plot.indices import index_chart
from segmentclient.plot.life_cycle import lifecycle_flow
from segmentclient.plot.lorenz import lorenz_curve
from segmentclient.plot.over_time import tracking
from segmentclient.plot.parameters import parameter_intervals
from segmentclient.plot.plane import pca_map
from segmentclient.plot.portraits import persona_index, persona_radar
from segmentclient.plot.saving import save_chart
from segmentclient.plot.score_cells import rf_heatmap
from segmentclient.plot.segment_table import segment_bars
from segmentclient.plot.shares import share_pairs
from segmentclient.plot.silhouettes import silhouette_plot
from segmentclient.plot.snake import snake_plot
from segmentclient.plot.transitions import transition_heatmap
from segmentclient.plot.treemap import segment_treemap
from segmentclient.plot.validation import calibration_by_decile, calibration_by_frequency
from segmentclient.plot.words import chart_description, finding

__all__ = [
    "SVG",
    "alive_history",
    "calibration_by_decile",
    "calibration_by_frequency",
    "chart_description",
    "cohort_heatmap",
    "expected_purchases_matrix",
    "figure",
    "finding",
    "index_chart",
    "k_page",
    "lifecycle_flow",
    "lorenz_curve",
    "parameter_intervals",
    "pca_map",
    "persona_index",
    "persona_radar",
    "probability_alive_matrix",
    "rf_heatmap",
    "save_chart",
    "score_histograms",
    "segment_bars",
    "segment_grid",
    "segment_treemap",
    "segment_values",
    "share_pairs",
    "silhouette_plot",
    "snake_plot",
    "to_svg",
    "tracking",
    "transition_flow",
    "transition_heatmap",
    "value_bridge",
    "value_distribution",
]
