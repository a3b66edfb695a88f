"""SQL that SQLite and PostgreSQL say differently, so that both give the same digits."""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class rounded(GenericFunction[int]):  # noqa: N801 # called like a function
    """A fraction of 0 or more as the whole number next to it, a half as the one above."""

    type = BigInteger()
    inherit_cache = True


@compiles(rounded)
def _rounded(element: rounded, compiler: SQLCompiler, **how: Any) -> str:
    return f"CAST(round({compiler.process(element.clauses, **how)}) AS BIGINT)"


@compiles(rounded, "postgresql")
def _rounded_down(element: rounded, compiler: SQLCompiler, **how: Any) -> str:
    """Its own round() takes halves to the even number."""
    return f"CAST(floor({compiler.process(element.clauses, **how)} + 0.5) AS BIGINT)"


class epoch(GenericFunction[int]):  # noqa: N801 # called like a function
    """A moment as whole seconds since 1970, cut and not rounded."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch)
def _epoch(element: epoch, compiler: SQLCompiler, **how: Any) -> str:
    return f"unixepoch({compiler.process(element.clauses, **how)})"


@compiles(epoch, "postgresql")
def _extracted(element: epoch, compiler: SQLCompiler, **how: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **how)})) AS BIGINT)"
