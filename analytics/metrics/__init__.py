"""Every KPI, declared once: periods, comparisons, targets, and the one way to ask for a figure."""

from analytics.metrics.answer import UNFILLED, Answer, MetricRow
from analytics.metrics.boards import (
    Ageing,
    Band,
    Composition,
    Days,
    Funnel,
    FunnelStep,
    Held,
    Share,
    TargetRow,
    ageing,
    boards,
    calendar_days,
    composition,
    dimensions_of,
    funnel,
    party_life,
    target_table,
)
from analytics.metrics.changes import Change, change_words
from analytics.metrics.comparison import (
    Contribution,
    Extremes,
    Outlier,
    breakdown,
    contribution,
    extremes,
    outliers,
)
from analytics.metrics.data_quality import Quality, quality, quality_metrics
from analytics.metrics.detail import overdue, records
from analytics.metrics.discipline import HIDDEN
from analytics.metrics.display import ABSENT, exact_value, format_percent, format_value
from analytics.metrics.model import Metric, catalogue, said_of
from analytics.metrics.narrative import Paragraph, Told, paragraph
from analytics.metrics.periods import Period, PeriodError, parse_period
from analytics.metrics.query import query
from analytics.metrics.question import MetricError, find_county, lasting
from analytics.metrics.series import TrendPoint, ranking, trend
from analytics.metrics.submissions import Sender, SubmissionCalendar, submission_calendar

__all__ = [
    "ABSENT",
    "HIDDEN",
    "UNFILLED",
    "Ageing",
    "Answer",
    "Band",
    "Change",
    "Composition",
    "Contribution",
    "Days",
    "Extremes",
    "Funnel",
    "FunnelStep",
    "Held",
    "Metric",
    "MetricError",
    "MetricRow",
    "Outlier",
    "Paragraph",
    "Period",
    "PeriodError",
    "Quality",
    "Sender",
    "Share",
    "SubmissionCalendar",
    "TargetRow",
    "Told",
    "TrendPoint",
    "ageing",
    "boards",
    "breakdown",
    "calendar_days",
    "catalogue",
    "change_words",
    "composition",
    "contribution",
    "dimensions_of",
    "exact_value",
    "extremes",
    "find_county",
    "format_percent",
    "format_value",
    "funnel",
    "lasting",
    "outliers",
    "overdue",
    "paragraph",
    "parse_period",
    "party_life",
    "quality",
    "quality_metrics",
    "query",
    "ranking",
    "records",
    "said_of",
    "submission_calendar",
    "target_table",
    "trend",
]
