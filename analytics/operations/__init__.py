"""What running the system needs beside the ledgers: people and what they may do, sessions, the audit, saved views.

Kept in ``operations.sqlite`` in the data folder, or in PostgreSQL by ``TAIZHANG_OPERATIONS_URL``. This package must not
know workbooks, figures or pages.
"""
