// The grammar's node constructors: names, types, queries, options.
#include "frontend/parse/semantic.h"

namespace lathe::parse {

using namespace ast;

namespace {

/// Where the expression's text begins, for the operators whose location is the operator.
int32_t FirstLocation(const Expr* expr) {
  if (expr == nullptr) return -1;
  while (expr->kind == Expr::Kind::kBinary) expr = expr->As<Binary>().left.get();
  return expr->location;
}

}  // namespace

std::string JoinNames(const Strings& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += '.';
    joined += part;
  }
  return joined;
}

QualifiedName* MakeName(ParseContext* p, Strings* parts, int32_t location) {
  auto* name = new QualifiedName();
  name->location = location;
  const size_t n = parts->size();
  if (n > 3) {
    p->FailSyntax("improper qualified name (too many dotted names): " + JoinNames(*parts),
                  location);
  }
  name->name = std::move(parts->back());
  if (n >= 2) name->schema = std::move((*parts)[n - 2]);
  if (n >= 3) name->catalog = std::move((*parts)[n - 3]);
  delete parts;
  return name;
}

QualifiedName* MakeName(ParseContext* p, Str name, Indirection* indirection, int32_t location) {
  auto* parts = new Strings{name};
  for (IndirectionItem& item : *indirection) {
    if (item.type != IndirectionItem::Type::kField) p->FailNear("syntax error");
    parts->push_back(std::move(item.name));
  }
  delete indirection;
  return MakeName(p, parts, location);
}

TypeName* MakeSystemType(std::string_view name, int32_t location) {
  auto* type = new TypeName();
  type->name = QualifiedName{"", "pg_catalog", std::string(name), location};
  type->location = location;
  return type;
}

void AddModifier(ParseContext* p, TypeName* type, int64_t value, int32_t location) {
  type->modifiers.emplace_back(MakeInteger(p, value, location));
}

SelectStatement* AddSelectOptions(ParseContext* p, SelectStatement* select, SortList* sort,
                                  std::vector<LockingClause>* locking, LimitClause* limit,
                                  WithClause* with) {
  if (sort != nullptr) {
    if (!select->order_by.empty()) {
      p->FailSyntax("multiple ORDER BY clauses not allowed",
                    FirstLocation(sort->front().expr.get()));
    }
    select->order_by = Move(sort);
  }
  if (locking != nullptr) {
    for (LockingClause& clause : *locking) select->locking.push_back(std::move(clause));
    delete locking;
  }
  if (limit != nullptr) {
    if (limit->offset_location >= 0) {
      if (select->offset != nullptr)
        p->FailSyntax("multiple OFFSET clauses not allowed", FirstLocation(limit->offset.get()));
      select->offset = std::move(limit->offset);
    }
    if (limit->limit_location >= 0) {
      if (select->limit != nullptr)
        p->FailSyntax("multiple LIMIT clauses not allowed", FirstLocation(limit->limit.get()));
      if (limit->with_ties && select->order_by.empty()) {
        p->FailSyntax("WITH TIES cannot be specified without ORDER BY clause", -1);
      }
      select->limit = std::move(limit->limit);
      select->with_ties = limit->with_ties;
    }
    delete limit;
  }
  if (select->with_ties) {
    for (const LockingClause& clause : select->locking) {
      if (clause.wait == LockingClause::Wait::kSkipLocked) {
        p->FailSyntax("SKIP LOCKED and WITH TIES options cannot be used together", -1);
      }
    }
  }
  if (with != nullptr) {
    if (select->with != nullptr) p->FailSyntax("multiple WITH clauses not allowed", with->location);
    select->with.reset(with);
  }
  return p->Done(select);
}

SelectStatement* MakeSetOperation(ParseContext* p, SelectStatement::SetOperation operation,
                                  bool all, SelectStatement* left, SelectStatement* right) {
  auto* select = new SelectStatement();
  select->form = SelectStatement::Form::kSetOperation;
  select->operation = operation;
  select->all = all;
  select->location = left->location;
  select->left.reset(left);
  select->right.reset(right);
  return p->Done(select);
}

TableRef* MakeJoin(ParseContext* p, Join::Type type, bool natural, TableRef* left, TableRef* right,
                   JoinCondition* condition, int32_t location) {
  auto* join = new Join();
  join->type = type;
  join->natural = natural;
  join->left.reset(left);
  join->right.reset(right);
  join->location = location;
  if (condition != nullptr) {
    join->on = std::move(condition->on);
    join->using_columns = std::move(condition->using_columns);
    join->using_alias = std::move(condition->using_alias);
    delete condition;
  }
  return p->Done(join);
}

void CheckFrame(ParseContext* p, const WindowDefinition& window, int32_t start, int32_t end) {
  using Type = FrameBound::Type;
  const auto fail = [&](const char* message, int32_t location) {
    p->Fail(SqlState::kWindowingError, message, location);
  };
  if (window.start.type == Type::kUnboundedFollowing) {
    fail("frame start cannot be UNBOUNDED FOLLOWING", start);
  } else if (end < 0 && window.start.type == Type::kFollowing) {
    fail("frame starting from following row cannot end with current row", start);
  } else if (window.end.type == Type::kUnboundedPreceding) {
    fail("frame end cannot be UNBOUNDED PRECEDING", end);
  } else if (window.start.type == Type::kCurrentRow && window.end.type == Type::kPreceding) {
    fail("frame starting from current row cannot have preceding rows", end);
  } else if (window.start.type == Type::kFollowing &&
             (window.end.type == Type::kPreceding || window.end.type == Type::kCurrentRow)) {
    fail("frame starting from following row cannot have preceding rows", end);
  }
}

Option MakeOption(Str name, Option::Value value, std::string_view text, int32_t location) {
  Option option;
  option.name = name;
  option.value = value;
  option.text = text;
  option.location = location;
  return option;
}

Option MakeFlag(std::string_view name, bool value, int32_t location) {
  Option option;
  option.name = name;
  option.value = Option::Value::kName;
  option.text = value ? "true" : "false";
  option.location = location;
  return option;
}

}  // namespace lathe::parse
