"""Random queries: joins, subqueries, aggregates, windows, set operations, common table expressions, order and limit.

Answers do not depend on the order of evaluation: a LIMIT stands behind an ORDER BY of all columns, window functions that
number rows are ordered by all columns, aggregates that keep an order have one.
"""
import random

import schema
from expressions import ALL, EXACT, TEMPLATES, Expressions
from tree import expr, listed, literal, opt, pick, plain, query

MINABLE = [type for type in ALL if type not in ("bool", "uuid", "bytea", "json", "iv")]
JOINS = ["JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"]
SUBQUERY_DEPTH = 2


class Scope:
    """The columns that an expression may name: [(SQL or node, type)], and the queries around."""

    def __init__(self, columns, outer=None):
        self.columns, self.outer = columns, outer

    def outer_columns(self):
        scope, found = self.outer, []
        while scope is not None:
            found += scope.columns
            scope = scope.outer
        return found


class Made:
    """A generated query: its node, the types of its columns, and whether its rows come in one order only."""

    def __init__(self, node, types, ordered=False):
        self.node, self.types, self.ordered = node, types, ordered

    def sql(self, other=False):
        return self.node.sql(other)


class Queries(Expressions):
    """One generator per query; everything follows from its seed."""

    def __init__(self, seed):
        super().__init__(random.Random(seed))
        self.aliases = 0
        self.ctes = []      # [(name, [(column, type)])]
        self.level = 0      # of subqueries in expressions
        self.numbered = False
        self.budget = 9     # FROM items left in the whole statement

    # Top.

    def statement(self):
        """A whole query."""
        rng = self.rng
        prefix = []
        if rng.random() < 0.18:
            prefix = [self.with_clause()]
        made = self.query_expression(None, rng.choice([1, 2, 2, 3]), top=True)
        return Made(query(*prefix, made.node), made.types, made.ordered)

    def with_clause(self):
        rng = self.rng
        items, recursive = [], False
        for _ in range(rng.choice([1, 1, 2])):
            name = f"w{len(self.ctes)}"
            if rng.random() < 0.2:
                recursive = True
                node, types = self.recursive_cte(name)
            else:
                made = self.query_expression(None, 2)
                hint = rng.choice(["", "", "", "MATERIALIZED ", "NOT MATERIALIZED "])
                node, types = plain(f" AS {hint}(", made.node, ")"), made.types
            columns = [(f"c{index}", type) for index, type in enumerate(types)]
            items.append(plain(f"{name}({', '.join(column for column, _ in columns)})", node))
            self.ctes.append((name, columns))
        return plain("WITH RECURSIVE " if recursive else "WITH ", plain(*self.between(items, ", ")), " ")

    @staticmethod
    def between(items, separator):
        out = []
        for item in items:
            out += [separator, item] if out else [item]
        return out

    def recursive_cte(self, name):
        rng = self.rng
        type = rng.choice(["int", "text", "num"])
        base = plain("SELECT 1, ", expr(type, self.literal(type).sql(), f"::{schema.CAST_TYPES[type]}"))
        columns = [(f"{name}.c0", "int"), (f"{name}.c1", type)]
        tables, condition = name, ""
        if rng.random() < 0.4:
            columns += [("t4.k", "int"), ("t4.s", "text")]
            tables, condition = f"{name}, t4", f" AND t4.k = {name}.c0 + 2"
        scope = Scope(columns)
        step = plain(f"SELECT {name}.c0 + 1, (", self.expression(type, scope, 1),
                     f")::{schema.CAST_TYPES[type]} FROM {tables} WHERE {name}.c0 < {rng.randrange(2, 6)}"
                     + condition)
        union = rng.choice([" UNION ALL ", " UNION "])
        return plain(" AS (", base, union, step, ")"), ["int", type]

    def query_expression(self, types, depth, outer=None, top=False):
        """A query with or without set operations; columns of the given types, or of any."""
        rng = self.rng
        if depth > 0 and rng.random() < (0.18 if top else 0.1):
            first = self.select(types, depth - 1, outer)
            second = self.query_expression(first.types, depth - 1, outer)
            operation = rng.choice([" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ",
                                    " INTERSECT ALL ", " EXCEPT ALL "])
            node = pick(plain("(", first.node, ")"), operation, plain("(", second.node, ")"))
            made = Made(query(node), first.types)
        else:
            made = self.select(types, depth, outer)
        if rng.random() < (0.3 if top else 0.1):
            return self.ordered(made, limit=rng.random() < 0.7)
        return made

    def ordered(self, made, limit):
        """The query ordered by all its columns."""
        rng = self.rng
        keys = list(range(1, len(made.types) + 1))
        rng.shuffle(keys)
        directions = [f"{key}{rng.choice(['', '', ' DESC', ' ASC NULLS FIRST', ' DESC NULLS LAST'])}"
                      for key in keys]
        tail = []
        if limit:
            tail = [opt(f" LIMIT {rng.choice([0, 1, 2, 5, 10, 100])}"),
                    opt(f" OFFSET {rng.choice([0, 1, 3, 20])}" if rng.random() < 0.3 else "")]
        return Made(query("SELECT * FROM (", made.node, f") q{self.next_alias()} ORDER BY ",
                          ", ".join(directions), *tail), made.types, True)

    def next_alias(self):
        self.aliases += 1
        return self.aliases

    # FROM.

    def table(self, allow_big):
        names = ["t1", "t1", "t2", "t2", "t3", "t3", "t4", "t0"] + (["big"] if allow_big else [])
        name = self.rng.choice(names)
        alias = f"x{self.next_alias()}"
        return plain(f"{name} {alias}"), [(f"{alias}.{column}", type)
                                          for column, type, _ in schema.TABLES[name][2]]

    def derived(self, depth, outer, lateral=False):
        alias = f"x{self.next_alias()}"
        made = self.query_expression(None, depth - 1, outer)
        names = [f"c{index}" for index in range(len(made.types))]
        return (plain("LATERAL " if lateral else "", "(", made.node, f") {alias}({', '.join(names)})"),
                [(f"{alias}.{name}", type) for name, type in zip(names, made.types)])

    def values(self):
        rng = self.rng
        alias = f"x{self.next_alias()}"
        types = [rng.choice(["int", "text", "num", "date"]) for _ in range(rng.choice([1, 2]))]
        rows = [plain("(", *self.between([self.literal(type) for type in types], ", "), ")")
                for _ in range(rng.choice([1, 2, 4]))]
        # The first row's casts give the columns their types.
        first = plain("(", *self.between([plain(self.literal(type), f"::{schema.CAST_TYPES[type]}")
                                          for type in types], ", "), ")")
        names = [f"c{index}" for index in range(len(types))]
        return (plain("(VALUES ", first, ", ", listed(rows), f") {alias}({', '.join(names)})"),
                [(f"{alias}.{name}", type) for name, type in zip(names, types)])

    def from_item(self, depth, outer, allow_big):
        rng = self.rng
        self.budget -= 1
        roll = rng.random()
        if self.ctes and roll < 0.35:
            name, columns = rng.choice(self.ctes)
            alias = f"x{self.next_alias()}"
            return plain(f"{name} {alias}"), [(f"{alias}.{column}", type) for column, type in columns]
        if depth > 0 and self.budget > 0 and roll < 0.5 and rng.random() < 0.5:
            return self.derived(depth, outer)
        if roll < 0.04:
            return self.values()
        if roll < 0.07:
            alias = f"x{self.next_alias()}"
            return (plain(f"generate_series({rng.randrange(-2, 3)}, {rng.randrange(2, 9)}) {alias}(c0)"),
                    [(f"{alias}.c0", "int")])
        return self.table(allow_big)

    def join_condition(self, left, right, scope, equality):
        """Mostly the equality of two columns of one type."""
        rng = self.rng
        pairs = [(a, b, kind) for a, kind in left for b, other in right
                 if kind == other and kind not in ("json", "bool")]
        conjuncts = []
        if pairs and (equality or rng.random() < 0.8):
            for _ in range(rng.choice([1, 1, 1, 2])):
                a, b, _ = rng.choice(pairs)
                if rng.random() < 0.5:
                    a, b = b, a
                conjuncts.append(expr("bool", expr(None, a), " = ", expr(None, b)))
        if not conjuncts and equality:
            return None
        if not conjuncts or rng.random() < 0.25:
            conjuncts.append(self.expression("bool", scope, 1))
        return listed(conjuncts, " AND ")

    def from_clause(self, depth, outer):
        """(node, columns)."""
        rng = self.rng
        allow_big = self.level == 0 and rng.random() < 0.12
        node, columns = self.from_item(depth, outer, allow_big)
        count = rng.choice([0, 0, 0, 1, 1, 1, 2, 2, 3])
        for _ in range(count):
            if self.budget <= 0:
                break
            join = rng.choice(JOINS)
            if rng.random() < 0.1 and depth > 0 and join in ("JOIN", "LEFT JOIN", "CROSS JOIN"):
                self.budget -= 1
                self.level += 1
                right, more = self.derived(1, Scope(columns, outer), lateral=True)
                self.level -= 1
            else:
                right, more = self.from_item(depth - 1, outer, False)
            scope = Scope(columns + more, outer)
            if join == "CROSS JOIN":
                if len(columns) > 12 or allow_big:
                    join = "JOIN"
                else:
                    node, columns = pick(node, " CROSS JOIN ", right), columns + more
                    continue
            equality = join == "FULL JOIN" or allow_big
            condition = self.join_condition(columns, more, scope, equality)
            if condition is None:
                join, condition = "LEFT JOIN", expr("bool", self.literal("bool"))
                if allow_big:
                    continue
            node = pick(plain("(", node), f" {join} ", plain(right), plain(" ON ", condition, ")"))
            columns = columns + more
        return node, columns

    # SELECT.

    def select(self, types, depth, outer):
        """One SELECT; columns of the given types, or of some."""
        rng = self.rng
        source, columns = self.from_clause(depth, outer)
        scope = Scope(columns, outer)
        where = []
        if rng.random() < 0.65:
            where = [opt(" WHERE ", listed([self.expression("bool", scope, rng.choice([1, 2, 3]))
                                            for _ in range(rng.choice([1, 1, 2]))], " AND "))]
        if types is None:
            types = [self.wanted(scope) for _ in range(rng.choice([1, 1, 2, 2, 3, 4]))]
        roll = rng.random()
        if roll < 0.35:
            return self.grouped(types, source, where, scope)
        if roll < 0.5:
            return self.windowed(types, source, where, scope)
        items = [self.expression(type, scope, rng.choice([0, 1, 1, 2])) for type in types]
        if rng.random() < 0.06:
            keys = ", ".join(str(index + 1) for index in range(len(items)))
            return Made(query("SELECT DISTINCT ON (1) ", *self.between(items, ", "), " FROM ",
                              source, *where, f" ORDER BY {keys}"), types)
        distinct = [opt(" DISTINCT")] if rng.random() < 0.12 else []
        return Made(self.select_node(distinct, items, source, where), types)

    def select_node(self, distinct, items, source, tail):
        items = listed(items)
        return query("SELECT", *distinct, " ", items, " FROM ", source, *tail)

    def aggregate(self, type, scope):
        """An aggregate whose result has the type; None if there is none."""
        rng = self.rng

        def argument(kind, depth=1):
            return self.expression(kind, scope, depth)

        choices = []
        if type == "big":
            choices = [lambda: ("count(*)",), lambda: ("count(", argument(self.wanted(scope)), ")"),
                       lambda: ("count(DISTINCT ", argument(rng.choice(["int", "text", "date", "num"])), ")"),
                       lambda: ("sum(", argument(rng.choice(["int", "small"])), ")")]
        elif type == "num":
            choices = [lambda: ("sum(", argument(rng.choice(["num", "big"])), ")"),
                       lambda: ("sum(DISTINCT ", argument("num"), ")"),
                       lambda: ("avg(", argument(rng.choice(EXACT)), ")"),
                       lambda: ("round(stddev_samp(", argument("int", 0), "), 6)"),
                       lambda: ("round(var_pop(", argument("num", 0), "), 6)")]
        elif type == "dbl":
            choices = [lambda: ("sum(", argument("dbl", 0), ")"), lambda: ("avg(", argument("dbl", 0), ")"),
                       lambda: ("percentile_cont(0.5) WITHIN GROUP (ORDER BY ", argument("dbl", 0), ")"),
                       lambda: ("regr_count(", argument("dbl", 0), ", ", argument("dbl", 0), ")::float8")]
        elif type == "text":
            choices = [lambda: self.string_agg(scope)]
        elif type == "bool":
            choices = [lambda: ("bool_and(", argument("bool"), ")"), lambda: ("bool_or(", argument("bool"), ")"),
                       lambda: ("every(", argument("bool"), ")")]
        elif type == "arr":
            choices = [lambda: self.array_agg(scope)]
        elif type == "int":
            choices = [lambda: ("mode() WITHIN GROUP (ORDER BY ", argument("int"), ")"),
                       lambda: ("percentile_disc(0.3) WITHIN GROUP (ORDER BY ", argument("int"), ")"),
                       lambda: ("bit_or(", argument("int"), ")"), lambda: ("count(*)::int",)]
        if type in MINABLE:
            choices += [lambda: (rng.choice(["min(", "max("]), argument(type), ")")] * 2
        if not choices:
            return None
        parts = rng.choice(choices)()
        if rng.random() < 0.12 and "::" not in parts[-1] and not parts[0].startswith("round"):
            parts = (*parts, opt(" FILTER (WHERE ", self.expression("bool", scope, 1), ")"))
        return expr(type, "(", *parts, ")")

    def string_agg(self, scope):
        item = self.expression("text", scope, 0)
        return ("string_agg(", item, ", ',' ORDER BY ", item, ")")

    def array_agg(self, scope):
        item = self.expression("int", scope, 0)
        direction = self.rng.choice(["", " DESC"])
        return ("array_agg(", item, " ORDER BY ", item, direction + ")")

    def aggregate_or_cast(self, type, scope):
        found = self.aggregate(type, scope)
        if found is None:
            return self.literal(type)
        return found

    def grouped(self, types, source, where, scope):
        """Aggregates with or without groups."""
        rng = self.rng
        self.level += 1
        keys = []
        for _ in range(rng.choice([0, 1, 1, 1, 2, 2])):
            kind = self.wanted(scope)
            key = self.column(kind, Scope(scope.columns))
            if key is not None and (rng.random() < 0.7 or kind in ("json", "arr")):
                keys.append((key, kind))
            elif key is not None:
                keys.append((self.fill(rng.choice(TEMPLATES[kind]), kind,
                                       Scope(scope.columns), 0), kind))
        keys = [(key, kind) for key, kind in keys if scope_uses(key, scope)]
        inner = Scope([(key, kind) for key, kind in keys], None)
        items = []
        for type in types:
            same = [key for key, kind in keys if kind == type]
            if same and rng.random() < 0.7:
                items.append(rng.choice(same))
            else:
                item = self.aggregate_or_cast(type, scope)
                if rng.random() < 0.2:
                    item = self.fill(rng.choice(TEMPLATES[type]), type,
                                     Scope(inner.columns + [(item, type)]), 0)
                items.append(item)
        tail = list(where)
        if keys:
            tail.append(self.group_by([key for key, _ in keys]))
        if rng.random() < 0.2:
            having = Scope(inner.columns + [(self.aggregate_or_cast(kind, scope), kind)
                                            for kind in ("big", "int")])
            tail.append(opt(" HAVING ", self.expression("bool", having, 1)))
        self.level -= 1
        return Made(self.select_node([], items, source, tail), types)

    def group_by(self, keys):
        rng = self.rng
        names = self.between(keys, ", ")
        roll = rng.random()
        if roll < 0.08:
            return plain(" GROUP BY ROLLUP (", *names, ")")
        if roll < 0.14:
            return plain(" GROUP BY CUBE (", *names, ")")
        if roll < 0.2:
            sets = [plain("(", *self.between(rng.sample(keys, rng.randrange(0, len(keys) + 1)), ", "), ")")
                    for _ in range(rng.choice([1, 2]))]
            sets.append(plain("(", *names, ")"))
            return plain(" GROUP BY GROUPING SETS (", *self.between(sets, ", "), ")")
        return plain(" GROUP BY ", *names)

    # Windows.

    def windowed(self, types, source, where, scope):
        rng = self.rng
        # Rows that are alike in all columns may be numbered in any order: one window that tells them apart is
        # enough, two could number them in two ways.
        around, self.numbered = self.numbered, False
        items = [self.window(type, scope) if rng.random() < 0.6
                 else self.expression(type, scope, 1) for type in types]
        self.numbered = around
        return Made(self.select_node([], items, source, list(where)), types)

    def window(self, type, scope):
        """A window function of the type, or a plain expression where there is none."""
        rng = self.rng
        partition = []
        if rng.random() < 0.6:
            partition = [opt("PARTITION BY ", self.leaf(self.wanted(scope), scope))]
        order = [plain(self.between_columns(scope))]
        one = self.rng.choice(["int", "num", "date", "text"])
        some = plain(" ORDER BY ", self.leaf(one, Scope(scope.columns)), rng.choice(["", " DESC", " NULLS FIRST"]))
        leaf = self.leaf(type, scope)
        total = [lambda: ("lag(", leaf, ")"), lambda: ("lead(", leaf, ", 2)"),
                 lambda: ("first_value(", leaf, ")"), lambda: ("last_value(", leaf, ")"),
                 lambda: ("nth_value(", leaf, ", 2)")]
        if type == "big":
            total += [lambda: ("row_number()",)] * 3
            ranked = [("rank()",), ("dense_rank()",), ("count(*)",), ("sum(", self.leaf("int", scope), ")")]
        elif type == "num":
            ranked = [("sum(", self.leaf("num", scope), ")"), ("avg(", self.leaf("int", scope), ")")]
        elif type == "dbl":
            ranked = [("percent_rank()",), ("cume_dist()",), ("sum(", self.leaf("dbl", scope), ")")]
        elif type == "int":
            total += [lambda: ("ntile(3)",)]
            ranked = [("max(", leaf, ")")]
        elif type in MINABLE:
            ranked = [("min(", leaf, ")"), ("max(", leaf, ")")]
        else:
            ranked = []
        if self.numbered and not ranked:
            return self.expression(type, scope, 1)
        if ranked and (self.numbered or rng.random() < 0.5):
            function = rng.choice(ranked)
            frame = ""
            if function[0][:3] in ("sum", "cou", "avg", "max", "min") and rng.random() < 0.4:
                frame = rng.choice([" RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                                    " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
                                    " GROUPS BETWEEN CURRENT ROW AND 2 FOLLOWING EXCLUDE GROUP",
                                    " RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"])
            return expr(type, "(", *function, " OVER (", *partition, some, frame, "))")
        self.numbered = True
        function = rng.choice(total)()
        frame = ""
        if function[0].startswith(("first", "last", "nth")) and rng.random() < 0.6:
            frame = rng.choice([" ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING",
                                " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                                " ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING",
                                " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW"])
        return expr(type, "(", *function, " OVER (", *partition, *order, frame, "))")

    def between_columns(self, scope):
        """An ORDER BY of all columns: ties are rows that are alike."""
        names = [name for name, _ in scope.columns]
        self.rng.shuffle(names)
        return plain(" ORDER BY ", *self.between(names, ", "))

    # Subqueries in expressions.

    def subquery_expression(self, type, scope, depth):
        if self.level >= SUBQUERY_DEPTH or self.budget <= 0:
            return None
        self.level += 1
        try:
            return self.predicate(scope, depth) if type == "bool" else self.scalar(type, scope)
        finally:
            self.level -= 1

    def scalar(self, type, scope):
        """(SELECT ...) of at most one row, mostly correlated."""
        rng = self.rng
        source, columns = self.from_clause(1 if rng.random() < 0.2 else 0, scope)
        inner = Scope(columns, scope)
        where = self.correlation(inner)
        aggregate = self.aggregate(type, Scope(columns)) if rng.random() < 0.8 else None
        if aggregate is not None:
            return expr(type, "(", query("SELECT ", aggregate, " FROM ", source, *where), ")")
        if type == "arr" and rng.random() < 0.5:
            return expr(type, "ARRAY(", query("SELECT ", self.leaf("int", inner), " FROM ", source, *where,
                                              " ORDER BY 1 LIMIT 5"), ")")
        return expr(type, "(", query("SELECT ", self.expression(type, inner, 1), " FROM ", source, *where,
                                     " ORDER BY 1 LIMIT 1"), ")")

    def correlation(self, inner):
        """WHERE with an equality to a column outside, mostly."""
        rng = self.rng
        pairs = [(a, b) for a, kind in inner.columns for b, other in inner.outer_columns()
                 if kind == other and kind != "json"]
        conjuncts = []
        if pairs and rng.random() < 0.75:
            a, b = rng.choice(pairs)
            conjuncts.append(expr("bool", expr(None, a), rng.choice([" = ", " = ", " = ", " < ", " <> "]),
                                  expr(None, b)))
        if not conjuncts or rng.random() < 0.4:
            conjuncts.append(self.expression("bool", inner, 1))
        return [opt(" WHERE ", listed(conjuncts, " AND "))]

    def predicate(self, scope, depth):
        rng = self.rng
        roll = rng.random()
        if roll < 0.4:
            source, columns = self.from_clause(1 if rng.random() < 0.2 else 0, scope)
            word = rng.choice(["EXISTS (", "NOT EXISTS ("])
            return expr("bool", "(" + word, query("SELECT 1 FROM ", source,
                                                  *self.correlation(Scope(columns, scope))), "))")
        if roll < 0.5:
            pair = [rng.choice(["int", "text", "date", "num"]) for _ in range(2)]
            left = plain("(", self.leaf(pair[0], scope), ", ", self.leaf(pair[1], scope), ")")
        else:
            kind = self.wanted(scope)
            pair = [kind if kind != "json" else "int"]
            left = self.expression(pair[0], scope, 1)
        source, columns = self.from_clause(1 if rng.random() < 0.2 else 0, scope)
        inner = Scope(columns, scope)
        where = self.correlation(inner) if rng.random() < 0.6 else []
        body = query("SELECT ", *self.between([self.leaf(kind, inner) for kind in pair], ", "), " FROM ",
                     source, *where)
        word = rng.choice([" IN (", " IN (", " NOT IN (", " NOT IN ("] if len(pair) > 1 else
                          [" IN (", " IN (", " NOT IN (", " NOT IN (", " = ANY (", " <> ALL (", " < ANY (",
                           " >= ALL (", " <> ANY (", " = ALL ("])
        return expr("bool", "(", left, word, body, "))")

    # Parts for the checks of one engine alone.

    def from_and_predicate(self):
        """(FROM's node, its scope, a predicate over it)."""
        source, columns = self.from_clause(1, None)
        scope = Scope(columns)
        return source, scope, self.expression("bool", scope, self.rng.choice([1, 2, 3]))


def scope_uses(node, scope):
    """Whether the expression names a column of the scope: GROUP BY wants no constants."""
    text = node.sql()
    return any((name if isinstance(name, str) else name.sql()) in text for name, _ in scope.columns)
