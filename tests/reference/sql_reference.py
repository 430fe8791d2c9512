#!/usr/bin/python3
"""Writes docs/guide/sql-reference.md from what a server says of itself, or checks that the page is not stale.

  sql_reference.py --lathed PATH            fails when the page is not what the server says
  sql_reference.py --lathed PATH --update   writes the page
  sql_reference.py --record-postgres PORT   writes postgres_functions.txt from a PostgreSQL 15
"""
import argparse
import collections
import difflib
import os
import sys

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from server import Server  # noqa: E402

PAGE = os.path.join(HERE, "..", "..", "docs", "guide", "sql-reference.md")
POSTGRES = os.path.join(HERE, "postgres_functions.txt")

# Types whose functions PostgreSQL has and that are out of Lathe's scope, by their name.
OUT_OF_SCOPE = ("bit", "bit varying", "money", "inet", "cidr", "macaddr", "macaddr8", "xml", "point", "line", "lseg", "box",
                "path", "polygon", "circle", "tsvector", "tsquery", "regconfig", "regdictionary", "range", "pg_lsn", "txid_snapshot",
                "pg_snapshot", "xid", "xid8", "cid", "tid", "aclitem", "internal", "cstring", "trigger", "refcursor", "gtsvector")

# Statements with an example each. Those that answer 0A000 are not there.
STATEMENTS = [
    ("SELECT", "SELECT 1"), ("VALUES", "VALUES (1)"), ("TABLE", "TABLE r_t"), ("SELECT INTO", "SELECT 1 AS a INTO r_into"),
    ("WITH RECURSIVE", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r"),
    ("SELECT FOR UPDATE", "SELECT * FROM r_t FOR UPDATE"), ("INSERT", "INSERT INTO r_t VALUES (1, 'a')"),
    ("INSERT ON CONFLICT", "INSERT INTO r_t VALUES (1, 'a') ON CONFLICT (a) DO NOTHING"), ("UPDATE", "UPDATE r_t SET b = 'b'"),
    ("DELETE", "DELETE FROM r_t"),
    ("MERGE", "MERGE INTO r_t USING (VALUES (1)) v(x) ON a = x WHEN MATCHED THEN DO NOTHING"),
    ("TRUNCATE", "TRUNCATE r_t"), ("COPY TO", "COPY r_t TO STDOUT"), ("COPY FROM", "COPY r_t FROM STDIN"),
    ("COPY binary", "COPY r_t TO STDOUT (FORMAT binary)"), ("EXPLAIN", "EXPLAIN SELECT 1"), ("CREATE TABLE", "CREATE TABLE r_c (a int)"),
    ("CREATE TABLE ... FOREIGN KEY", "CREATE TABLE r_f (a int REFERENCES r_t (a))"),
    ("CREATE TABLE ... CHECK", "CREATE TABLE r_k (a int CHECK (a > 0))"), ("CREATE TABLE ... DEFAULT", "CREATE TABLE r_d (a int DEFAULT 1)"),
    ("CREATE TABLE ... GENERATED AS IDENTITY", "CREATE TABLE r_i (a int GENERATED ALWAYS AS IDENTITY)"),
    ("CREATE TABLE ... GENERATED STORED", "CREATE TABLE r_g (a int, b int GENERATED ALWAYS AS (a + 1) STORED)"),
    ("CREATE TABLE ... PARTITION BY", "CREATE TABLE r_p (a int) PARTITION BY RANGE (a)"),
    ("CREATE TEMP TABLE", "CREATE TEMP TABLE r_tmp (a int)"), ("CREATE TABLE AS", "CREATE TABLE r_as AS SELECT 1 AS a"),
    ("CREATE VIEW", "CREATE VIEW r_v AS SELECT 1 AS a"), ("CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW r_mv AS SELECT 1 AS a"),
    ("CREATE INDEX", "CREATE INDEX r_x ON r_t (b)"), ("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX r_u ON r_t (b)"),
    ("CREATE INDEX on expressions", "CREATE INDEX r_xe ON r_t (lower(b))"), ("CREATE INDEX ... WHERE", "CREATE INDEX r_xp ON r_t (b) WHERE a > 0"),
    ("CREATE INDEX CONCURRENTLY", "CREATE INDEX CONCURRENTLY r_xc ON r_t (b)"),
    ("CREATE SCHEMA", "CREATE SCHEMA r_s"), ("CREATE SEQUENCE", "CREATE SEQUENCE r_q"), ("CREATE TYPE AS ENUM", "CREATE TYPE r_e AS ENUM ('a')"),
    ("CREATE TYPE (composite)", "CREATE TYPE r_ct AS (a int)"), ("CREATE DOMAIN", "CREATE DOMAIN r_dom AS int"),
    ("CREATE FUNCTION", "CREATE FUNCTION r_fn() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    ("CREATE TRIGGER", "CREATE TRIGGER r_tr BEFORE INSERT ON r_t FOR EACH ROW EXECUTE FUNCTION f()"),
    ("CREATE ROLE", "CREATE ROLE r_role"), ("CREATE DATABASE", "CREATE DATABASE r_db"), ("CREATE EXTENSION", "CREATE EXTENSION r_ext"),
    ("CREATE POLICY", "CREATE POLICY r_pol ON r_t"), ("CREATE RULE", "CREATE RULE r_rule AS ON INSERT TO r_t DO NOTHING"),
    ("ALTER TABLE ADD COLUMN", "ALTER TABLE r_t ADD COLUMN c int"), ("ALTER TABLE DROP COLUMN", "ALTER TABLE r_t DROP COLUMN b"),
    ("ALTER TABLE ADD PRIMARY KEY", "ALTER TABLE r_t2 ADD PRIMARY KEY (a)"), ("ALTER TABLE RENAME", "ALTER TABLE r_t RENAME TO r_t3"),
    ("ALTER TABLE ALTER COLUMN TYPE", "ALTER TABLE r_t ALTER COLUMN a TYPE bigint"), ("DROP TABLE", "DROP TABLE r_t"),
    ("COMMENT", "COMMENT ON TABLE r_t IS 'x'"), ("GRANT", "GRANT SELECT ON r_t TO PUBLIC"), ("BEGIN, COMMIT, ROLLBACK", "BEGIN"),
    ("SAVEPOINT", "SAVEPOINT r_sp"), ("PREPARE TRANSACTION", "PREPARE TRANSACTION 'r'"),
    ("BEGIN ISOLATION LEVEL SERIALIZABLE", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"), ("LOCK", "LOCK TABLE r_t"),
    ("PREPARE, EXECUTE", "PREPARE r_prep AS SELECT 1"), ("DECLARE CURSOR", "DECLARE r_cur CURSOR FOR SELECT 1"),
    ("SET, SHOW, RESET", "SHOW timezone"), ("DISCARD", "DEALLOCATE ALL"), ("ANALYZE", "ANALYZE r_t"), ("VACUUM", "VACUUM r_t"), ("CLUSTER", "CLUSTER r_t"),
    ("REINDEX", "REINDEX TABLE r_t"), ("CHECKPOINT", "CHECKPOINT"), ("LISTEN, NOTIFY", "LISTEN r_l"), ("DO", "DO 'BEGIN END'"),
    ("CALL", "CALL r_proc()"),
]
# Cannot be tried within the transaction that is rolled back after each.
ALONE = {"VACUUM", "CREATE DATABASE", "CHECKPOINT", "CREATE INDEX CONCURRENTLY", "CLUSTER", "REINDEX"}

HEAD = """# SQL reference

What SQL there is, in tables. This page is written by `tests/reference/sql_reference.py --update` from what the server knows of itself (pg_proc,
pg_operator, pg_type, pg_settings, and statements and casts that are tried); a test fails when it is stale. Functions and operators do what
PostgreSQL 15's manual says of those with the same names and argument types. What is not listed is not there: a function or operator answers
42883, a type 42704, and a feature of the language 0A000 with the feature's name.
"""

REGEX = """## Regular expressions

`~`, the `regexp_` functions, `SIMILAR TO`, `substring(... FROM pattern)` and `like_regex` have PostgreSQL's advanced regular expressions. Patterns
that RE2 understands the same way run on RE2, in time linear in the text. The others (back references, look-around, `\\m` `\\M` `\\y` next to them,
`[[:<:]]`, greedy and non-greedy quantifiers in one pattern, the flags n, m, p, w and x) run on a matcher of Lathe's own, whose time is
polynomial without back references and can grow exponentially with them. Where the two differ from PostgreSQL:

- collating elements (`[.x.]`, `[=x=]`) and basic regular expressions (flag b, `***` directors other than `***=` and `***:`) answer 0A000;
- letters and digits beyond ASCII (`\\w`, `[[:alpha:]]`, case-insensitive matching) follow Unicode, not the C library's locale;
- a repetition count above 255, and a pattern whose automaton takes more than 16 MB, answer 2201B;
- where the parentheses of a pattern with alternatives match is found out by Lathe's matcher, also for patterns that run on RE2.
"""

DIFFERENCES = """## Differences from PostgreSQL

- Text compares bytewise (collation "C"); upper, lower and initcap follow Unicode.
- `numeric(p,s)` columns refuse NaN; computations of fixed-scale numerics carry up to 38 digits and then answer 22003 where PostgreSQL goes on.
- to_char, to_date and to_number use the names and signs of the C locale; TM gives English names.
- `jsonpath` has no `.datetime()` and nests at most 256 deep (54001); the ids of `.keyvalue()` are other numbers for objects within objects.
- `jsonb -> 0` of a scalar is NULL (PostgreSQL: the scalar itself).
- Out of scope: bit strings, money, network, geometric, range, text search and XML types.
"""


def fetch(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()


def cell(text):
    return str(text).replace("|", "\\|")


def code(text):
    """Code in a table: a pipe cannot be escaped there in every renderer, so it becomes an entity."""
    text = str(text)
    return "<code>" + text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("*", "&#42;").replace("`", "&#96;") + "</code>"


def type_names(cursor):
    return {oid: name for oid, name in fetch(cursor, "SELECT oid::bigint, format_type(oid, NULL) FROM pg_type")}


def arguments(text, names):
    """The argument types of a row of pg_proc, whichever way the vector is shown."""
    return [names.get(int(part), "any") for part in text.strip("{}").replace(",", " ").split()]


def section_functions(cursor, names):
    rows = fetch(cursor, """SELECT proname::text, proargtypes::text, prorettype::bigint, prokind::text, proretset FROM pg_proc
                            WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'pg_catalog')""")
    kinds = collections.defaultdict(lambda: collections.defaultdict(set))
    signatures = set()
    for name, args, result, kind, is_set in rows:
        types = arguments(args, names)
        signatures.add(f"{name}({', '.join(types)})")
        result_name = names.get(result, "any")
        where = {"a": "Aggregates", "w": "Window functions"}.get(kind, "Functions that give rows" if is_set else "Functions")
        kinds[where][name].add((", ".join(types), result_name))
    out = []
    for where in ("Functions", "Functions that give rows", "Aggregates", "Window functions"):
        out.append(f"## {where}\n")
        out.append("| name | arguments → result |\n|---|---|")
        for name in sorted(kinds[where]):
            calls = "; ".join(f"({args}) → {result}" for args, result in sorted(kinds[where][name]))
            out.append(f"| `{name}` | {cell(calls)} |")
        out.append("")
    return out, signatures


def section_operators(cursor, names):
    rows = fetch(cursor, "SELECT oprname::text, oprleft::bigint, oprright::bigint, oprresult::bigint FROM pg_operator")
    by_name = collections.defaultdict(set)
    signatures = set()
    for name, left, right, result in rows:
        left_name = names.get(left, "any") + " " if left else ""
        by_name[name].add((left_name.strip(), names.get(right, "any"), names.get(result, "any")))
        signatures.add(name)
    out = ["## Operators\n", "| operator | operands → result |\n|---|---|"]
    for name in sorted(by_name):
        calls = "; ".join((f"{left}, {right}" if left else f"prefix {right}") + f" → {result}" for left, right, result in sorted(by_name[name]))
        out.append(f"| {code(name)} | {cell(calls)} |")
    out.append("")
    return out, signatures


def section_types(cursor):
    rows = fetch(cursor, """SELECT format_type(oid, NULL), typname::text, typcategory::text, oid::bigint FROM pg_type
                            WHERE typtype = 'b' AND typname NOT LIKE '\\_%' ORDER BY 1""")
    out = ["## Types\n", "Arrays of all of them, enums, domains and composite types as far as the statements below create them.\n",
           "| type | in pg_type | category | oid |\n|---|---|---|---|"]
    out += [f"| {cell(shown)} | `{name}` | {category} | {oid} |" for shown, name, category, oid in rows]
    out.append("")
    return out, [(shown, name) for shown, name, _, _ in rows]


def section_casts(connection, types):
    """Tries each pair: x = with CAST only, a = also when a value is stored in a column."""
    out = ["## Casts\n", "From the type of the row: assigned by themselves, and with CAST only. Any type goes to and from text, varchar and char.\n",
           "| from | assigned | with CAST only |\n|---|---|---|"]
    strings = ("text", "character varying", "character", "name", '"char"')
    cursor = connection.cursor()
    for source, _ in types:
        assigned, explicit = [], []
        for target, _ in types:
            if source == target or source in strings or target in strings:
                continue
            try:
                cursor.execute(f"SELECT CAST(NULL::{source} AS {target})")
            except psycopg2.Error:
                continue
            try:
                cursor.execute(f"CREATE TEMP TABLE r_cast (c {target})")
                cursor.execute(f"INSERT INTO r_cast SELECT NULL::{source}")
                assigned.append(target)
            except psycopg2.Error:
                explicit.append(target)
            cursor.execute("DROP TABLE IF EXISTS r_cast")
        if assigned or explicit:
            out.append(f"| {cell(source)} | {cell(', '.join(assigned))} | {cell(', '.join(explicit))} |")
    out.append("")
    return out


def section_statements(connection):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE r_t (a int PRIMARY KEY, b text)")
    cursor.execute("CREATE TABLE r_t2 (a int NOT NULL)")
    there, missing = [], []
    for name, sql in STATEMENTS:
        state = None
        if name not in ALONE:
            cursor.execute("BEGIN")
        try:
            if name.startswith("COPY"):
                copy = cursor.copy_expert
                copy(sql, open(os.devnull, "r+" if "FROM" in name else "w", encoding="utf-8"))
            else:
                cursor.execute(sql)
        except psycopg2.Error as error:
            state = error.pgcode
        if name not in ALONE:
            cursor.execute("ROLLBACK")
        (missing if state in ("0A000", "42601") else there).append(name)
    return ["## Statements\n", "There: " + ", ".join(there) + ".\n", "Answered with 0A000: " + ", ".join(missing) + ".\n"]


def section_settings(cursor):
    rows = fetch(cursor, "SELECT name, setting, vartype, short_desc FROM pg_settings ORDER BY lower(name)")
    out = ["## Settings\n", "| setting | kind | what |\n|---|---|---|"]
    out += [f"| `{name}` | {kind} | {cell(what)} |" for name, _, kind, what in rows]
    out.append("")
    return out


def callable_with_nulls(cursor, name):
    """Whether the binder knows the name in a way that pg_proc does not say (casts, num_nulls, format)."""
    for count in range(4):
        try:
            cursor.execute(f'SELECT "{name}"({", ".join(["NULL"] * count)})')
        except psycopg2.Error as error:
            if error.pgcode not in ("42725", "42804"):
                continue
        return True
    return False


def section_missing(cursor, functions, operators):
    """What PostgreSQL has and Lathe has not, types out of scope left out, by name."""
    missing, missing_operators = collections.Counter(), collections.Counter()
    ours = {signature.split("(")[0] for signature in functions}
    for line in open(POSTGRES, encoding="utf-8"):
        kind, signature = line.rstrip("\n").split("\t")
        if kind == "f" and signature not in ours and not callable_with_nulls(cursor, signature):
            missing[signature] += 1
        if kind == "o" and signature not in operators:
            missing_operators[signature] += 1
    return ["## Not there\n", "PostgreSQL 15's functions that Lathe does not have under any arguments, those of types out of scope and of the server's "
            "administration left out:\n", ", ".join(f"`{name}`" for name in sorted(missing)) + ".\n",
            "Operators: " + (", ".join(code(name) for name in sorted(missing_operators)) or "none") + ".\n"]


def record_postgres(port):
    connection = psycopg2.connect(host="127.0.0.1", port=port, user="lathe", dbname="lathe")
    cursor = connection.cursor()
    internal = r"^(pg_|_pg|RI_|bt|hash|gin|gist|spg|brin|array_(in|out|recv|send)|lo_|lo$|lo(read|write)|lowrite|float8_|int[248]_sum|int[248]int[248]_sum|int8_avg|int8(inc|dec)_|interval_avg|record_image_|anytextcat|textanycat|bool(and|or)_state|bytean?like|row_security|has_|ts_|txid|binary_upgrade|index_am|heap_|amvalid|in_range|inet|fmgr|unique_key|suppress_|plpgsql|postgresql_fdw|dsimple|dispell|dsynonym|thesaurus|prs|satisfies|.*_(subdiff|in|out|recv|send|typmod|typmodin|typmodout|support|handler|sel|joinsel|accum|accum_inv|combine|serialize|deserialize|transfn|invtransfn|finalfn|final|larger|smaller|sortsupport|hash|hash_extended)$|.*(typmodin|typmodout|joinsel|sel|in|out|recv|send|sortsupport|larger|smaller|hash|hashextended|cmp)$)"
    cursor.execute("SELECT p.proname::text, array(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t), format_type(p.prorettype, NULL), "
                   "p.prokind::text FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname !~ %s", (internal,))
    outside = lambda types: any(t.startswith(OUT_OF_SCOPE) or t.endswith("range") for t in types)  # noqa: E731
    lines = {f"f\t{name}" for name, types, result, _ in cursor.fetchall() if not outside(types + [result.removeprefix("SETOF ")])}
    cursor.execute("SELECT DISTINCT oprname::text, format_type(oprleft, NULL), format_type(oprright, NULL) FROM pg_operator")
    lines |= {f"o\t{name}" for name, left, right in cursor.fetchall() if not outside([t for t in (left, right) if t])}
    with open(POSTGRES, "w", encoding="utf-8") as file:
        file.write("\n".join(sorted(lines)) + "\n")


def page(port):
    connection = psycopg2.connect(host="127.0.0.1", port=port, user="lathe", dbname="lathe")
    connection.autocommit = True
    cursor = connection.cursor()
    names = type_names(cursor)
    types, type_list = section_types(cursor)
    functions, function_signatures = section_functions(cursor, names)
    operators, operator_signatures = section_operators(cursor, names)
    settings = section_settings(cursor)
    casts = section_casts(connection, type_list)
    statements = section_statements(connection)
    parts = [HEAD] + statements + types + casts + operators + functions + settings + [REGEX, DIFFERENCES]
    parts += section_missing(cursor, function_signatures, operator_signatures)
    return "\n".join(parts).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathed")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--record-postgres", type=int)
    options = parser.parse_args()
    if options.record_postgres:
        record_postgres(options.record_postgres)
        return 0
    with Server(options.lathed) as server:
        text = page(server.port)
    if options.update:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    current = open(PAGE, encoding="utf-8").read() if os.path.exists(PAGE) else ""
    if text == current:
        return 0
    sys.stdout.writelines(list(difflib.unified_diff(current.splitlines(True), text.splitlines(True), "the page", "the server"))[:60])
    print("docs/guide/sql-reference.md is stale: run tests/reference/sql_reference.py --lathed PATH --update")
    return 1


if __name__ == "__main__":
    sys.exit(main())
