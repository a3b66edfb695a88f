"""How the classifier behaves."""

from dashapp.domain.ask import Ask
from dashapp.domain.threshold import Threshold
from dashapp.metrics.query import FLAG_DIMS, SCORE_DIMS, per_bin, per_day, source
from dashapp.metrics.registry import Better, Kind, Statistics, Unit, metric
from dashapp.store.bins import score_edges
from dashapp.store.schema import score_histogram


@metric(
    "Classifier score",
    Unit.SCORE,
    Kind.MEAN,
    dims=FLAG_DIMS,
    better=Better.HIGHER,
    scale=1e9,
    threshold=Threshold(warn=0.83, alert=0.80, baseline=0.86),
)
def score_mean(ask: Ask) -> Statistics:
    """Mean classifier score of the flags raised, 0 to 1. Pooled over flags, not a mean of daily means; flags without
    a score are left out. A falling mean shows that scores drift; it does not show that the classifier errs, for
    a change of what is flagged moves it too.
    """
    rows = source(ask)
    return per_day(ask, rows, rows.c.score_nano, rows.c.scored)


@metric("Score distribution", Unit.SCORE, Kind.DISTRIBUTION, dims=SCORE_DIMS, edges=score_edges)
def score_distribution(ask: Ask) -> Statistics:
    """Classifier scores of the flags raised: median, quartiles and range. Read from 100 equal bins, so each is right
    within 0.01.
    """
    return per_bin(ask, score_histogram)


@metric(
    "Precision, labelled flags",
    Unit.PERCENT,
    Kind.SHARE,
    dims=FLAG_DIMS,
    better=Better.HIGHER,
    rows="label=confirmed&label=rejected",
)
def precision_decided(ask: Ask) -> Statistics:
    """Share confirmed of the flags that a human confirmed or rejected, by the day they were raised. Duplicates and
    flags without a label are left out, so it tells nothing of what nobody labelled; a day moves as long as labels
    of its flags come in.
    """
    rows = source(ask)
    return per_day(ask, rows, rows.c.confirmed, rows.c.confirmed + rows.c.rejected)
