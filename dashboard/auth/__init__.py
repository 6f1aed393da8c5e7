"""Who is asking: sign-in, sessions, and what stands before every page and callback."""

from dashboard.auth.who import current_person

__all__ = ["current_person"]
