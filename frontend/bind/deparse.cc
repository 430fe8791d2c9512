#include "frontend/bind/deparse.h"

#include <algorithm>

#include "frontend/ast/print.h"
#include "runtime/types/codec.h"

namespace lathe::bind {
namespace {

using expr::Expr;
using expr::Kind;
using types::Type;
using types::TypeId;

bool IsWhole(TypeId id) {
  return id == TypeId::kInt2 || id == TypeId::kInt4 || id == TypeId::kInt8;
}
bool IsFloat(TypeId id) { return id == TypeId::kFloat4 || id == TypeId::kFloat8; }
bool IsTime(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTimestamp || id == TypeId::kTimestampTz;
}

Type WithoutModifier(const Type& type) {
  Type plain(type.id);
  plain.element = type.element;
  plain.shape = type.shape;
  return plain;
}

// Backslashes are as they are: standard_conforming_strings is always on.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

class Deparser {
 public:
  Deparser(const schema::RelationDescriptor& table, const DeparseOptions& options)
      : table_(table), options_(options) {}

  /// show_implicit: conversions that nobody wrote are shown.
  std::string Show(const Expr& e, const Expr* parent, bool show_implicit);
  bool failed() const { return failed_; }
  std::string Constant(const types::Value& value, const Type& type, bool label);

 private:
  /// In parentheses where the pretty form needs them.
  std::string Operand(const Expr& e, const Expr& parent, bool show_implicit);
  std::string Enclosed(std::string text) const { return options_.pretty ? text : "(" + text + ")"; }
  std::string Call(const Expr& e);
  std::string Syntax(const Expr& e);
  std::string Cast(const Expr& e, const Expr* parent, bool show_implicit);
  std::string Casted(const Expr& from, const Expr& node, const Type& to);
  std::string List(const Expr& e, size_t first);
  std::string Joined(const Expr& e, const char* word);
  std::string InList(const Expr& e, bool none);
  std::string Fail() {
    failed_ = true;
    return {};
  }

  const Expr& Skipped(const Expr& e) const;
  bool IsHidden(const Expr& e) const;
  bool IsSimple(const Expr& e, const Expr& parent) const;
  std::string AsWritten(std::string text) const;
  bool IsWholeNumeric(const Expr& e) const;  // was written as an integer
  std::string Lines(const Expr& e);

  const schema::RelationDescriptor& table_;
  const DeparseOptions& options_;
  size_t indent_ = 0;  // of lines
  bool failed_ = false;
};

/// Nodes that PostgreSQL does not have: forms of numeric, blanks of char(n), casts between types
/// that share operators.
bool Deparser::IsHidden(const Expr& e) const {
  if (e.kind == Kind::kCall) return e.function->name == "pad_char";
  if (e.kind != Kind::kCast || e.explicit_cast) return false;
  const TypeId from = e.children[0]->type.id, to = e.type.id;
  return from == to || (IsWhole(from) && IsWhole(to)) || (IsFloat(from) && IsFloat(to)) ||
         (IsTime(from) && IsTime(to));
}

const Expr& Deparser::Skipped(const Expr& e) const {
  const Expr* at = &e;
  while (IsHidden(*at)) at = at->children[0].get();
  return *at;
}

// isSimpleNode of ruleutils.c.
bool Deparser::IsSimple(const Expr& e, const Expr& parent) const {
  const bool listed = parent.kind == Kind::kCoalesce || parent.kind == Kind::kGreatest ||
                      parent.kind == Kind::kLeast || parent.kind == Kind::kCase ||
                      (parent.kind == Kind::kCall && parent.function->op.empty());
  const bool logical =
      parent.kind == Kind::kAnd || parent.kind == Kind::kOr || parent.kind == Kind::kNot;
  switch (e.kind) {
    case Kind::kConst:
    case Kind::kColumn:
    case Kind::kCoalesce:
    case Kind::kGreatest:
    case Kind::kLeast:
    case Kind::kCase:
    case Kind::kCast:
      return true;
    case Kind::kCall: {
      if (e.function->op.empty()) return true;
      if (parent.kind != Kind::kCall || parent.function->op.empty()) return listed || logical;
      auto priority = [](std::string_view op) {
        if (op.size() != 1) return 0;
        return op == "+" || op == "-" ? 1 : op == "*" || op == "/" || op == "%" ? 2 : 0;
      };
      const int own = priority(e.function->op), above = priority(parent.function->op);
      if (own == 0 || above == 0 || own < above) return false;
      return own > above || &Skipped(*parent.children[0]) == &e;
    }
    case Kind::kAnd:
    case Kind::kNot:
      return listed || (logical && parent.kind != Kind::kNot);
    case Kind::kOr:
      return parent.kind == Kind::kOr || listed;
    case Kind::kIsNull:
    case Kind::kIsNotNull:
    case Kind::kIsTrue:
    case Kind::kIsFalse:
    case Kind::kIsDistinct:
    case Kind::kInList:
    case Kind::kAnyArray:
      return listed || logical;
    default:
      return false;
  }
}

std::string Deparser::Operand(const Expr& node, const Expr& parent, bool show_implicit) {
  const Expr& e = Skipped(node);
  if (IsWholeNumeric(e)) {
    std::string text;
    types::AppendText(e.value.type(), e.value.datum(), options_.format, &text);
    text = AsWritten(std::move(text));
    if (text[0] == '-') text = "'" + text + "'::integer";
    if (!show_implicit) return text;
    return (options_.pretty ? text : "(" + text + ")") + "::numeric";
  }
  std::string text = Show(e, &parent, show_implicit);
  // char varying goes through text in all operators.
  if (e.type.id == TypeId::kVarchar && show_implicit && parent.kind != Kind::kIsNull &&
      parent.kind != Kind::kIsNotNull) {
    if (e.kind == Kind::kConst && !e.value.is_null())
      return Constant(e.value, Type(TypeId::kText), true);
    const bool bare = e.kind == Kind::kColumn && options_.pretty;
    return (bare ? text : "(" + text + ")") + "::text";
  }
  return options_.pretty && !IsSimple(e, parent) ? "(" + text + ")" : text;
}

// get_const_expr.
std::string Deparser::Constant(const types::Value& value, const Type& type, bool label) {
  const std::string name = types::FormatType(type);
  if (value.is_null()) return label ? "NULL::" + name : "NULL";
  if (type.id == TypeId::kRegclass || type.id == TypeId::kRecord || type.id == TypeId::kArray) {
    return Fail();
  }
  std::string text;
  types::AppendText(type.id == TypeId::kText ? Type(TypeId::kText) : value.type(), value.datum(),
                    options_.format, &text);
  bool quoted = true;
  switch (type.id) {
    case TypeId::kBool:
      return text == "t" ? "true" : "false";
    case TypeId::kInt4:
      quoted = text[0] == '-';
      label = label && quoted;
      break;
    case TypeId::kNumeric:
      text = AsWritten(std::move(text));
      quoted =
          !(text[0] >= '0' && text[0] <= '9') || text.find_first_of("eE.") == std::string::npos;
      label = label && (quoted || type.typmod >= 0);
      break;
    default:
      break;
  }
  const std::string shown = quoted ? Quoted(text) : text;
  return label ? shown + "::" + name : shown;
}

// The binder gives numeric constants the digits that they are calculated with, and makes them of
// whole ones.
std::string Deparser::AsWritten(std::string text) const {
  while (text.find('.') != std::string::npos && options_.sql.find(text) == std::string_view::npos) {
    const char last = text.back();
    if (last != '0' && last != '.') break;
    text.pop_back();
    if (last == '.') break;
  }
  return text;
}

bool Deparser::IsWholeNumeric(const Expr& e) const {
  if (e.kind != Kind::kConst || e.type.id != TypeId::kNumeric || e.value.is_null()) return false;
  std::string text;
  types::AppendText(e.value.type(), e.value.datum(), options_.format, &text);
  text = AsWritten(std::move(text));
  return text.find_first_not_of("-0123456789") == std::string::npos && text.size() < 10 &&
         options_.sql.find(text[0] == '-' ? text.substr(1) : text) != std::string_view::npos;
}

// get_coercion_expr.
std::string Deparser::Casted(const Expr& from, const Expr& node, const Type& to) {
  const std::string name = types::FormatType(to);
  if (from.kind == Kind::kConst && from.type.id == to.id && to.typmod < 0) {
    return Constant(from.value, from.type, false) + "::" + name;
  }
  std::string text = Show(from, &node, false);
  const bool bare = options_.pretty && IsSimple(from, node);
  return (bare ? text : "(" + text + ")") + "::" + name;
}

std::string Deparser::Cast(const Expr& e, const Expr* parent, bool show_implicit) {
  const Expr& from = Skipped(*e.children[0]);
  if (e.explicit_cast) {
    // A literal of a type is the constant.
    if (from.kind == Kind::kConst && from.type.id == e.type.id && e.type.typmod < 0) {
      return Constant(from.value, from.type, true);
    }
    return Casted(from, e, e.type);
  }
  if (!show_implicit)
    return parent == nullptr ? Show(from, nullptr, false) : Operand(from, *parent, false);
  return Casted(from, e, WithoutModifier(e.type));
}

std::string Deparser::List(const Expr& e, size_t first) {
  std::string text;
  for (size_t i = first; i < e.children.size(); ++i) {
    if (i > first) text += ", ";
    text += Show(Skipped(*e.children[i]), nullptr, true);
  }
  return text;
}

std::string Deparser::Joined(const Expr& e, const char* word) {
  std::string text;
  for (const expr::ExprPtr& child : e.children) {
    if (!text.empty()) text += word;
    text += Operand(*child, e, false);
  }
  return Enclosed(std::move(text));
}

std::string Deparser::InList(const Expr& e, bool none) {
  std::string text = Operand(*e.children[0], e, true);
  if (Skipped(*e.children[0]).type.id == TypeId::kVarchar) return Fail();
  return Enclosed(text + (none ? " <> ALL (ARRAY[" : " = ANY (ARRAY[") + List(e, 1) + "])");
}

// The forms with words of their own; the function call is another text.
std::string Deparser::Syntax(const Expr& e) {
  const std::string_view name = e.function->name;
  auto written = [&](const char* as) { return options_.sql.find(as) != std::string_view::npos; };
  if (name == "extract" && e.children.size() == 2 && written("pg_catalog.\"extract\"")) {
    const Expr& field = Skipped(*e.children[0]);
    if (field.kind != Kind::kConst) return Fail();
    return "EXTRACT(" + std::string(field.value.AsString()) + " FROM " +
           Show(*e.children[1], nullptr, false) + ")";
  }
  if (name == "substring" && written("pg_catalog.\"substring\"")) {
    std::string text = "SUBSTRING(" + Show(Skipped(*e.children[0]), nullptr, false) + " FROM " +
                       Show(Skipped(*e.children[1]), nullptr, false);
    if (e.children.size() == 3) text += " FOR " + Show(Skipped(*e.children[2]), nullptr, false);
    return text + ")";
  }
  return {};
}

std::string Deparser::Call(const Expr& e) {
  const func::Function& function = *e.function;
  const bool prefix = function.op.size() > 0 && e.children.size() == 1;
  if (function.op.empty()) {
    // What may stand for words of SQL's own, or for nothing that a user can write.
    static constexpr std::string_view kOther[] = {
        "timezone",       "overlay",           "position",   "btrim",        "ltrim",
        "rtrim",          "normalize",         "now",        "check_domain", "is_normalized",
        "similar_escape", "similar_to_escape", "like_escape"};
    const std::string form = Syntax(e);
    if (!form.empty() || failed_) return form;
    if (function.oid.value >= 9000 || function.name.find("current") != std::string_view::npos ||
        std::find(std::begin(kOther), std::end(kOther), function.name) != std::end(kOther) ||
        e.subquery != nullptr) {
      return Fail();
    }
    return ast::QuoteIdentifier(std::string(function.name)) + "(" + List(e, 0) + ")";
  }
  if (prefix) {
    const Expr& of = Skipped(*e.children[0]);
    // The parser makes one constant of a sign and a number.
    if (function.op == "-" && of.kind == Kind::kConst && !of.value.is_null()) {
      std::string text = Constant(of.value, of.type, false);
      if (text[0] != '\'') text = "'" + text + "'";
      return "'-" + text.substr(1) + "::" + types::FormatType(WithoutModifier(of.type));
    }
    return Enclosed(std::string(function.op) + " " + Operand(of, e, true));
  }
  if (e.children.size() != 2) return Fail();
  return Enclosed(Operand(*e.children[0], e, true) + " " + std::string(function.op) + " " +
                  Operand(*e.children[1], e, true));
}

// CASE has lines of its own (appendContextKeyword); NULLIF is one in the plan only.
std::string Deparser::Lines(const Expr& e) {
  const Expr& first = *e.children[0];
  if (e.children.size() == 3 && e.children[1]->kind == Kind::kConst &&
      e.children[1]->value.is_null() && first.kind == Kind::kCall && first.function->op == "=" &&
      (options_.sql.find("NULLIF(") != std::string_view::npos)) {
    return "NULLIF(" + List(first, 0) + ")";
  }
  auto line = [&] { return "\n" + std::string(indent_, ' '); };
  std::string text = line() + "CASE";
  indent_ += 4;
  for (size_t i = 0; i + 1 < e.children.size(); i += 2) {
    text += line() + "WHEN " + Show(Skipped(*e.children[i]), &e, false) + " THEN " +
            Show(Skipped(*e.children[i + 1]), &e, true);
  }
  text += line() + "ELSE " + Show(Skipped(*e.children.back()), &e, true);
  indent_ -= 4;
  return text + line() + "END";
}

std::string Deparser::Show(const Expr& e, const Expr* parent, bool show_implicit) {
  if (failed_) return {};
  switch (e.kind) {
    case Kind::kConst:
      return Constant(e.value, e.value.is_null() ? e.type : WithoutModifier(e.type), true);
    case Kind::kColumn: {
      if (table_.kind == schema::RelationKind::kDomain) return "VALUE";
      if (e.column.value == 0 || e.column.value > table_.columns.size()) return Fail();
      return ast::QuoteIdentifier(table_.columns[e.column.value - 1].name);
    }
    case Kind::kCast:
      if (IsHidden(e)) return Show(*e.children[0], parent, show_implicit);
      return Cast(e, parent, show_implicit);
    case Kind::kCall:
      if (IsHidden(e)) return Show(*e.children[0], parent, show_implicit);
      return Call(e);
    case Kind::kAnd:
      return Joined(e, " AND ");
    case Kind::kOr:
      return Joined(e, " OR ");
    case Kind::kNot: {
      const Expr& of = *e.children[0];
      if (of.kind == Kind::kInList) return InList(of, true);
      if (of.kind == Kind::kIsTrue || of.kind == Kind::kIsFalse) {
        return Enclosed(Operand(*of.children[0], of, false) +
                        (of.kind == Kind::kIsTrue ? " IS NOT TRUE" : " IS NOT FALSE"));
      }
      return Enclosed("NOT " + Operand(of, e, false));
    }
    case Kind::kIsNull:
      return Enclosed(Operand(*e.children[0], e, true) + " IS NULL");
    case Kind::kIsNotNull:
      return Enclosed(Operand(*e.children[0], e, true) + " IS NOT NULL");
    case Kind::kIsTrue:
      return Enclosed(Operand(*e.children[0], e, false) + " IS TRUE");
    case Kind::kIsFalse:
      return Enclosed(Operand(*e.children[0], e, false) + " IS FALSE");
    case Kind::kIsDistinct:
      return Enclosed(Operand(*e.children[0], e, true) + " IS DISTINCT FROM " +
                      Operand(*e.children[1], e, true));
    case Kind::kCase:
      return Lines(e);
    case Kind::kCoalesce:
      return "COALESCE(" + List(e, 0) + ")";
    case Kind::kGreatest:
      return "GREATEST(" + List(e, 0) + ")";
    case Kind::kLeast:
      return "LEAST(" + List(e, 0) + ")";
    case Kind::kInList:
      return InList(e, false);
    default:
      return Fail();
  }
}

}  // namespace

std::optional<std::string> DeparseConstant(const types::Value& value, const types::Type& type,
                                           const types::FormatContext& format) {
  const schema::RelationDescriptor none;
  DeparseOptions options;
  options.format = format;
  Deparser deparser(none, options);
  std::string text = deparser.Constant(value, type, true);
  if (deparser.failed()) return std::nullopt;
  return text;
}

std::optional<std::string> Deparse(const Expr& e, const schema::RelationDescriptor& table,
                                   const DeparseOptions& options) {
  Deparser deparser(table, options);
  std::string text = deparser.Show(e, nullptr, false);
  if (deparser.failed()) return std::nullopt;
  // No blanks before a line's end.
  for (size_t at = text.find(" \n"); at != std::string::npos; at = text.find(" \n")) {
    text.erase(at, 1);
  }
  return text;
}

}  // namespace lathe::bind
