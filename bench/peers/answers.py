"""Whether two answers to a query are the same.

Numbers agree within an absolute or a relative tolerance, texts after trailing blanks are cut (char(n) is padded), and rows
are compared in order. Values are texts, None for NULL.
"""

from decimal import Decimal, InvalidOperation

ABSOLUTE = Decimal("1e-9")
RELATIVE = Decimal("1e-12")
RELATIVE_DOUBLE = Decimal("1e-9")  # where an engine computes averages and quotients in double precision


def number(value):
    """The value as a Decimal; None if it is not a finite number."""
    try:
        result = Decimal(value)
    except (InvalidOperation, ValueError, TypeError):
        return None
    return result if result.is_finite() else None


def same_value(left, right, relative=RELATIVE):
    """Whether two values agree."""
    if left is None or right is None:
        return (left or "") == (right or "")
    if left.rstrip() == right.rstrip():
        return True
    a, b = number(left), number(right)
    if a is None or b is None:
        return False
    difference = abs(a - b)
    return difference <= ABSOLUTE or difference <= relative * max(abs(a), abs(b))


def difference(expected, actual, relative=RELATIVE):
    """None if the answers agree, else one line that says where they first do not."""
    for index, (left, right) in enumerate(zip(expected, actual)):
        if len(left) != len(right):
            return f"row {index + 1} has {len(right)} columns, not {len(left)}"
        for column, (a, b) in enumerate(zip(left, right)):
            if not same_value(a, b, relative):
                return f"row {index + 1}, column {column + 1}: {b!r}, expected {a!r}"
    if len(expected) != len(actual):
        return f"{len(actual)} rows, expected {len(expected)}"
    return None


def sort_key(value):
    """A key that two values that agree share, but for the last digits of a number."""
    if value is None:
        return (0, "")
    found = number(value)
    return (1, value.rstrip()) if found is None else (2, f"{found + 0:.6e}")


def in_any_order(rows):
    """The rows in an order of their own, for comparing answers whose order is left open."""
    return sorted(rows, key=lambda row: [sort_key(value) for value in row])


def read_answer(path):
    """The rows of an answer file: columns separated by '|', no header, no quoting, an empty field for NULL."""
    with open(path, newline="\n") as file:
        return [tuple(line.rstrip("\n").split("|")) for line in file]
