"""What the README claims, measured: ``make bench``, or ``python -m bench ingest`` for one measure."""

import os

# Before openpyxl is imported anywhere: with lxml at hand it would write every Chinese letter as a character reference,
# a quarter more XML than any office's program writes.
os.environ["OPENPYXL_LXML"] = "False"
