"""Random expressions of a wanted type over the columns in scope."""
import schema
from tree import expr, listed, literal, plain

EXACT = ["int", "big", "small", "num"]
ALL = list(schema.SQL_TYPES)
# What a new expression is asked to be, by weight.
WANTED = (["int"] * 6 + ["big"] * 3 + ["small"] + ["num"] * 4 + ["dbl"] * 3 + ["real"] + ["text"] * 5 +
          ["vchar", "bpchar"] + ["bool"] * 4 + ["date"] * 3 + ["ts"] * 2 + ["tstz", "time", "iv", "iv",
                                                                           "uuid", "bytea", "json", "arr"])

# Templates by result type: a text in which {type} stands for an argument. {x:N} is a small whole number constant.
TEMPLATES = {
    "int": ["({int} + {int})", "({int} - {int})", "({int} % 100 * {small})", "(- {int})", "abs({int})",
            "({int} / nullif({int}, 0))", "({int} % nullif({int}, 0))", "length({text})", "ascii({text})",
            "position({text} in {text})", "({date} - {date})", "extract(year from {date})::int",
            "extract(dow from {ts})::int", "cardinality({arr})", "array_length({arr}, 1)", "({arr})[{x}]",
            "greatest({int}, {int}, {int})", "least({int}, {int})", "({int} & {int})", "({int} | {int})",
            "({int} # {int})", "(~ {int})", "({int} << 2)", "sign({num})::int", "octet_length({bytea})",
            "strpos({text}, {text})", "char_length({vchar})", "length({bpchar})",
            "coalesce({int}, {int})", "nullif({int}, {int})", "({bool})::int", "({small})::int",
            "mod({int}, nullif({int}, 0))", "jsonb_array_length(jsonb_build_array({int}, {json}))",
            "num_nulls({int}, {text})"],
    "big": ["({big} + {int})", "({big} - {big})", "({int}::bigint * {small})", "abs({big})",
            "({big} / nullif({int}, 0))", "coalesce({big}, {int})", "({int})::bigint",
            "nullif({big}, {int})", "extract(day from {iv})::bigint", "greatest({big}, {int})",
            "({big} % nullif({big}, 0))"],
    "small": ["({small} % 7::smallint)", "({bool})::int::smallint", "coalesce({small}, {small})",
              "nullif({small}, {small})", "abs({small})"],
    "num": ["({num} + {num})", "({num} - {int})", "({num} * {num})", "round({num} / nullif({num}, 0), 6)",
            "round({num}, 1)", "floor({num})", "ceil({num})", "abs({num})", "trunc({num}, 1)",
            "({int})::numeric", "coalesce({num}, {int})", "nullif({num}, 0)", "greatest({num}, {int})",
            "({num} % nullif({num}, 0))", "extract(second from {ts})", "(- {num})", "({big})::numeric",
            "({num})::numeric(12, 3)", "round(({dbl})::numeric, 2)"],
    "dbl": ["({dbl} + {dbl})", "({dbl} - {int})", "({dbl} * 0.5)", "abs({dbl})", "({int})::float8",
            "coalesce({dbl}, {dbl})", "floor({dbl})", "({num})::float8", "({real})::float8", "sqrt(abs({dbl}))",
            "nullif({dbl}, 0)", "({dbl} / 4)", "least({dbl}, {dbl})", "sign({dbl})"],
    "real": ["({real} + {real})", "({int})::real", "coalesce({real}, {real})", "(- {real})"],
    "text": ["({text} || {text})", "upper({text})", "lower({text})", "substr({text}, {x}, {x})",
             "trim({text})", "replace({text}, 'a', 'bb')", "({int})::text", "({num})::text",
             "({date})::text", "coalesce({text}, {text})", "nullif({text}, {text})", "left({text}, {x})",
             "right({text}, {x})", "reverse({text})", "repeat({text}, 2)", "lpad({text}, 5, '*')",
             "rpad({text}, 4)", "split_part({text}, 'o', 1)", "initcap({text})", "({bool})::text",
             "concat({text}, {int}, {text})", "concat_ws('-', {text}, {vchar})", "({vchar})::text",
             "({bpchar})::text", "({bpchar} || {text})", "to_char({date}, 'YYYY-MM')", "({json}->>'a')",
             "translate({text}, 'ab', 'xy')", "btrim({text}, ' a')", "md5({text})", "({uuid})::text",
             "({iv})::text", "({ts})::text", "substring({text} from {x} for {x})", "({arr})::text",
             "overlay({text} placing 'X' from 1 for 1)", "regexp_replace({text}, '[aeiou]', '_', 'g')",
             "greatest({text}, {text})", "({json})::text", "jsonb_typeof({json})", "encode({bytea}, 'hex')",
             "to_char({num}, 'FM9990.00')", "quote_literal({text})"],
    "vchar": ["({text})::varchar(6)", "coalesce({vchar}, {vchar})"],
    "bpchar": ["({text})::char(4)", "coalesce({bpchar}, {bpchar})"],
    "date": ["({date} + {small})", "({date} - {x})", "coalesce({date}, {date})", "({ts})::date",
             "greatest({date}, {date})", "nullif({date}, {date})", "make_date(2020, 2, {x} + 1)"],
    "ts": ["({ts} + {iv})", "({ts} - {iv})", "date_trunc('month', {ts})", "({date})::timestamp",
           "coalesce({ts}, {ts})", "({date} + {time})", "date_trunc('hour', {ts})", "({tstz} at time zone 'UTC')"],
    "tstz": ["({tstz} + {iv})", "coalesce({tstz}, {tstz})", "({ts})::timestamptz", "date_trunc('day', {tstz})"],
    "time": ["({ts})::time", "coalesce({time}, {time})", "({time} + {iv})"],
    "iv": ["({iv} + {iv})", "({iv} * 2)", "({ts} - {ts})", "(- {iv})", "coalesce({iv}, {iv})",
           "justify_days({iv})", "make_interval(days => {x})"],
    "uuid": ["coalesce({uuid}, {uuid})", "nullif({uuid}, {uuid})"],
    "bytea": ["coalesce({bytea}, {bytea})", "({bytea} || {bytea})"],
    "json": ["({json}->'a')", "({json}->'b')", "coalesce({json}, {json})", "to_jsonb({int})",
             "jsonb_build_object('k', {int})", "({json}->1)"],
    "arr": ["({arr} || {int})", "coalesce({arr}, {arr})", "ARRAY[{int}, {int}]", "({arr} || {arr})",
            "array_remove({arr}, {int})", "({arr})[1:2]"],
    "bool": ["({bool} AND {bool})", "({bool} AND {bool})", "({bool} OR {bool})", "({bool} OR {bool})",
             "(NOT {bool})", "({bool} IS TRUE)", "({bool} IS NOT TRUE)", "({bool} IS UNKNOWN)",
             "({bool} IS FALSE)", "({bool} = {bool})", "coalesce({bool}, {bool})", "({text} LIKE '%a%')",
             "({text} LIKE 'f%')", "({text} NOT LIKE '_b%')", "({text} ILIKE '%A_')", "({text} ~ '^[a-f]+$')",
             "({text} !~* 'O')", "({json} @> '{{\"a\": 1}}')", "({json} ? 'a')", "({arr} @> {arr})",
             "({arr} && {arr})", "({int} = ANY ({arr}))", "({int} <> ALL ({arr}))", "({int} BETWEEN {int} AND {int})",
             "({date} BETWEEN {date} AND {date})", "({num} NOT BETWEEN {int} AND {num})",
             "({int} BETWEEN SYMMETRIC {int} AND {int})", "(({int}, {text}) = ({int}, {text}))",
             "(({int}, {int}) < ({int}, {int}))", "(({int}, {date}) >= ({int}, {date}))", "starts_with({text}, {text})",
             "({int} = {num})", "({big} < {dbl})", "({small} >= {big})", "({date} <= {ts})", "({num} > {dbl})",
             "({vchar} = {text})", "({bpchar} = {vchar})", "(({int}, {int}) IS DISTINCT FROM ({int}, {int}))"],
}
COMPARISONS = ["=", "=", "=", "<", "<=", ">", ">=", "<>"]


def split(template):
    """["(", "{int}", " + ", ...]: the template's texts and its holes; {{ and }} are braces."""
    parts, text, position = [], "", 0
    while position < len(template):
        two = template[position:position + 2]
        if two in ("{{", "}}"):
            text += two[0]
            position += 2
        elif template[position] == "{":
            end = template.index("}", position)
            parts += [text, template[position:end + 1]]
            text = ""
            position = end + 1
        else:
            text += template[position]
            position += 1
    return parts + [text]


TEMPLATES = {type: [split(template) for template in templates] for type, templates in TEMPLATES.items()}


class Expressions:
    """Makes expressions; the query generator (a subclass) adds subqueries."""

    def __init__(self, rng):
        self.rng = rng

    def literal(self, type, cast=None):
        """A constant; NULL now and then."""
        rng = self.rng

        def text():
            if rng.random() < 0.06:
                return f"NULL::{schema.CAST_TYPES[type]}"
            found = schema.value(rng, type)
            plain_one = type in ("int", "bool") or (type == "text" and cast is False)
            if plain_one:
                return f"({found})" if found.startswith("-") else found
            if type in ("num",):
                return f"({found})" if "." in found else f"{found}.0"
            return f"{found}::{schema.CAST_TYPES[type]}" if found.startswith("'") \
                else f"({found})::{schema.CAST_TYPES[type]}"
        return literal(type, text(), text())

    def column(self, type, scope):
        """A column of the type, or None. Columns of outer queries are rarer."""
        inner = [name for name, kind in scope.columns if kind == type]
        outer = [name for name, kind in scope.outer_columns() if kind == type]
        if outer and (not inner or self.rng.random() < 0.3):
            return expr(type, self.rng.choice(outer))
        return expr(type, self.rng.choice(inner)) if inner else None

    def wanted(self, scope):
        """A type, more likely one that a column in scope has."""
        kinds = [kind for _, kind in scope.columns]
        return self.rng.choice(kinds) if kinds and self.rng.random() < 0.7 else self.rng.choice(WANTED)

    def leaf(self, type, scope):
        found = self.column(type, scope) if self.rng.random() < 0.8 else None
        return found or self.literal(type)

    def expression(self, type, scope, depth):
        """An expression of the type; depth bounds its nesting."""
        rng = self.rng
        if depth <= 0 or rng.random() < 0.3:
            if type == "bool" and rng.random() < 0.8:
                return self.comparison(scope, 0)
            return self.leaf(type, scope)
        roll = rng.random()
        if roll < 0.1:
            return self.case(type, scope, depth)
        if roll < 0.22:
            found = self.subquery_expression(type, scope, depth)
            if found is not None:
                return found
        if type == "bool" and roll < 0.6:
            return self.comparison(scope, depth - 1)
        return self.fill(rng.choice(TEMPLATES[type]), type, scope, depth - 1)

    def subquery_expression(self, type, scope, depth):
        return None

    def fill(self, template, type, scope, depth):
        parts = []
        for part in template:
            if part == "{x}":
                number = self.rng.randrange(0, 6)
                parts.append(literal("x", str(number), str(self.rng.randrange(0, 6))))
            elif part.startswith("{") and part.endswith("}") and part[1:-1] in schema.SQL_TYPES:
                parts.append(self.expression(part[1:-1], scope, depth))
            else:
                parts.append(part)
        return expr(type, *parts)

    def case(self, type, scope, depth):
        rng = self.rng
        if rng.random() < 0.3:
            subject = self.wanted(scope)
            while subject in ("json",):
                subject = self.wanted(scope)
            arms = [plain(" WHEN ", self.leaf(subject, scope), " THEN ",
                          self.expression(type, scope, depth - 2)) for _ in range(rng.randrange(1, 3))]
            return expr(type, "CASE ", self.expression(subject, scope, depth - 2), listed(arms, ""),
                        " ELSE ", self.expression(type, scope, depth - 2), " END")
        arms = [plain(" WHEN ", self.expression("bool", scope, depth - 2), " THEN ",
                      self.expression(type, scope, depth - 2)) for _ in range(rng.randrange(1, 3))]
        last = [" ELSE ", self.expression(type, scope, depth - 2)] if rng.random() < 0.7 else []
        return expr(type, "CASE", listed(arms, ""), *last, " END")

    def comparison(self, scope, depth):
        """A predicate on two values of one type, or a test for NULL or membership."""
        rng = self.rng
        type = self.wanted(scope)
        roll = rng.random()
        left = self.expression(type, scope, depth)
        if roll < 0.12:
            return expr("bool", "(", left, rng.choice([" IS NULL)", " IS NOT NULL)"]))
        if roll < 0.24 and type != "json":
            items = [self.literal(type) if rng.random() < 0.85 else self.leaf(type, scope)
                     for _ in range(rng.choice([1, 2, 3, 3, 8]))]
            return expr("bool", "(", left, rng.choice([" IN (", " IN (", " NOT IN ("]), listed(items), "))")
        if roll < 0.32:
            return expr("bool", "(", left, rng.choice([" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "]),
                        self.expression(type, scope, depth), ")")
        right = self.expression(type, scope, depth) if rng.random() < 0.6 else self.literal(type)
        return expr("bool", "(", left, f" {rng.choice(COMPARISONS)} ", right, ")")
