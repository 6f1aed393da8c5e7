"""How a workbook becomes records: bytes in, records and findings out. Knows neither the warehouse nor metrics."""
