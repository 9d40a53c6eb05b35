"""A statement that could do more than read is refused before any database sees it."""

from __future__ import annotations

import pytest

from connectors.transports.sql_statement import check_statement


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("SELECT a FROM v; DROP TABLE v", "one statement"),
        ("SELECT a FROM v;;", "one statement"),
        ("SELECT a FROM v -- x", "no comment"),
        ("SELECT a /* x */ FROM v", "no comment"),
        ("SELECT a FROM v WHERE b = $$x$$", "dollar quote"),
        ("SELECT a FROM v WHERE b = E'x\\' OR 1=1'", "no backslash"),
        ("DELETE FROM v", "must be a SELECT"),
        ("UPDATE v SET a = 1", "must be a SELECT"),
        ("INSERT INTO v SELECT a FROM w", "must be a SELECT"),
        ("WITH t AS (DELETE FROM v RETURNING a) SELECT a FROM t", "must only read"),
        ("WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT a FROM t) SELECT a FROM t", "recursive"),
        ("SELECT a INTO b FROM v", "must only read"),
        ("SELECT a FROM v FOR UPDATE", "must only read"),
        ("COPY v TO '/tmp/x'", "must be a SELECT"),
        ("COPY v TO PROGRAM 'x'", "must be a SELECT"),
        ("VALUES (1)", "must be a SELECT"),
        ("EXPLAIN ANALYZE SELECT a FROM v", "must be a SELECT"),
        ("SET ROLE x", "must be a SELECT"),
        ("SELECT * FROM v", "must name its columns"),
        ("SELECT v.* FROM v", "must name its columns"),
        ("TABLE v", "must name its columns"),
        ("SELECT a FROM (SELECT * FROM v) AS t", "must name its columns"),
        ("SELECT a, a FROM v", "a name of its own"),
        ("SELECT pg_read_file('/etc/passwd') AS a", "calls a function 'pg_read_file'"),
        ("SELECT lo_import('/etc/passwd') AS a", "calls a function 'lo_import'"),
        ("SELECT set_config('a', 'b', false) AS a", "calls a function 'set_config'"),
        ("SELECT pg_sleep(10) AS a", "calls a function 'pg_sleep'"),
        ("SELECT nextval('s') AS a", "calls a function 'nextval'"),
        ("SELECT query_to_xml('DELETE FROM v', true, true, '') AS a", "calls a function 'query_to_xml'"),
        ("SELECT a FROM dblink('host=x', 'SELECT 1') AS t(a int)", "calls a function 'dblink'"),
        ("SELECT load_extension('x') AS a", "calls a function"),
        ('SELECT "pg_sleep"(1) AS a', "calls a function 'pg_sleep'"),
        ("SELECT pg_catalog.pg_sleep(1) AS a", "calls a function 'pg_sleep'"),
        ("SELECT a FROM pg_ls_dir('/') AS t(a)", "calls a function 'pg_ls_dir'"),
        ("SELECT a FROM v, LATERAL pg_sleep(1) AS s", "calls a function 'pg_sleep'"),
        ("SELECT a FROM v ORDER BY pg_sleep(1)", "calls a function 'pg_sleep'"),
        ("SELECT a FROM v LIMIT pg_sleep(1)", "calls a function 'pg_sleep'"),
        ("SELECT a OPERATOR(my.+) b AS a FROM v", "must only read"),
        ("SELECT CURRENT_USER AS a", "calls a function 'CurrentUser'"),
        ("SELECT a FROM v WHERE b IN (SELECT pg_terminate_backend(1))", "calls a function"),
        ("SELECT my.secret(a) AS a FROM v", "calls a function"),
        ("SELECT generate_series(1, 1000000000) AS a", "calls a function"),
        ("SELECT a FROM v WHERE b = ?", "named parameters|cannot be read|parameters that are not known"),
        ("SELECT a FROM v WHERE b = :name", "parameters that are not known"),
        ("SELECT a FROM v WHERE b = ':cpr'", "no :word in a text"),
        ("SELECT a FROM v WHERE b = :since::date", "no :word in a text"),
        ("SELECT a FROM v WHERE (" + "(" * 500 + "1" + ")" * 500 + "=1)", "SELECT|read as SQL"),
        ("SELECT a FROM v WHERE b = '" + "x" * 20_000 + "'", "longer than"),
        ("SELECT", "a name of its own"),
        ("nothing at all", "cannot be read|must be a SELECT"),
        ("", "cannot be read|must be one statement"),
    ],
)
def test_a_statement_that_could_do_more_than_read_is_refused(statement: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        check_statement(statement, "postgresql")
    assert "/etc/passwd" not in str(refused.value)


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("sqlite", "SELECT a FROM v WHERE b = readfile('/etc/passwd')"),
        ("sqlite", "ATTACH '/tmp/x' AS y"),
        ("sqlite", "PRAGMA writable_schema = 1"),
        ("sqlite", "REPLACE INTO v (a) VALUES (1)"),
        ("mssql", "EXEC xp_cmdshell 'x'"),
        ("mssql", "SELECT a FROM OPENROWSET('x', 'y', 'z') AS t"),
        ("mssql", "SELECT a INTO #t FROM v"),
        ("mssql", "SELECT a FROM v; EXEC x"),
        ("mssql", "SELECT a FROM v WHERE b = @c"),
        ("mssql", "SELECT a FROM v WITH (UPDLOCK)"),
        ("mssql", "SELECT a FROM OPENQUERY(x, 'y') AS t"),
        ("mssql", "SELECT a FROM v WAITFOR DELAY '1'"),
        ("sqlite", "SELECT name FROM pragma_table_info('x')"),
    ],
)
def test_each_dialect_has_its_own_ways_and_none_goes_through(dialect: str, statement: str) -> None:
    with pytest.raises(ValueError, match=r"must|function|read as SQL"):
        check_statement(statement, dialect)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a, TRIM(b) AS b FROM v WHERE d >= :from_day AND d <= :to_day",
        "WITH t AS (SELECT a, b FROM v) SELECT a, COUNT(*) AS n FROM t GROUP BY a",
        "SELECT a FROM v UNION ALL SELECT a FROM w",
        "SELECT CASE WHEN a = 'x;--' THEN '1' ELSE '2' END AS a, CAST(b AS VARCHAR(10)) AS b FROM s.v",
        "SELECT TO_CHAR(d, 'YYYY HH24:MI') AS d, a || 'æ' AS a FROM v LEFT JOIN w ON v.id = w.id ORDER BY d LIMIT 5",
        "SELECT a FROM v WHERE cpr = :cpr AND EXISTS (SELECT 1 FROM w WHERE w.a = v.a);",
    ],
)
def test_what_a_municipal_engineer_writes_goes_through(statement: str) -> None:
    check_statement(statement, "postgresql")
