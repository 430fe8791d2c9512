"""Makes a query smaller as long as it keeps failing."""
import time

import schema
from tree import Node

SIMPLE = {"int": "1", "big": "1::bigint", "small": "1::smallint", "num": "1.0", "dbl": "1::float8",
          "real": "1::real", "text": "'a'::text", "vchar": "'a'::varchar", "bpchar": "'a'::char(4)",
          "bool": "true", "date": "'2020-01-01'::date", "ts": "'2020-01-01'::timestamp",
          "tstz": "'2020-01-01'::timestamptz", "time": "'12:00'::time", "iv": "'1 day'::interval",
          "uuid": "'00000000-0000-4000-8000-000000000001'::uuid", "bytea": "'a'::bytea",
          "json": "'{}'::jsonb", "arr": "'{1}'::integer[]"}


def inner(node, kind):
    """The nodes of a kind below a node, nearest first."""
    found, queue = [], [part for part in node.parts if isinstance(part, Node)]
    while queue:
        next_ = queue.pop(0)
        if next_.kind == kind:
            found.append(next_)
        queue += [part for part in next_.parts if isinstance(part, Node)]
    return found


def replacements(node):
    """Smaller versions of a node's parts: [(parts, separator)]."""
    if node.kind == "opt" and node.parts:
        yield []
    elif node.kind == "list" and len(node.parts) > node.least:
        for index in range(len(node.parts)):
            yield node.parts[:index] + node.parts[index + 1:]
    elif node.kind == "pick":
        for part in node.parts:
            if isinstance(part, Node):
                yield [part]
    elif node.kind == "query":
        for found in inner(node, "query")[:6]:
            yield [found]
    elif node.kind == "expr" and node.type in schema.SQL_TYPES:
        text = node.sql()
        simple = SIMPLE[node.type]
        if text != simple and not text.replace(".", "").replace("x", "").isalnum():
            if len(simple) < len(text):
                yield [simple]
            for found in inner(node, "expr")[:8]:
                if found.type == node.type:
                    yield [found]
        if text != simple and len(text) > len(simple):
            yield [simple]


def minimise(node, fails, seconds=20.0):
    """Changes the node in place, greedily, largest pieces first; fails(sql) says whether it still fails. The text at the end."""
    deadline = time.monotonic() + seconds
    changed = True
    while changed and time.monotonic() < deadline:
        changed = False
        seen = set()
        for candidate in sorted(node.nodes(), key=lambda one: -len(one.sql())):
            if id(candidate) in seen:
                continue
            seen.add(id(candidate))
            if time.monotonic() > deadline:
                break
            old = candidate.parts
            before = len(node.sql())
            for parts in list(replacements(candidate)):
                candidate.parts = parts
                if len(node.sql()) < before and fails(node.sql()):
                    changed = True
                    break
                candidate.parts = old
            if changed:
                break
    return node.sql()
