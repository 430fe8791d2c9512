"""SQL as a tree of nodes, so that a query can be made smaller piece by piece.

A Node is text with nodes in between. What the minimiser may do with it depends on its kind:
  expr   an expression of `type`: may become one of its inner expressions of that type, or a literal
  list   parts with a separator between: may lose any part as long as `least` remain
  opt    may become nothing
  pick   may become any one of its parts that are nodes (joins, set operations)
  query  may become any query inside it
  plain  nothing but its parts
"""


class Node:
    """One piece of SQL."""

    __slots__ = ("kind", "type", "parts", "separator", "least", "other")

    def __init__(self, kind, parts, type=None, separator="", least=1, other=None):
        self.kind, self.parts, self.type = kind, list(parts), type
        self.separator, self.least = separator, least
        self.other = other  # a literal's other value

    def sql(self, other=False):
        """The text; with other=True with each literal's other value."""
        if other and self.other is not None:
            return self.other
        return self.separator.join(part.sql(other) if isinstance(part, Node) else part
                                   for part in self.parts)

    def nodes(self):
        """This node and all below it."""
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.nodes()


def plain(*parts):
    return Node("plain", parts)


def expr(type, *parts):
    return Node("expr", parts, type)


def literal(type, text, other=None):
    return Node("expr", [text], type, other=other)


def listed(parts, separator=", ", least=1):
    return Node("list", parts, separator=separator, least=least)


def opt(*parts):
    return Node("opt", parts)


def pick(*parts):
    return Node("pick", parts)


def query(*parts):
    return Node("query", parts)
