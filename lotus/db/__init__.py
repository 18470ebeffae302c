"""The database: engine, tables, migrations and queries."""

from lotus.db.engine import Database, SchemaStatus

__all__ = ["Database", "SchemaStatus"]
