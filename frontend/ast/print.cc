// Expressions, names, types and queries as SQL. Operands that are not a single term get
// parentheses, so precedence needs no thought.
#include "frontend/ast/print.h"

#include "frontend/ast/keyword.h"
#include "frontend/ast/printer.h"

namespace lathe::ast {

std::string QuoteIdentifier(std::string_view name) {
  bool plain = !name.empty() && ((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_');
  for (char c : name) {
    plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  }
  if (plain) {
    const int keyword = FindKeyword(name);
    if (keyword < 0 || KeywordAt(keyword).keyword_class == KeywordClass::kUnreserved)
      return std::string(name);
  }
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

std::string QuoteLiteral(std::string_view text) {
  const bool escapes = text.find('\\') != std::string_view::npos;
  std::string quoted = escapes ? "E'" : "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  quoted += '\'';
  return quoted;
}

void Printer::Put(const QualifiedName& name) {
  if (!name.catalog.empty()) Put(QuoteIdentifier(name.catalog)).Put(".");
  if (!name.schema.empty()) Put(QuoteIdentifier(name.schema)).Put(".");
  Put(QuoteIdentifier(name.name));
}

void Printer::Names(const std::vector<std::string>& names) {
  List(names, [this](const std::string& name) { Put(QuoteIdentifier(name)); });
}

void Printer::ParenNames(const std::vector<std::string>& names) {
  Put(" (");
  Names(names);
  Put(")");
}

void Printer::Operator(const QualifiedName& op) {
  if (op.schema.empty()) {
    Put(op.name);
    return;
  }
  Put("OPERATOR(");
  if (!op.catalog.empty()) Put(QuoteIdentifier(op.catalog)).Put(".");
  Put(QuoteIdentifier(op.schema)).Put(".").Put(op.name).Put(")");
}

namespace {

constexpr std::string_view kIntervalFields[] = {"",
                                                " year",
                                                " month",
                                                " day",
                                                " hour",
                                                " minute",
                                                " second",
                                                " year to month",
                                                " day to hour",
                                                " day to minute",
                                                " day to second",
                                                " hour to minute",
                                                " hour to second",
                                                " minute to second"};

/// The SQL spelling of a type whose name alone would read back as another type or not at all.
std::string_view SystemSpelling(std::string_view name) {
  if (name == "timestamptz") return "timestamp with time zone";
  if (name == "timetz") return "time with time zone";
  if (name == "timestamp") return "timestamp";
  if (name == "time") return "time";
  return "";
}

}  // namespace

std::string_view IntervalFieldsText(IntervalFields fields) {
  return kIntervalFields[static_cast<int>(fields)];
}

void Printer::Put(const TypeName& type) {
  if (type.setof) Put("SETOF ");
  const bool system = type.name.schema == "pg_catalog" && type.name.catalog.empty();
  const std::string_view spelling = system ? SystemSpelling(type.name.name) : "";
  if (system && type.name.name == "interval") {
    Put("interval").Put(IntervalFieldsText(type.interval_fields));
    Modifiers(type);
  } else if (!spelling.empty()) {
    const size_t zone = spelling.find(" with");
    Put(spelling.substr(0, zone));
    Modifiers(type);
    if (zone != std::string_view::npos) Put(spelling.substr(zone));
  } else {
    Put(type.name);
    Modifiers(type);
  }
  for (int32_t bound : type.array_bounds) {
    Put("[");
    if (bound >= 0) Put(std::to_string(bound));
    Put("]");
  }
}

void Printer::Modifiers(const TypeName& type) {
  if (type.modifiers.empty()) return;
  Put("(");
  Exprs(type.modifiers);
  Put(")");
}

void Printer::Exprs(const ExprList& exprs) {
  List(exprs, [this](const ExprPtr& e) { Put(*e); });
}

void Printer::SortItems(const SortList& items) {
  List(items, [this](const SortItem& item) {
    Put(*item.expr);
    Direction(item.direction, &item.using_op);
    NullsOrder(item.nulls);
  });
}

void Printer::Direction(SortItem::Direction direction, const QualifiedName* op) {
  if (direction == SortItem::Direction::kAscending) Put(" ASC");
  if (direction == SortItem::Direction::kDescending) Put(" DESC");
  if (direction == SortItem::Direction::kUsing) {
    Put(" USING ");
    Operator(*op);
  }
}

void Printer::NullsOrder(SortItem::Nulls nulls) {
  if (nulls == SortItem::Nulls::kFirst) Put(" NULLS FIRST");
  if (nulls == SortItem::Nulls::kLast) Put(" NULLS LAST");
}

void Printer::PutLiteral(const Literal& literal) {
  switch (literal.type) {
    case Literal::Type::kNull:
      Put("NULL");
      break;
    case Literal::Type::kBoolean:
      Put(literal.integer != 0 ? "TRUE" : "FALSE");
      break;
    case Literal::Type::kInteger:
      Put(std::to_string(literal.integer));
      break;
    case Literal::Type::kDecimal:
      Put(literal.text);
      break;
    case Literal::Type::kString:
      Put(QuoteLiteral(literal.text));
      break;
    case Literal::Type::kBitString:
      Put(std::string_view(literal.text).substr(0, 1))
          .Put("'")
          .Put(std::string_view(literal.text).substr(1))
          .Put("'");
      break;
  }
}

/// Whether the expression prints as one term, that can stand next to any operator.
static bool IsTerm(const Expr& expr) {
  switch (expr.kind) {
    case Expr::Kind::kLiteral: {
      const auto& literal = expr.As<Literal>();
      if (literal.type == Literal::Type::kInteger) return literal.integer >= 0;
      return literal.type != Literal::Type::kDecimal || literal.text[0] != '-';
    }
    case Expr::Kind::kCast:
      return expr.As<Cast>().style != Cast::Style::kColons;
    case Expr::Kind::kSubquery:
      return expr.As<Subquery>().operand == nullptr;
    case Expr::Kind::kParameter:
    case Expr::Kind::kColumnRef:
    case Expr::Kind::kFunctionCall:
    case Expr::Kind::kSpecialValue:
    case Expr::Kind::kCoalesce:
    case Expr::Kind::kGreatestLeast:
    case Expr::Kind::kNullIf:
    case Expr::Kind::kCase:
    case Expr::Kind::kArray:
    case Expr::Kind::kSubscript:
    case Expr::Kind::kFieldSelect:
    case Expr::Kind::kRow:
    case Expr::Kind::kGrouping:
      return true;
    default:
      return false;
  }
}

void Printer::Operand(const ExprPtr& expr) {
  if (IsTerm(*expr)) {
    Put(*expr);
  } else {
    Put("(");
    Put(*expr);
    Put(")");
  }
}

// What may stand in front of [i] and .field: a column or parameter for subscripts, else
// parentheses.
void Printer::Indirected(const ExprPtr& operand, bool subscript) {
  const bool chain =
      operand->kind == Expr::Kind::kSubscript || operand->kind == Expr::Kind::kFieldSelect;
  const bool plain = operand->kind == Expr::Kind::kParameter ||
                     (subscript && operand->kind == Expr::Kind::kColumnRef) || chain;
  if (!plain) Put("(");
  Put(*operand);
  if (!plain) Put(")");
}

void Printer::Put(const WindowDefinition& window) {
  if (window.only_reference) {
    Put(QuoteIdentifier(window.reference));
    return;
  }
  Put("(");
  const char* space = "";
  if (!window.reference.empty()) {
    Put(QuoteIdentifier(window.reference));
    space = " ";
  }
  if (!window.partition_by.empty()) {
    Put(space).Put("PARTITION BY ");
    Exprs(window.partition_by);
    space = " ";
  }
  if (!window.order_by.empty()) {
    Put(space).Put("ORDER BY ");
    SortItems(window.order_by);
    space = " ";
  }
  if (window.unit != WindowDefinition::FrameUnit::kNone) {
    static constexpr std::string_view kUnits[] = {"", "RANGE", "ROWS", "GROUPS"};
    static constexpr std::string_view kExclusions[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP",
                                                       " EXCLUDE TIES"};
    Put(space).Put(kUnits[static_cast<int>(window.unit)]).Put(" BETWEEN ");
    Put(window.start);
    Put(" AND ");
    Put(window.end);
    Put(kExclusions[static_cast<int>(window.exclusion)]);
  }
  Put(")");
}

void Printer::Put(const FrameBound& bound) {
  if (bound.offset != nullptr) {
    Operand(bound.offset);
    Put(bound.type == FrameBound::Type::kPreceding ? " PRECEDING" : " FOLLOWING");
    return;
  }
  Put(bound.type == FrameBound::Type::kUnboundedPreceding ? "UNBOUNDED PRECEDING"
      : bound.type == FrameBound::Type::kCurrentRow       ? "CURRENT ROW"
                                                          : "UNBOUNDED FOLLOWING");
}

void Printer::PutCall(const FunctionCall& call) {
  Put(call.name);
  Put("(");
  if (call.star) Put("*");
  if (call.distinct) Put("DISTINCT ");
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (i > 0) Put(", ");
    if (call.variadic && i + 1 == call.args.size()) Put("VARIADIC ");
    if (!call.arg_names.empty() && !call.arg_names[i].empty())
      Put(QuoteIdentifier(call.arg_names[i])).Put(" => ");
    Put(*call.args[i]);
  }
  if (!call.order_by.empty() && !call.within_group) {
    Put(" ORDER BY ");
    SortItems(call.order_by);
  }
  Put(")");
  if (call.within_group) {
    Put(" WITHIN GROUP (ORDER BY ");
    SortItems(call.order_by);
    Put(")");
  }
  if (call.filter != nullptr) {
    Put(" FILTER (WHERE ");
    Put(*call.filter);
    Put(")");
  }
  if (call.over != nullptr) {
    Put(" OVER ");
    Put(*call.over);
  }
}

void Printer::PutCast(const Cast& cast) {
  switch (cast.style) {
    case Cast::Style::kCast:
      Put("CAST(");
      Put(*cast.operand);
      Put(" AS ");
      Put(cast.type);
      Put(")");
      break;
    case Cast::Style::kColons:
      Operand(cast.operand);
      Put("::");
      Put(cast.type);
      break;
    case Cast::Style::kTypedLiteral:
      // A lifted literal is no longer one: $1::date. Neither are the spellings in front of a string
      // all the same as after a cast.
      if (cast.operand->kind != Expr::Kind::kLiteral) {
        Put("CAST(");
        Put(*cast.operand);
        Put(" AS ");
        Put(cast.type);
        Put(")");
      } else if (cast.type.name.schema == "pg_catalog" && cast.type.name.name == "interval") {
        Put("interval");
        if (cast.type.interval_fields == IntervalFields::kAll) Modifiers(cast.type);
        Put(" ");
        Put(*cast.operand);
        Put(IntervalFieldsText(cast.type.interval_fields));
        if (cast.type.interval_fields != IntervalFields::kAll) Modifiers(cast.type);
      } else {
        Put(cast.type);
        Put(" ");
        Put(*cast.operand);
      }
      break;
  }
}

void Printer::PutSubquery(const Subquery& subquery) {
  switch (subquery.type) {
    case Subquery::Type::kScalar:
      break;
    case Subquery::Type::kExists:
      Put("EXISTS ");
      break;
    case Subquery::Type::kArray:
      Put("ARRAY");
      break;
    case Subquery::Type::kIn:
      Operand(subquery.operand);
      Put(subquery.negated ? " NOT IN " : " IN ");
      break;
    case Subquery::Type::kAny:
    case Subquery::Type::kAll:
      Operand(subquery.operand);
      Put(" ");
      Operator(subquery.op);
      Put(subquery.type == Subquery::Type::kAny ? " ANY " : " ALL ");
      break;
  }
  Put("(");
  Put(*subquery.query);
  Put(")");
}

void Printer::PutCase(const Case& c) {
  Put("CASE");
  if (c.operand != nullptr) {
    Put(" ");
    Put(*c.operand);
  }
  for (const Case::When& when : c.whens) {
    Put(" WHEN ");
    Put(*when.condition);
    Put(" THEN ");
    Put(*when.result);
  }
  if (c.otherwise != nullptr) {
    Put(" ELSE ");
    Put(*c.otherwise);
  }
  Put(" END");
}

void Printer::PutColumnRef(const ColumnRef& ref) {
  for (size_t i = 0; i < ref.parts.size(); ++i) {
    if (i > 0) Put(".");
    Put(QuoteIdentifier(ref.parts[i]));
  }
  if (ref.star) Put(ref.parts.empty() ? "*" : ".*");
}

void Printer::PutSpecial(const SpecialValue& value) {
  static constexpr std::string_view kWords[] = {
      "CURRENT_DATE",   "CURRENT_TIME",    "CURRENT_TIMESTAMP", "LOCALTIME",
      "LOCALTIMESTAMP", "CURRENT_ROLE",    "CURRENT_USER",      "USER",
      "SESSION_USER",   "CURRENT_CATALOG", "CURRENT_SCHEMA"};
  Put(kWords[static_cast<int>(value.type)]);
  if (value.precision >= 0) Put("(").Put(std::to_string(value.precision)).Put(")");
}

void Printer::PutInfix(const ExprPtr& left, std::string_view op, const ExprPtr& right) {
  Operand(left);
  Put(op);
  Operand(right);
}

void Printer::PutParenthesized(std::string_view name, const ExprList& args) {
  Put(name).Put("(");
  Exprs(args);
  Put(")");
}

void Printer::Put(const Expr& expr) {
  switch (expr.kind) {
    case Expr::Kind::kLiteral:
      PutLiteral(expr.As<Literal>());
      break;
    case Expr::Kind::kParameter: {
      const auto& parameter = expr.As<Parameter>();
      Put("$").Put(std::to_string(parameter.number));
      if (options_.fingerprint && parameter.lifted.has_value())
        Put(":").Put(parameter.lifted_class);
      break;
    }
    case Expr::Kind::kColumnRef:
      PutColumnRef(expr.As<ColumnRef>());
      break;
    case Expr::Kind::kUnary:
      Operator(expr.As<Unary>().op);
      Put(" ");
      Operand(expr.As<Unary>().operand);
      break;
    case Expr::Kind::kBinary: {
      const auto& binary = expr.As<Binary>();
      Operand(binary.left);
      Put(" ");
      Operator(binary.op);
      Put(" ");
      Operand(binary.right);
      break;
    }
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr: {
      const char* separator = "";
      for (const ExprPtr& operand : expr.As<Logical>().operands) {
        Put(separator);
        Operand(operand);
        separator = expr.kind == Expr::Kind::kAnd ? " AND " : " OR ";
      }
      break;
    }
    case Expr::Kind::kNot:
      Put("NOT ");
      Operand(expr.As<Not>().operand);
      break;
    case Expr::Kind::kFunctionCall:
      PutCall(expr.As<FunctionCall>());
      break;
    case Expr::Kind::kSpecialValue:
      PutSpecial(expr.As<SpecialValue>());
      break;
    case Expr::Kind::kCoalesce:
      PutParenthesized("COALESCE", expr.As<Coalesce>().args);
      break;
    case Expr::Kind::kGreatestLeast:
      PutParenthesized(expr.As<GreatestLeast>().greatest ? "GREATEST" : "LEAST",
                       expr.As<GreatestLeast>().args);
      break;
    case Expr::Kind::kNullIf:
      Put("NULLIF(");
      Put(*expr.As<NullIf>().left);
      Put(", ");
      Put(*expr.As<NullIf>().right);
      Put(")");
      break;
    case Expr::Kind::kCase:
      PutCase(expr.As<Case>());
      break;
    case Expr::Kind::kCast:
      PutCast(expr.As<Cast>());
      break;
    case Expr::Kind::kCollate:
      Operand(expr.As<Collate>().operand);
      Put(" COLLATE ");
      Put(expr.As<Collate>().collation);
      break;
    case Expr::Kind::kIsNull:
      Operand(expr.As<IsNull>().operand);
      Put(expr.As<IsNull>().negated ? " IS NOT NULL" : " IS NULL");
      break;
    case Expr::Kind::kIsBoolean: {
      static constexpr std::string_view kTests[] = {"TRUE", "FALSE", "UNKNOWN"};
      const auto& test = expr.As<IsBoolean>();
      Operand(test.operand);
      Put(test.negated ? " IS NOT " : " IS ").Put(kTests[static_cast<int>(test.test)]);
      break;
    }
    case Expr::Kind::kIsDistinct: {
      const auto& distinct = expr.As<IsDistinct>();
      PutInfix(distinct.left, distinct.negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ",
               distinct.right);
      break;
    }
    case Expr::Kind::kBetween: {
      const auto& between = expr.As<Between>();
      Operand(between.operand);
      Put(between.negated ? " NOT BETWEEN " : " BETWEEN ")
          .Put(between.symmetric ? "SYMMETRIC " : "");
      PutInfix(between.low, " AND ", between.high);
      break;
    }
    case Expr::Kind::kInList:
      Operand(expr.As<InList>().operand);
      PutParenthesized(expr.As<InList>().negated ? " NOT IN " : " IN ", expr.As<InList>().items);
      break;
    case Expr::Kind::kLike: {
      static constexpr std::string_view kTypes[] = {"LIKE ", "ILIKE ", "SIMILAR TO "};
      const auto& like = expr.As<Like>();
      Operand(like.operand);
      Put(like.negated ? " NOT " : " ").Put(kTypes[static_cast<int>(like.type)]);
      Operand(like.pattern);
      if (like.escape != nullptr) {
        Put(" ESCAPE ");
        Operand(like.escape);
      }
      break;
    }
    case Expr::Kind::kSubquery:
      PutSubquery(expr.As<Subquery>());
      break;
    case Expr::Kind::kQuantifiedArray: {
      const auto& quantified = expr.As<QuantifiedArray>();
      Operand(quantified.operand);
      Put(" ");
      Operator(quantified.op);
      Put(quantified.all ? " ALL (" : " ANY (");
      Put(*quantified.array);
      Put(")");
      break;
    }
    case Expr::Kind::kArray:
      Put("ARRAY[");
      Exprs(expr.As<Array>().items);
      Put("]");
      break;
    case Expr::Kind::kSubscript: {
      const auto& subscript = expr.As<Subscript>();
      if (!subscript.chained && subscript.operand->kind == Expr::Kind::kSubscript) {
        Put("(");
        Put(*subscript.operand);
        Put(")");
      } else {
        Indirected(subscript.operand, true);
      }
      Put("[");
      if (subscript.lower != nullptr) Put(*subscript.lower);
      if (subscript.slice) Put(" : ");
      if (subscript.upper != nullptr) Put(*subscript.upper);
      Put("]");
      break;
    }
    case Expr::Kind::kFieldSelect:
      Indirected(expr.As<FieldSelect>().operand, false);
      Put(".");
      Put(expr.As<FieldSelect>().star ? "*" : QuoteIdentifier(expr.As<FieldSelect>().field));
      break;
    case Expr::Kind::kRow:
      PutParenthesized(expr.As<Row>().explicit_row || expr.As<Row>().items.size() < 2 ? "ROW" : "",
                       expr.As<Row>().items);
      break;
    case Expr::Kind::kGrouping:
      PutParenthesized("GROUPING", expr.As<Grouping>().args);
      break;
    case Expr::Kind::kDefault:
      Put("DEFAULT");
      break;
    case Expr::Kind::kCurrentOf:
      Put("CURRENT OF ").Put(QuoteIdentifier(expr.As<CurrentOf>().cursor));
      break;
  }
}

std::string Print(const Expr& expr, const PrintOptions& options) {
  Printer printer(options);
  printer.Put(expr);
  return printer.Take();
}

std::string Print(const TypeName& type) {
  Printer printer({});
  printer.Put(type);
  return printer.Take();
}

std::string Print(const QualifiedName& name) {
  Printer printer({});
  printer.Put(name);
  return printer.Take();
}

std::string Print(const Statement& statement, const PrintOptions& options) {
  Printer printer(options);
  printer.Put(statement);
  return printer.Take();
}

}  // namespace lathe::ast
