"""The database: tables, engines, writes, derived tables."""
