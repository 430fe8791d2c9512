// The printer of expressions, used by plans in EXPLAIN and in golden files.
#include "codegen/expr/expr.h"

namespace lathe::expr {
namespace {

using Namer = std::function<std::string(ColumnId)>;

std::string List(const Expr& e, size_t from, std::string_view separator, const Namer& name_of) {
  std::string text;
  for (size_t i = from; i < e.children.size(); ++i) {
    if (i > from) text += separator;
    text += Print(*e.children[i], name_of);
  }
  return text;
}

std::string PrintConst(const types::Value& value) {
  if (value.is_null()) return "NULL";
  std::string text = value.ToString();
  if (value.type().is_number() || value.type().id == types::TypeId::kBool) return text;
  std::string quoted = "'";
  for (char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'::" + types::FormatType(value.type());
}

std::string PrintCase(const Expr& e, const Namer& name_of) {
  std::string text = "CASE";
  for (size_t i = 0; i + 1 < e.children.size(); i += 2) {
    text +=
        " WHEN " + Print(*e.children[i], name_of) + " THEN " + Print(*e.children[i + 1], name_of);
  }
  return text + " ELSE " + Print(*e.children.back(), name_of) + " END";
}

std::string PrintSubquery(const Expr& e, const Namer& name_of) {
  switch (e.subquery_kind) {
    case SubqueryKind::kScalar:
      return "(subquery)";
    case SubqueryKind::kExists:
      return "EXISTS (subquery)";
    case SubqueryKind::kAny:
      return List(e, 0, ", ", name_of) + " " + std::string(e.function->op) + " ANY (subquery)";
    case SubqueryKind::kAll:
      return List(e, 0, ", ", name_of) + " " + std::string(e.function->op) + " ALL (subquery)";
    case SubqueryKind::kArray:
      return "ARRAY(subquery)";
  }
  return "";
}

}  // namespace

std::string Print(const Expr& e, const Namer& name_of) {
  auto child = [&](size_t i) { return Print(*e.children[i], name_of); };
  switch (e.kind) {
    case Kind::kConst:
      return PrintConst(e.value);
    case Kind::kParam:
      return "$" + std::to_string(e.param + 1);
    case Kind::kColumn:
      return (name_of ? name_of(e.column) : "") + "#" + std::to_string(e.column.value);
    case Kind::kCall:
      if (!e.function->op.empty() && e.children.size() == 2) {
        return "(" + child(0) + " " + std::string(e.function->op) + " " + child(1) + ")";
      }
      if (!e.function->op.empty() && e.children.size() == 1) {
        return "(" + std::string(e.function->op) + " " + child(0) + ")";
      }
      return std::string(e.function->name) + "(" + List(e, 0, ", ", name_of) + ")";
    case Kind::kCast:
      return child(0) + "::" + types::FormatType(e.type);
    case Kind::kAnd:
      return "(" + List(e, 0, " AND ", name_of) + ")";
    case Kind::kOr:
      return "(" + List(e, 0, " OR ", name_of) + ")";
    case Kind::kNot:
      return "(NOT " + child(0) + ")";
    case Kind::kIsNull:
      return "(" + child(0) + " IS NULL)";
    case Kind::kIsNotNull:
      return "(" + child(0) + " IS NOT NULL)";
    case Kind::kIsTrue:
      return "(" + child(0) + " IS TRUE)";
    case Kind::kIsFalse:
      return "(" + child(0) + " IS FALSE)";
    case Kind::kIsDistinct:
      return "(" + child(0) + " IS DISTINCT FROM " + child(1) + ")";
    case Kind::kCase:
      return PrintCase(e, name_of);
    case Kind::kCoalesce:
      return "COALESCE(" + List(e, 0, ", ", name_of) + ")";
    case Kind::kGreatest:
      return "GREATEST(" + List(e, 0, ", ", name_of) + ")";
    case Kind::kLeast:
      return "LEAST(" + List(e, 0, ", ", name_of) + ")";
    case Kind::kInList:
      return "(" + child(0) + " IN (" + List(e, 1, ", ", name_of) + "))";
    case Kind::kAnyArray:
      return "(" + child(0) + " " + std::string(e.function->op) +
             (e.subquery_kind == SubqueryKind::kAll ? " ALL (" : " ANY (") + child(1) + "))";
    case Kind::kSubquery:
      return PrintSubquery(e, name_of);
  }
  return "";
}

}  // namespace lathe::expr
