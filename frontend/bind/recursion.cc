#include "frontend/bind/recursion.h"

#include <vector>

#include "frontend/ast/walk.h"

namespace lathe::bind {
namespace {

using ast::SelectStatement;

/// Where a walk is, as far as recursion goes.
enum class Place { kAllowed, kNonRecursiveTerm, kSubquery, kOuterJoin, kIntersect, kExcept };

/// Walks a query and reports the tables without schema that no inner WITH hides. The tree is not
/// changed, though the walk of ast/walk.h wants it mutable.
class ReferenceWalk {
 public:
  using Report = std::function<void(const ast::RelationRef&, Place)>;
  ReferenceWalk(Report report, Place place) : report_(std::move(report)), place_(place) {}

  void Statement(const ast::Statement& statement) {
    auto& mutable_statement = const_cast<ast::Statement&>(statement);
    if (statement.kind == ast::Statement::Kind::kSelect) {
      (*this)(mutable_statement.As<SelectStatement>());
    } else {
      ast::VisitChildren(mutable_statement, *this);
    }
  }
  void With(const ast::WithClause& with, std::vector<std::string>* hidden) {
    if (with.recursive) {
      for (const ast::CommonTableExpr& item : with.items) hidden->push_back(item.name);
    }
    for (const ast::CommonTableExpr& item : with.items) {
      Statement(*item.query);
      if (!with.recursive) hidden->push_back(item.name);
    }
  }

  void operator()(ast::ExprPtr& e) {
    if (e->kind != ast::Expr::Kind::kSubquery) {
      ast::VisitChildren(*e, *this);
      return;
    }
    auto& subquery = e->As<ast::Subquery>();
    if (subquery.operand) (*this)(subquery.operand);
    const Place before = place_;
    if (place_ == Place::kAllowed) place_ = Place::kSubquery;
    if (subquery.query) (*this)(*subquery.query);
    place_ = before;
  }

  void operator()(SelectStatement& select) {
    const size_t depth = hidden_.size();
    if (select.with) With(*select.with, &hidden_);
    if (select.form == SelectStatement::Form::kSetOperation && place_ == Place::kAllowed) {
      SetOperation(select);
    } else {
      WithoutWith(select);
    }
    hidden_.resize(depth);
  }

  void operator()(ast::TableRef& table) {
    if (table.kind == ast::TableRef::Kind::kRelation) {
      const auto& relation = table.As<ast::RelationRef>();
      bool hidden = !relation.name.schema.empty();
      for (const std::string& name : hidden_) hidden |= name == relation.name.name;
      if (!hidden) report_(relation, place_);
    }
    if (table.kind != ast::TableRef::Kind::kJoin) {
      ast::VisitChildren(table, *this);
      return;
    }
    auto& join = table.As<ast::Join>();
    using Type = ast::Join::Type;
    const bool left = join.type == Type::kRight || join.type == Type::kFull;
    const bool right = join.type == Type::kLeft || join.type == Type::kFull;
    Within(left ? Place::kOuterJoin : place_, *join.left);
    Within(right ? Place::kOuterJoin : place_, *join.right);
    if (join.on) (*this)(join.on);
  }

 private:
  template <class Node>
  void Within(Place place, Node& node) {
    const Place before = place_;
    if (place_ == Place::kAllowed) place_ = place;
    (*this)(node);
    place_ = before;
  }

  void WithoutWith(SelectStatement& select) {
    std::unique_ptr<ast::WithClause> with = std::move(select.with);
    ast::VisitChildren(select, *this);
    select.with = std::move(with);
  }

  void SetOperation(SelectStatement& select) {
    using Operation = SelectStatement::SetOperation;
    Place left = Place::kAllowed, right = Place::kAllowed;
    if (select.operation == Operation::kIntersect && select.all) {
      left = right = Place::kIntersect;
    } else if (select.operation == Operation::kExcept) {
      if (select.all) left = Place::kExcept;
      right = Place::kExcept;
    }
    Within(left, *select.left);
    Within(right, *select.right);
    for (ast::SortItem& item : select.order_by) (*this)(item.expr);
    if (select.limit) (*this)(select.limit);
    if (select.offset) (*this)(select.offset);
  }

  Report report_;
  Place place_;
  std::vector<std::string> hidden_;
};

const char* PlaceText(Place place) {
  switch (place) {
    case Place::kAllowed:
      return "";
    case Place::kNonRecursiveTerm:
      return "its non-recursive term";
    case Place::kSubquery:
      return "a subquery";
    case Place::kOuterJoin:
      return "an outer join";
    case Place::kIntersect:
      return "INTERSECT";
    case Place::kExcept:
      return "EXCEPT";
  }
  return "";
}

}  // namespace

std::set<std::string> ReferredNames(const ast::Statement& query,
                                    const std::set<std::string>& names) {
  std::set<std::string> found;
  ReferenceWalk walk(
      [&](const ast::RelationRef& ref, Place) {
        if (names.contains(ref.name.name)) found.insert(ref.name.name);
      },
      Place::kAllowed);
  walk.Statement(query);
  return found;
}

Status CheckRecursion(const ast::CommonTableExpr& item,
                      const std::function<Error(SqlState, std::string, int32_t)>& at) {
  const std::string quoted = "\"" + item.name + "\"";
  if (item.query->kind != ast::Statement::Kind::kSelect) {
    return at(SqlState::kInvalidRecursion,
              "recursive query " + quoted + " must not contain data-modifying statements",
              item.location);
  }
  const auto& select = item.query->As<SelectStatement>();
  if (select.form != SelectStatement::Form::kSetOperation ||
      select.operation != SelectStatement::SetOperation::kUnion) {
    return at(SqlState::kInvalidRecursion,
              "recursive query " + quoted +
                  " does not have the form non-recursive-term UNION [ALL] recursive-term",
              item.location);
  }
  Status status;
  int references = 0;
  auto report = [&](const ast::RelationRef& ref, Place place) {
    if (ref.name.name != item.name || !status.ok()) return;
    if (place != Place::kAllowed) {
      status = at(
          SqlState::kInvalidRecursion,
          "recursive reference to query " + quoted + " must not appear within " + PlaceText(place),
          ref.location);
    } else if (++references > 1) {
      status = at(SqlState::kInvalidRecursion,
                  "recursive reference to query " + quoted + " must not appear more than once",
                  ref.location);
    }
  };
  ReferenceWalk(report, Place::kNonRecursiveTerm).Statement(*select.left);
  if (!status.ok()) return status;
  ReferenceWalk(report, Place::kAllowed).Statement(*select.right);
  if (!status.ok()) return status;
  if (select.with) {
    std::vector<std::string> hidden;
    ReferenceWalk(report, Place::kSubquery).With(*select.with, &hidden);
    if (!status.ok()) return status;
  }
  const auto not_there = [&](const char* what, int32_t location) {
    return at(SqlState::kFeatureNotSupported,
              std::string(what) + " in a recursive query is not implemented", location);
  };
  if (!select.order_by.empty()) return not_there("ORDER BY", select.order_by[0].expr->location);
  if (select.offset) return not_there("OFFSET", select.offset->location);
  if (select.limit) return not_there("LIMIT", select.limit->location);
  if (!select.locking.empty()) return not_there("FOR UPDATE/SHARE", -1);
  return Ok();
}

}  // namespace lathe::bind
