"""Every KPI, declared once: periods, comparisons, targets, and the one way to ask for a figure."""

from analytics.metrics.answer import UNFILLED, Answer, MetricRow
from analytics.metrics.changes import Change, change_words
from analytics.metrics.detail import overdue, records
from analytics.metrics.discipline import HIDDEN
from analytics.metrics.display import ABSENT, exact_value, format_percent, format_value
from analytics.metrics.model import Metric, catalogue
from analytics.metrics.periods import Period, PeriodError, parse_period
from analytics.metrics.quality import Quality, quality
from analytics.metrics.query import query
from analytics.metrics.question import MetricError, find_county
from analytics.metrics.series import TrendPoint, ranking, trend

__all__ = [
    "ABSENT",
    "HIDDEN",
    "UNFILLED",
    "Answer",
    "Change",
    "Metric",
    "MetricError",
    "MetricRow",
    "Period",
    "PeriodError",
    "Quality",
    "TrendPoint",
    "catalogue",
    "change_words",
    "exact_value",
    "find_county",
    "format_percent",
    "format_value",
    "overdue",
    "parse_period",
    "quality",
    "query",
    "ranking",
    "records",
    "trend",
]
