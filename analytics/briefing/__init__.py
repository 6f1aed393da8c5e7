"""The periodic report, written from the same figures as the dashboard."""
