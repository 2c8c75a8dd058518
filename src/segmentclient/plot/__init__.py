"""Charts: a table in, axes out; labels in English or French, the same colour for a segment everywhere.

Every chart is `chart(table, *, ax=None, lang="en", **artist_kwargs)` and returns the axes it drew on (a figure where it
has several panels). None sets a title, none touches pyplot or rcParams. `finding` says what a chart shows in one line,
`chart_description` in a few sentences.
"""

from segmentclient.plot.bridge import value_bridge
from segmentclient.plot.choice import k_page
from segmentclient.plot.clusters import pca_map, silhouette_plot
from segmentclient.plot.composition import segment_bars, segment_treemap, share_pairs
from segmentclient.plot.concentration import lorenz_curve, value_distribution
from segmentclient.plot.expected import segment_values
from segmentclient.plot.grid import segment_grid
from segmentclient.plot.models import (
    alive_history,
    expected_purchases_matrix,
    parameter_intervals,
    probability_alive_matrix,
)
from segmentclient.plot.movement import lifecycle_flow, transition_flow, transition_heatmap
from segmentclient.plot.over_time import cohort_heatmap, tracking
from segmentclient.plot.portraits import persona_index, persona_radar
from segmentclient.plot.profiles import index_chart, snake_plot
from segmentclient.plot.saving import SVG, save_chart, to_svg
from segmentclient.plot.scores import rf_heatmap, score_histograms
from segmentclient.plot.style import figure
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
