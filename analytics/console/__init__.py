"""How the command speaks: Chinese usage messages, tables, JSON, exit codes. It knows nothing of ledgers."""
