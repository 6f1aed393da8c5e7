"""The periodic report, written from the same figures as the dashboard: what it says, and its three forms on paper."""

from analytics.briefing.content import Briefing, Heading, Text, gather
from analytics.briefing.forms import FORMATS, render

__all__ = ["FORMATS", "Briefing", "Heading", "Text", "gather", "render"]
