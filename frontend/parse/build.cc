// The grammar's node constructors: expressions.
#include <charconv>
#include <limits>

#include "frontend/parse/semantic.h"

namespace lathe::parse {

using namespace ast;

namespace {

/// Turns a number's text into a Literal: kInteger if it is an integer that fits int64, else
/// kDecimal.
void SetNumber(Literal& literal, std::string text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && rest == end) {
    literal.type = Literal::Type::kInteger;
    literal.integer = value;
    literal.text.clear();
  } else {
    literal.type = Literal::Type::kDecimal;
    literal.text = std::move(text);
  }
}

}  // namespace

Expr* MakeInteger(ParseContext*, int64_t value, int32_t location) {
  auto* literal = new Literal();
  literal->type = Literal::Type::kInteger;
  literal->integer = value;
  literal->location = location;
  return literal;
}

Expr* MakeNumber(ParseContext*, std::string_view text, int32_t location) {
  auto* literal = new Literal();
  literal->location = location;
  SetNumber(*literal, std::string(text));
  return literal;
}

Expr* MakeString(Str text, int32_t location) {
  auto* literal = new Literal();
  literal->type = Literal::Type::kString;
  literal->text = text;
  literal->location = location;
  return literal;
}

Expr* MakeBoolean(bool value, int32_t location) {
  auto* literal = new Literal();
  literal->type = Literal::Type::kBoolean;
  literal->integer = value;
  literal->location = location;
  return literal;
}

Expr* MakeNull(int32_t location) {
  auto* literal = new Literal();
  literal->location = location;
  return literal;
}

Expr* MakeUnary(ParseContext* p, QualifiedName* op, Expr* operand, int32_t location) {
  auto* node = new Unary();
  node->op = Move(op);
  node->operand.reset(operand);
  return p->Done(node, location);
}

Expr* MakeUnary(ParseContext* p, std::string_view op, Expr* operand, int32_t location) {
  return MakeUnary(p, new QualifiedName{"", "", std::string(op), location}, operand, location);
}

Expr* MakeNegative(ParseContext* p, Expr* operand, int32_t location) {
  if (operand->kind == Expr::Kind::kLiteral) {
    auto& literal = operand->As<Literal>();
    if (literal.type == Literal::Type::kInteger || literal.type == Literal::Type::kDecimal) {
      std::string text = literal.text;
      if (literal.type == Literal::Type::kInteger) text = std::to_string(literal.integer);
      if (text[0] == '-') {
        text.erase(0, 1);
      } else if (literal.type != Literal::Type::kInteger || literal.integer != 0) {
        text.insert(0, 1, '-');
      }
      SetNumber(literal, std::move(text));
      literal.location = location;
      return operand;
    }
  }
  return MakeUnary(p, "-", operand, location);
}

Expr* MakeBinary(ParseContext* p, QualifiedName* op, Expr* left, Expr* right, int32_t location) {
  auto* node = new Binary();
  node->op = Move(op);
  node->left.reset(left);
  node->right.reset(right);
  return p->Done(node, location);
}

Expr* MakeBinary(ParseContext* p, std::string_view op, Expr* left, Expr* right, int32_t location) {
  auto* node = new Binary();
  node->op.name = op == "!=" ? "<>" : std::string(op);
  node->op.location = location;
  node->left.reset(left);
  node->right.reset(right);
  return p->Done(node, location);
}

Expr* MakeLogical(ParseContext* p, Expr::Kind kind, Expr* left, Expr* right, int32_t location) {
  if (left->kind == kind) {
    left->depth = std::max(left->depth, right->depth + 1);
    left->As<Logical>().operands.emplace_back(right);
    return left;
  }
  auto* node = new Logical(kind);
  node->operands.emplace_back(left);
  node->operands.emplace_back(right);
  return p->Done(node, location);
}

Expr* MakeNot(ParseContext* p, Expr* operand, int32_t location) {
  auto* node = new Not();
  node->operand.reset(operand);
  return p->Done(node, location);
}

Expr* MakeIsNull(ParseContext* p, Expr* operand, bool negated, int32_t location) {
  auto* node = new IsNull();
  node->operand.reset(operand);
  node->negated = negated;
  return p->Done(node, location);
}

Expr* MakeIsBoolean(ParseContext* p, Expr* operand, IsBoolean::Test test, bool negated,
                    int32_t location) {
  auto* node = new IsBoolean();
  node->operand.reset(operand);
  node->test = test;
  node->negated = negated;
  return p->Done(node, location);
}

Expr* MakeIsDistinct(ParseContext* p, Expr* left, Expr* right, bool negated, int32_t location) {
  auto* node = new IsDistinct();
  node->left.reset(left);
  node->right.reset(right);
  node->negated = negated;
  return p->Done(node, location);
}

Expr* MakeBetween(ParseContext* p, Expr* operand, Expr* low, Expr* high, bool negated,
                  bool symmetric, int32_t location) {
  auto* node = new Between();
  node->operand.reset(operand);
  node->low.reset(low);
  node->high.reset(high);
  node->negated = negated;
  node->symmetric = symmetric;
  return p->Done(node, location);
}

Expr* MakeLike(ParseContext* p, Like::Type type, Expr* operand, Expr* pattern, Expr* escape,
               bool negated, int32_t location) {
  auto* node = new Like();
  node->type = type;
  node->operand.reset(operand);
  node->pattern.reset(pattern);
  node->escape.reset(escape);
  node->negated = negated;
  return p->Done(node, location);
}

Expr* MakeCast(ParseContext* p, Expr* operand, TypeName* type, Cast::Style style,
               int32_t location) {
  auto* node = new Cast();
  node->operand.reset(operand);
  node->type = Move(type);
  node->style = style;
  return p->Done(node, location);
}

Expr* MakeSubquery(ParseContext* p, Subquery::Type type, SelectStatement* query, int32_t location) {
  auto* node = new Subquery();
  node->type = type;
  node->query.reset(query);
  return p->Done(node, location);
}

Expr* MakeRow(ParseContext* p, ExprList* items, bool explicit_row, int32_t location) {
  auto* node = new Row();
  if (items != nullptr) node->items = Move(items);
  node->explicit_row = explicit_row;
  return p->Done(node, location);
}

Expr* MakeSpecial(SpecialValue::Type type, int64_t precision, int32_t location) {
  auto* node = new SpecialValue();
  node->type = type;
  node->precision = static_cast<int32_t>(precision);
  node->location = location;
  return node;
}

FunctionCall* MakeSqlCall(std::string_view name, int32_t location) {
  auto* node = new FunctionCall();
  node->name = QualifiedName{"", "pg_catalog", std::string(name), location};
  node->sql_syntax = true;
  node->location = location;
  return node;
}

Expr* MakeSqlCall(ParseContext* p, std::string_view name, int32_t location, Expr* a, Expr* b,
                  Expr* c, Expr* d) {
  FunctionCall* node = MakeSqlCall(name, location);
  for (Expr* arg : {a, b, c, d}) {
    if (arg != nullptr) node->args.emplace_back(arg);
  }
  return p->Done(node, location);
}

FunctionCall* MakeCall(QualifiedName* name, FunctionArgs* args, int32_t location) {
  auto* node = new FunctionCall();
  node->name = Move(name);
  node->location = location;
  if (args != nullptr) {
    node->args = std::move(args->args);
    node->arg_names = std::move(args->names);
    node->variadic = args->variadic;
    delete args;
  }
  return node;
}

void AddArg(FunctionArgs* args, Expr* expr, std::string name) {
  if (!name.empty() && args->names.empty()) args->names.resize(args->args.size());
  args->args.emplace_back(expr);
  if (!name.empty() || !args->names.empty()) args->names.push_back(std::move(name));
}

Expr* ApplyIndirection(ParseContext* p, Expr* operand, Indirection* indirection) {
  for (size_t i = 0; i < indirection->size(); ++i) {
    IndirectionItem& item = (*indirection)[i];
    if (item.type == IndirectionItem::Type::kIndex || item.type == IndirectionItem::Type::kSlice) {
      auto* node = new Subscript();
      node->operand.reset(operand);
      node->lower = std::move(item.lower);
      node->upper = std::move(item.upper);
      node->slice = item.type == IndirectionItem::Type::kSlice;
      node->chained = i > 0 && operand->kind == Expr::Kind::kSubscript;
      operand = p->Done(node, node->operand->location);
    } else {
      auto* node = new FieldSelect();
      node->operand.reset(operand);
      node->field = std::move(item.name);
      node->star = item.type == IndirectionItem::Type::kStar;
      if (node->star && i + 1 < indirection->size()) {
        p->FailNear("improper use of \"*\"");
      }
      operand = p->Done(node, node->operand->location);
    }
  }
  delete indirection;
  return operand;
}

Expr* MakeColumnRef(ParseContext* p, Str name, Indirection* indirection, int32_t location) {
  auto* ref = new ColumnRef();
  ref->location = location;
  size_t used = 0;
  if (indirection != nullptr) {
    while (used < indirection->size() && !ref->star) {
      const IndirectionItem& item = (*indirection)[used];
      if (item.type != IndirectionItem::Type::kField && item.type != IndirectionItem::Type::kStar)
        break;
      ref->star = item.type == IndirectionItem::Type::kStar;
      ++used;
    }
  }
  ref->parts.reserve(1 + used);
  ref->parts.push_back(name);
  for (size_t i = 0; i < used; ++i) {
    if ((*indirection)[i].type == IndirectionItem::Type::kField)
      ref->parts.push_back(std::move((*indirection)[i].name));
  }
  if (indirection == nullptr) return ref;
  if (ref->star && used < indirection->size()) p->FailNear("improper use of \"*\"");
  indirection->erase(indirection->begin(),
                     indirection->begin() + static_cast<std::ptrdiff_t>(used));
  return ApplyIndirection(p, ref, indirection);
}

ColumnTarget MakeColumnTarget(ParseContext* p, Str name, Indirection* indirection,
                              int32_t location) {
  ColumnTarget target;
  target.name = name;
  target.location = location;
  if (indirection != nullptr) {
    auto* ref = new ColumnRef();
    ref->location = location;
    ref->parts.push_back(name);
    for (const IndirectionItem& item : *indirection) {
      if (item.type == IndirectionItem::Type::kStar) p->FailNear("syntax error");
    }
    target.indirection.reset(ApplyIndirection(p, ref, indirection));
  }
  return target;
}

Expr* FinishIn(ParseContext* p, Expr* operand, Expr* in, bool negated, int32_t location) {
  if (in->kind == Expr::Kind::kSubquery) {
    in->As<Subquery>().operand.reset(operand);
    in->As<Subquery>().negated = negated;
  } else if (in->kind == Expr::Kind::kInList) {
    in->As<InList>().operand.reset(operand);
    in->As<InList>().negated = negated;
  } else {  // what Done() put in place of a tree that is too high
    delete operand;
  }
  return p->Done(in, location);
}

Expr* MakeOverloaded(ParseContext* p, std::string_view name, FunctionArgs* args, int32_t location) {
  return p->Done(MakeCall(new QualifiedName{"", "", std::string(name), location}, args, location),
                 location);
}

Expr* MakeTrim(ParseContext* p, std::string_view name, ExprList* args, int32_t location) {
  FunctionCall* call = MakeSqlCall(name, location);
  call->args = Move(args);
  return p->Done(call, location);
}

void SetInterval(ParseContext* p, TypeName* type, int fields, int32_t location) {
  type->interval_fields = static_cast<IntervalFields>(fields % 100);
  if (fields >= 100) AddModifier(p, type, fields / 100 - 1, location);
}

}  // namespace lathe::parse
