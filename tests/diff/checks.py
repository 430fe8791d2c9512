"""Whether two answers to one query agree, and the checks that need one engine only (TLP, NoREC).

TLP: Rigger and Su, "Finding Bugs in Database Systems via Query Partitioning" (OOPSLA 2020). NoREC: the same, "Detecting
Optimization Bugs in Database Engines via Non-Optimizing Reference Engine Construction" (ESEC/FSE 2020).
"""
import decimal
import math
import re

FLOATS = (700, 701)

# Verdicts.
SAME, WRONG, CRASH, UNSUPPORTED, MEMORY, TIMEOUT, MAYBE, REJECTED, LOOSE, ACCEPTED = (
    "same", "wrong", "crash", "unsupported", "memory", "timeout", "maybe", "rejected", "loose", "accepted")
FINDINGS = (WRONG, CRASH, REJECTED, ACCEPTED)


def cell(value, type):
    """A cell for comparing: floats are rounded to nine digits."""
    if value is not None and type in FLOATS:
        number = float(value)
        if math.isfinite(number):
            return f"{number:.8e}" if abs(number) > 1e-9 else "0"
    return value


UNITS = {"year": 360 * 86400, "mon": 30 * 86400, "day": 86400}


def loose(value, type):
    """One text for all values that are equal: 1.0 and 1.00, 1 month and 30 days, 'a' and 'a '. A group may show any of them."""
    if value is None:
        return None
    if type == 1700 and value not in ("NaN", "Infinity", "-Infinity"):
        return str(decimal.Decimal(value).normalize() + 0)
    if type == 1042:
        return value.rstrip(" ")
    if type == 1186:
        total = 0.0
        for number, unit in re.findall(r"(-?[0-9]+) (year|mon|day)", value):
            total += int(number) * UNITS[unit]
        clock = re.search(r"(-?)([0-9]+):([0-9]+):([0-9.]+)", value)
        if clock:
            seconds = int(clock[2]) * 3600 + int(clock[3]) * 60 + float(clock[4])
            total += -seconds if clock[1] else seconds
        return f"{total:.6f}"
    return value


def row_key(row):
    return [(value is not None, value or "") for value in row]


def close(a, b):
    """Whether two cells agree; floats within a relative 1e-6 (real) of each other."""
    if a == b:
        return True
    try:
        return a is not None and b is not None and math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=1e-9)
    except ValueError:
        return False


def rows_differ(expected, actual, ordered, loosely=False):
    """None, or what differs first."""
    if len(expected.rows) != len(actual.rows):
        return f"{len(actual.rows)} rows, expected {len(expected.rows)}"
    floats = [type in FLOATS for type in expected.types]
    if expected.rows == actual.rows:
        return None
    left = [tuple(cell(v, t) for v, t in zip(row, expected.types)) for row in expected.rows]
    right = [tuple(cell(v, t) for v, t in zip(row, expected.types)) for row in actual.rows]
    if loosely:
        left = [tuple(loose(v, t) for v, t in zip(row, expected.types)) for row in left]
        right = [tuple(loose(v, t) for v, t in zip(row, expected.types)) for row in right]
    if not ordered:
        left, right = sorted(left, key=row_key), sorted(right, key=row_key)
    for number, (a, b) in enumerate(zip(left, right)):
        if a != b and not all(x == y or (inexact and close(x, y)) for x, y, inexact in zip(a, b, floats)):
            return f"row {number + 1}: {b}, expected {a}"
    return None


def judge(expected, actual, ordered):
    """(verdict, text): what the actual answer is, the expected one being right."""
    if actual.code in ("lost", "client") or (actual.code or "").startswith(("XX", "08", "57P")):
        return CRASH, f"{actual.code} {actual.message}"
    if actual.code == "0A000":
        return UNSUPPORTED, actual.message
    if actual.code == "42883" and not expected.code:
        return UNSUPPORTED, actual.message  # a function or an operator that Lathe lacks
    if actual.code in ("53200", "53100", "53400"):
        return MEMORY, actual.message
    if actual.code == "57014":
        return TIMEOUT, actual.message
    if expected.code:
        if actual.code == expected.code:
            return SAME, ""
        # 42803: PostgreSQL finds a grouping expression again only outside of subqueries; Lathe does there too.
        if expected.code[:2] == "42" and expected.code != "42803" and not actual.code:
            return ACCEPTED, f"rows, expected {expected.code} {expected.message}"
        # Which of several errors is met, and whether one is met at all, depends on the order of evaluation.
        return MAYBE, f"{actual.code or 'rows'} {actual.message}, expected {expected.code} {expected.message}"
    if actual.code:
        if actual.code[:2] in ("22", "21", "54"):
            return MAYBE, f"{actual.code} {actual.message}, expected rows"
        return REJECTED, f"{actual.code} {actual.message}"
    if expected.types != actual.types:
        return WRONG, f"types {actual.types}, expected {expected.types}"
    difference = rows_differ(expected, actual, ordered)
    if difference and not rows_differ(expected, actual, ordered, loosely=True):
        return LOOSE, difference
    return (WRONG, difference) if difference else (SAME, "")


def tlp(source, predicate, columns):
    """(the whole, the partitions) of a query: both must give the same rows."""
    names = ", ".join(columns)
    text = predicate.sql()
    whole = f"SELECT {names} FROM {source.sql()}"
    parts = " UNION ALL ".join(f"SELECT {names} FROM {source.sql()} WHERE {where}"
                               for where in (text, f"NOT ({text})", f"({text}) IS NULL"))
    return whole, parts


def norec(source, predicate):
    """(optimised, not optimised): the numbers of rows that satisfy the predicate."""
    return (f"SELECT count(*) FROM {source.sql()} WHERE {predicate.sql()}",
            f"SELECT count(*) FROM (SELECT ({predicate.sql()}) IS TRUE AS c FROM {source.sql()} OFFSET 0) q WHERE c")
