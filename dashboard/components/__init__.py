"""Pure functions from values to components; usable and testable without a server."""
