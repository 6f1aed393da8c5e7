"""What the README claims, measured: ``make bench``, or ``python -m bench ingest`` for one measure."""
