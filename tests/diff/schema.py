"""The tables that random queries read: few, small, of all types, with NULLs, skew, duplicates and an empty one.

Everything follows from the seed. tables(seed) gives the CREATE TABLE statements and the rows as INSERT texts.
"""
import random

# Column types by their short names, which the generator uses.
SQL_TYPES = {
    "int": "integer", "big": "bigint", "small": "smallint", "num": "numeric(10,2)",
    "dbl": "double precision", "real": "real", "text": "text", "vchar": "varchar(12)",
    "bpchar": "char(4)", "bool": "boolean", "date": "date", "ts": "timestamp",
    "tstz": "timestamptz", "time": "time", "iv": "interval", "uuid": "uuid", "bytea": "bytea",
    "json": "jsonb", "arr": "integer[]"}

# The same as they stand behind :: (no length, no precision).
CAST_TYPES = {**SQL_TYPES, "num": "numeric", "vchar": "varchar", "bpchar": "char(4)"}

# table: (number of rows, constraint, [(column, type, chance of NULL; None = declared NOT NULL)])
TABLES = {
    "t0": (0, "", [("a", "int", 0.1), ("b", "big", 0.1), ("s", "text", 0.1), ("d", "date", 0.1)]),
    "t1": (40, "PRIMARY KEY (k)", [
        ("k", "int", None), ("a", "int", 0.15), ("b", "big", 0.1), ("c", "small", 0.2),
        ("n", "num", 0.1), ("f", "dbl", 0.1), ("s", "text", 0.1), ("o", "bool", 0.3),
        ("d", "date", 0.1)]),
    "t2": (150, "PRIMARY KEY (k, l)", [
        ("k", "int", None), ("l", "int", None), ("a", "int", 0.05), ("n", "num", 0.2),
        ("v", "vchar", 0.2), ("p", "bpchar", 0.1), ("ts", "ts", 0.1), ("z", "tstz", 0.1)]),
    "t3": (90, "", [
        ("a", "int", 0.3), ("b", "big", 0.3), ("s", "text", 0.3), ("r", "real", 0.2),
        ("o", "bool", 0.2), ("n", "num", None), ("d", "date", None)]),
    "t4": (30, "UNIQUE (k)", [
        ("k", "int", 0.2), ("u", "uuid", 0.2), ("y", "bytea", 0.2), ("t", "time", 0.2),
        ("i", "iv", 0.2), ("j", "json", 0.2), ("x", "arr", 0.2), ("s", "text", None)]),
    # Enough rows for several morsels and to spill under a small limit.
    "big": (4000, "PRIMARY KEY (k)", [
        ("k", "int", None), ("a", "int", 0.05), ("b", "big", 0.05), ("s", "text", 0.05),
        ("n", "num", 0.02), ("d", "date", None)])}

# (table, columns): made before the rows, after them or in between, by the state of the data.
INDEXES = [("t1", "a"), ("t1", "s, d"), ("t2", "a, n"), ("t2", "v"), ("t3", "b"), ("t3", "s"), ("t4", "s, u"),
           ("big", "a"), ("big", "d, k"), ("big", "s")]

WORDS = ["", "a", "b", "ab", "abc", "Abc", "foo", "bar", "foobar", "x_y", "100%", "  pad ", "zz",
         "\u00e4\u00f6\u00fc", "\u65e5\u672c", "o'clock", "longer text than twelve bytes", "a\\b"]


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def skewed(rng, size):
    """Small numbers often, others seldom."""
    return 0 if rng.random() < 0.3 else int(rng.paretovariate(0.8)) % size if rng.random() < 0.6 \
        else rng.randrange(size)


def value(rng, type):
    """A literal's text of the type, without a cast where SQL needs none."""
    if type == "int":
        return str(skewed(rng, 40) * rng.choice([1, 1, 1, -1]))
    if type == "big":
        return str(rng.choice([skewed(rng, 60), skewed(rng, 60), -skewed(rng, 9),
                               skewed(rng, 40) * 1000000007]))
    if type == "small":
        return str(skewed(rng, 12))
    if type == "num":
        return f"{rng.choice([1, 1, -1]) * skewed(rng, 4000) / rng.choice([1, 4, 100]):.2f}"
    if type in ("dbl", "real"):
        # Multiples of a quarter: sums are exact in any order.
        return str(rng.choice([1, 1, -1]) * skewed(rng, 200) / 4)
    if type in ("text", "vchar", "bpchar"):
        word = rng.choice(WORDS)
        limit = {"text": 100, "vchar": 12, "bpchar": 4}[type]
        return quote(word[:limit])
    if type == "bool":
        return rng.choice(["true", "false"])
    date = f"20{rng.choice([19, 20, 20, 21])}-{rng.choice([1, 2, 2, 12]):02}-{rng.choice([1, 1, 28, 29 if rng.random() < 0.3 else 15]):02}"
    if date in ("2019-02-29", "2021-02-29"):
        date = "2020-02-29"
    if type == "date":
        return quote(date)
    clock = f"{rng.choice([0, 7, 12, 23]):02}:{rng.choice([0, 30, 59]):02}:{rng.choice([0, 1, 59]):02}{rng.choice(['', '.5', '.000001'])}"
    if type == "ts":
        return quote(f"{date} {clock}")
    if type == "tstz":
        return quote(f"{date} {clock}{rng.choice(['+00', '+02', '-05:30'])}")
    if type == "time":
        return quote(clock)
    if type == "iv":
        return quote(rng.choice(["1 day", "2 hours", "1 month", "-3 days", "1 year 2 days 03:04:05",
                                 "0", "25:00:00", "40 days"]))
    if type == "uuid":
        return quote(f"00000000-0000-4000-8000-0000000000{skewed(rng, 90) + 10}")
    if type == "bytea":
        return quote(rng.choice(["\\x", "\\x00", "\\x01ff", "\\xdeadbeef", "abc"]))
    if type == "json":
        return quote(rng.choice(['{"a": 1}', '{"a": 2, "b": [1, 2]}', '[1, "x", null]', '"s"', '7',
                                 'null', '{"b": {"c": true}}', '{}', '{"a": null}']))
    if type == "arr":
        return quote(rng.choice(["{}", "{1}", "{1,2,3}", "{NULL,2}", "{3,3}", "{0,-1,40}"]))
    raise ValueError(type)


def items(table):
    """The table's columns as CREATE TABLE takes them."""
    return [f"{name} {SQL_TYPES[type]}{' NOT NULL' if null is None else ''}" for name, type, null in TABLES[table][2]]


def create(table):
    constraint = TABLES[table][1]
    return f"CREATE TABLE {table} ({', '.join(items(table) + ([constraint] if constraint else []))})"


def create_parts(table):
    """The statements that make the table of parts, for PARTS."""
    by, constrained, parts = PARTS[table]
    constraint = TABLES[table][1] if constrained else ""
    own = items(table)
    out = [f"CREATE TABLE {table} ({', '.join(own + ([constraint] if constraint else []))}) {by}"]
    return out + [part.replace("~", ", ".join(own[::-1])) for part in parts]


def spread(table, texts):
    """INSERT statements that put every row into one of the tables: a partitioned parent routes, an inherited one does not."""
    if PARTS[table][0]:
        return inserts(table, texts)
    columns = ", ".join(name for name, _, _ in TABLES[table][2])
    heirs = [part.split()[2] for part in PARTS[table][2]]
    out = []
    for number, place in enumerate([table, *heirs]):
        own = texts[number::len(heirs) + 1]
        if own:
            out.append(f"INSERT INTO {place} ({columns}) VALUES {', '.join(own)}")
    return out


def rows(seed, table):
    """The rows' texts, "(1, NULL, 'x')"."""
    rng = random.Random(f"rows:{seed}:{table}")
    count, _, columns = TABLES[table]
    result = []
    for number in range(count):
        cells = []
        for name, type, null in columns:
            if name == "k" and table in ("t1", "big"):
                cells.append(str(number))
            elif name == "k" and table == "t2":
                cells.append(str(number // 5))
            elif name == "l":
                cells.append(str(number % 5))
            elif null is not None and rng.random() < null:
                cells.append("NULL")
            elif name == "k":
                cells.append(str(number))
            else:
                cells.append(value(rng, type))
        result.append(f"({', '.join(cells)})")
    return result


def inserts(table, texts, step=500):
    """INSERT statements of the rows."""
    return [f"INSERT INTO {table} VALUES {', '.join(texts[start:start + step])}"
            for start in range(0, len(texts), step)]


# What the storage holds when the queries run: the same rows in every state.
STATES = ("delta", "folded", "mixed", "parts")

# How the tables of the state "parts" are divided: what follows the parent's columns, whether the parent has the table's
# constraint, and what makes the parts. "~" stands for the table's columns in the opposite order.
PARTS = {
    "t0": ("", True, ["CREATE TABLE t0_one () INHERITS (t0)"]),
    "t1": ("PARTITION BY RANGE (k)", True, [
        "CREATE TABLE t1_low PARTITION OF t1 FOR VALUES FROM (MINVALUE) TO (7)",
        "CREATE TABLE t1_mid (gone int, ~, PRIMARY KEY (k))", "ALTER TABLE t1_mid DROP COLUMN gone",
        "ALTER TABLE t1 ATTACH PARTITION t1_mid FOR VALUES FROM (7) TO (20)",
        "CREATE TABLE t1_rest PARTITION OF t1 DEFAULT"]),
    "t2": ("PARTITION BY LIST (l)", True, [
        "CREATE TABLE t2_even PARTITION OF t2 FOR VALUES IN (0, 2, 4) PARTITION BY HASH (k)",
        "CREATE TABLE t2_even_0 PARTITION OF t2_even FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
        "CREATE TABLE t2_even_1 PARTITION OF t2_even FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        "CREATE TABLE t2_one PARTITION OF t2 FOR VALUES IN (1)", "CREATE TABLE t2_rest PARTITION OF t2 DEFAULT"]),
    "t3": ("PARTITION BY LIST (s)", True, [
        "CREATE TABLE t3_null PARTITION OF t3 FOR VALUES IN (NULL, 'a', 'foo')",
        "CREATE TABLE t3_rest PARTITION OF t3 DEFAULT PARTITION BY RANGE (n, d)",
        "CREATE TABLE t3_low PARTITION OF t3_rest FOR VALUES FROM (MINVALUE, MINVALUE) TO (0, '2020-02-01')",
        "CREATE TABLE t3_high PARTITION OF t3_rest FOR VALUES FROM (0, '2020-02-01') TO (MAXVALUE, MAXVALUE)"]),
    "t4": ("", False, ["CREATE TABLE t4_some () INHERITS (t4)", "CREATE TABLE t4_more (own int, ~, UNIQUE (k)) INHERITS (t4)"]),
    "big": ("PARTITION BY RANGE (d)", False, [
        "CREATE TABLE big_old PARTITION OF big FOR VALUES FROM (MINVALUE) TO ('2020-01-15')",
        "CREATE TABLE big_mid (~)",
        "ALTER TABLE big ATTACH PARTITION big_mid FOR VALUES FROM ('2020-01-15') TO ('2020-12-01')",
        "CREATE TABLE big_new PARTITION OF big FOR VALUES FROM ('2020-12-01') TO (MAXVALUE)"])}


def namespace(state):
    """The schema that holds a state's tables."""
    return "diff_" + state


def plain_statements(seed):
    """The same tables and rows without schema, keys and indexes."""
    out = []
    for table, (_, constraint, _) in TABLES.items():
        out.append(create(table).replace(f", {constraint})", ")") if constraint else create(table))
        out += inserts(table, rows(seed, table))
    return out


def statements(seed, state):
    """What makes schema `state`: its tables and rows, written in the state's way."""
    out = [f"DROP SCHEMA IF EXISTS {namespace(state)} CASCADE", f"CREATE SCHEMA {namespace(state)}",
           f"SET search_path = {namespace(state)}"]
    for table, (_, _, columns) in TABLES.items():
        texts = rows(seed, table)
        indexes = [f"CREATE INDEX ON {table} ({keys})" for name, keys in INDEXES if name == table]
        if state == "parts":
            out += create_parts(table) + indexes + spread(table, texts)
            continue
        out.append(create(table))
        if state != "mixed":
            loads = inserts(table, texts)
            out += indexes + loads if state == "delta" else loads + indexes
            continue
        # Two thirds folded, then changed in place, deleted, written again and added to.
        key = {"t1": "k", "t2": "k", "big": "k", "t4": "k"}.get(table)
        first = texts[:len(texts) * 2 // 3]
        out += inserts(table, first)
        out.append(f"VACUUM {table}")
        out += indexes
        column = columns[-1][0]
        out.append(f"UPDATE {table} SET {column} = {column} WHERE {columns[0][0]} IS NOT NULL")
        if key:
            out.append(f"DELETE FROM {table} WHERE {key} = 3")
            out += inserts(table, [text for number, text in enumerate(first)
                                   if key_of(table, text) == "3"])
        out += inserts(table, texts[len(first):])
    if state in ("folded", "parts"):
        out.append("VACUUM ANALYZE")
    elif state == "delta":
        out += [f"ANALYZE {table}" for table in ("t1", "big")]
    return out


def key_of(table, text):
    return text[1:].split(",", 1)[0]
