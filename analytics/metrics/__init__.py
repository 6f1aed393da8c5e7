"""Every KPI, declared once: periods, comparisons, targets, and the one way to ask for a figure."""

from analytics.metrics.answer import UNFILLED, Answer, MetricRow
from analytics.metrics.detail import overdue, records
from analytics.metrics.display import ABSENT, exact_value, format_change, format_percent, format_value
from analytics.metrics.model import Metric, catalogue
from analytics.metrics.periods import Period, PeriodError, parse_period
from analytics.metrics.query import query
from analytics.metrics.question import MetricError, find_county
from analytics.metrics.series import TrendPoint, ranking, trend

__all__ = [
    "ABSENT",
    "UNFILLED",
    "Answer",
    "Metric",
    "MetricError",
    "MetricRow",
    "Period",
    "PeriodError",
    "TrendPoint",
    "catalogue",
    "exact_value",
    "find_county",
    "format_change",
    "format_percent",
    "format_value",
    "overdue",
    "parse_period",
    "query",
    "ranking",
    "records",
    "trend",
]
