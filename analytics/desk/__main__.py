"""``python -m analytics.desk``: the worker as a process."""

from analytics.desk.worker import main

if __name__ == "__main__":
    raise SystemExit(main())
