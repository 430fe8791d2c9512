#!/usr/bin/python3
"""Statements that are long or deep: each is answered, or refused with PostgreSQL's code for what is too much; the server stays."""
import unittest

import psycopg2

import wire

# Too deep; too long, too many columns, too many arguments.
TOO_MUCH = ("54001", "54000", "54011", "54023")


def repeat(count, part, between):
    return between.join(part(i) for i in range(count))


# name: (statement of a size, largest size that must be answered, size that may be refused)
STATEMENTS = {
    "conditions": (lambda n: "SELECT count(*) FROM h WHERE " + repeat(n, lambda i: f"(a <> {i} OR b > a)", " AND "), 2000, 8000),
    "alternatives": (lambda n: "SELECT count(*) FROM h WHERE " + repeat(n, lambda i: f"(a = {i} OR b = {i + 1})", " OR "), 5000, 20000),
    "case": (lambda n: "SELECT sum(CASE " + repeat(n, lambda i: f"WHEN a = {i} THEN b + {i % 7}", " ") + " END) FROM h", 2000, 16000),
    "coalesce": (lambda n: "SELECT max(coalesce(" + repeat(n, lambda i: f"nullif(a, {i})", ", ") + ")) FROM h", 500, 8000),
    "greatest": (lambda n: "SELECT greatest(" + repeat(n, lambda i: f"a + {i}", ", ") + ") FROM h LIMIT 1", 2000, 20000),
    "sum of terms": (lambda n: "SELECT " + repeat(n, lambda i: "a" if i % 2 else str(i), " + ") + " FROM h LIMIT 1", 500, 10000),
    "parentheses": (lambda n: "SELECT " + "(" * n + "1" + ")" * n, 500, 100000),
    "negations": (lambda n: "SELECT " + "- " * n + "1", 500, 30000),
    "calls": (lambda n: "SELECT " + "abs(" * n + "1" + ")" * n, 300, 30000),
    "IN items": (lambda n: "SELECT count(*) FROM h WHERE a IN (" + repeat(n, str, ",") + ")", 10000, 100000),
    "IN expressions": (lambda n: "SELECT count(*) FROM h WHERE a NOT IN (" + repeat(n, lambda i: f"b + {i}", ",") + ")", 500, 5000),
    "rows compared": (lambda n: "SELECT (" + repeat(n, str, ",") + ") < (" + repeat(n, str, ",") + ")", 1664, 30000),
    "array items": (lambda n: "SELECT array_length(ARRAY[" + repeat(n, str, ",") + "], 1)", 20000, 100000),
    "UNION ALL": (lambda n: repeat(n, lambda i: f"SELECT {i}", " UNION ALL "), 200, 5000),
    "relations": (lambda n: "SELECT count(*) FROM " + repeat(n, lambda i: f"h t{i}", ", ") + " WHERE " +
                  repeat(n, lambda i: f"t{i}.a = {i}", " AND "), 60, 3000),
    "left joins": (lambda n: "SELECT count(*) FROM h t0 " +
                   repeat(n, lambda i: f"LEFT JOIN h t{i + 1} ON t{i + 1}.a = t{i}.a", " "), 60, 3000),
    "subqueries": (lambda n: "SELECT * FROM " + "(SELECT * FROM " * n + "h" + repeat(n, lambda i: f") q{i}", "") + " LIMIT 1", 200, 5000),
    "nested IN": (lambda n: "SELECT count(*) FROM h WHERE " + "a IN (SELECT a FROM h WHERE " * n + "true" + ")" * n, 30, 5000),
    "common table expressions": (lambda n: "WITH c0 AS (SELECT 1 AS x), " +
                                 repeat(n, lambda i: f"c{i + 1} AS (SELECT x + 1 AS x FROM c{i})", ", ") + f" SELECT * FROM c{n}", 100, 5000),
    "targets": (lambda n: "SELECT " + repeat(n, lambda i: f"a + {i}", ", ") + " FROM h LIMIT 1", 1664, 1665),
    "groups": (lambda n: "SELECT count(*) FROM h GROUP BY " + repeat(n, lambda i: f"a + {i}", ", "), 300, 30000),
    "sort keys": (lambda n: "SELECT a FROM h ORDER BY " + repeat(n, lambda i: f"a + {i}", ", ") + " LIMIT 1", 300, 30000),
    "windows": (lambda n: "SELECT " + repeat(n, lambda i: f"sum(a) OVER (ORDER BY a + {i})", ", ") + " FROM h LIMIT 1", 60, 3000),
    "arguments": (lambda n: "SELECT greatest(abs(1), 2) + length(concat(" + repeat(n, str, ", ") + "))", 5, 101),
    "columns": (lambda n: f"CREATE TEMP TABLE w{n} (" + repeat(n, lambda i: f"c{i} int", ", ") + ")", 1600, 1601),
    "VALUES rows": (lambda n: "SELECT count(*) FROM (VALUES " + repeat(n, lambda i: f"({i}, 'x{i}')", ", ") + ") v", 20000, 100000),
    "literal": (lambda n: "SELECT length('" + "x" * n + "')", 1000000, 8000000),
    "statements": (lambda n: ";".join(["SELECT 1"] * n), 5000, 10000),
    "regular expression": (lambda n: "SELECT 'x' ~ '" + "(" * n + "a" + ")" * n + "'", 50, 30000),
    "jsonb": (lambda n: "SELECT '" + "[" * n + "]" * n + "'::jsonb", 500, 30000),
}


class HugeTest(wire.ServerTest):
    def test_every_statement(self):
        connection = self.connect()
        wire.run(connection, "CREATE TABLE h (a integer, b integer)")
        wire.run(connection, "INSERT INTO h SELECT i, i % 97 FROM generate_series(1, 50) AS i")
        for name, (text, answered, refused) in STATEMENTS.items():
            with self.subTest(name):
                wire.run(connection, text(answered))
                try:
                    wire.run(connection, text(refused))
                except psycopg2.Error as error:
                    self.assertIn(error.pgcode, TOO_MUCH, str(error)[:200])
        self.assertEqual(wire.run(connection, "SELECT count(*) FROM h"), [(50,)])


if __name__ == "__main__":
    wire.main()
