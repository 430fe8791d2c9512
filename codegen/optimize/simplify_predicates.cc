// Brings predicates into a form that the other rules understand: NOT moved down to the comparisons,
// conditions common to all branches of an OR taken out of it, and for each relation the OR of what
// the branches ask of it alone (TPC-H 7 and 19).
#include <map>

#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {
namespace {

using logical::Kind;

ExprPtr PushNot(ExprPtr e);

/// NOT e, with the NOT as far down as it goes. Three-valued logic keeps De Morgan's laws.
ExprPtr Negated(ExprPtr e) {
  switch (e->kind) {
    case expr::Kind::kAnd:
    case expr::Kind::kOr:
      e->kind = e->kind == expr::Kind::kAnd ? expr::Kind::kOr : expr::Kind::kAnd;
      for (ExprPtr& child : e->children) child = Negated(std::move(child));
      return e;
    case expr::Kind::kNot:
      return PushNot(std::move(e->children[0]));
    case expr::Kind::kIsNull:
    case expr::Kind::kIsNotNull:
      e->kind = e->kind == expr::Kind::kIsNull ? expr::Kind::kIsNotNull : expr::Kind::kIsNull;
      return e;
    case expr::Kind::kConst:
      if (e->value.is_null()) return e;
      return expr::MakeBool(!e->value.AsBool());
    default:
      return Negate(std::move(e));
  }
}

ExprPtr PushNot(ExprPtr e) {
  if (e->kind == expr::Kind::kNot) return Negated(std::move(e->children[0]));
  if (e->kind == expr::Kind::kAnd || e->kind == expr::Kind::kOr) {
    for (ExprPtr& child : e->children) child = PushNot(std::move(child));
  }
  return e;
}

/// Nested ORs in one list.
void SplitDisjuncts(ExprPtr e, std::vector<ExprPtr>* disjuncts) {
  if (e->kind != expr::Kind::kOr) {
    disjuncts->push_back(std::move(e));
    return;
  }
  for (ExprPtr& child : e->children) SplitDisjuncts(std::move(child), disjuncts);
}

ExprPtr MakeOr(std::vector<ExprPtr> disjuncts) {
  if (disjuncts.size() == 1) return std::move(disjuncts[0]);
  auto e = std::make_unique<Expr>(expr::Kind::kOr, types::Type(types::TypeId::kBool));
  e->children = std::move(disjuncts);
  return e;
}

bool Movable(const Expr& e) { return !IsVolatile(e) && !FailsOnRows(e); }

class OrFactoring {
 public:
  /// owner_of: which child of the join tree (any grouping of columns) a column comes from.
  explicit OrFactoring(const std::vector<ColumnSet>& relations) : relations_(relations) {}

  /// Appends what e, a conjunct, becomes.
  void Factor(ExprPtr e, std::vector<ExprPtr>* conjuncts) {
    if (e->kind != expr::Kind::kOr) {
      conjuncts->push_back(std::move(e));
      return;
    }
    std::vector<ExprPtr> disjuncts;
    SplitDisjuncts(std::move(e), &disjuncts);
    std::vector<std::vector<ExprPtr>> branches;
    for (ExprPtr& d : disjuncts) branches.push_back(expr::SplitConjuncts(std::move(d)));
    TakeCommon(&branches, conjuncts);
    for (const auto& branch : branches) {
      if (branch.empty()) return;  // (a AND TRUE) OR (a AND b) is a
    }
    AddImplied(branches, conjuncts);
    std::vector<ExprPtr> rest;
    for (auto& branch : branches) rest.push_back(expr::MakeAnd(std::move(branch)));
    CollectLists(&rest);
    conjuncts->push_back(MakeOr(std::move(rest)));
  }

 private:
  /// a = 1 OR a = 2 OR b OR a IN (3, 4) is a IN (1, 2, 3, 4) OR b.
  static void CollectLists(std::vector<ExprPtr>* disjuncts) {
    std::map<std::pair<uint32_t, const func::Function*>, Expr*> lists;
    size_t kept = 0;
    for (size_t i = 0; i < disjuncts->size(); ++i) {
      ExprPtr& e = (*disjuncts)[i];
      if (!IsListItem(e.get())) {
        if (kept != i) (*disjuncts)[kept] = std::move(e);
        ++kept;
        continue;
      }
      Expr*& list = lists[{e->children[0]->column.value, e->function}];
      if (list == nullptr) {
        list = e.get();
        if (kept != i) (*disjuncts)[kept] = std::move(e);
        ++kept;
        continue;
      }
      list->kind = expr::Kind::kInList;
      for (size_t item = 1; item < e->children.size(); ++item) {
        list->children.push_back(std::move(e->children[item]));
      }
    }
    disjuncts->resize(kept);
  }

  /// column = constant or column IN (constants), with one type on both sides.
  static bool IsListItem(Expr* e) {
    if (e->kind != expr::Kind::kInList) {
      if (!IsComparison(*e, "=")) return false;
      if (e->children[0]->kind != expr::Kind::kColumn) std::swap(e->children[0], e->children[1]);
    }
    const Expr& column = *e->children[0];
    if (column.kind != expr::Kind::kColumn) return false;
    for (size_t i = 1; i < e->children.size(); ++i) {
      const Expr& item = *e->children[i];
      if (!expr::IsRuntimeConstant(item) || !SameValues(item.type, column.type)) return false;
    }
    return e->function->args[0].id == e->function->args[1].id;
  }

  /// (a AND b) OR (a AND c) = a AND (b OR c).
  static void TakeCommon(std::vector<std::vector<ExprPtr>>* branches,
                         std::vector<ExprPtr>* conjuncts) {
    auto& first = (*branches)[0];
    for (size_t i = 0; i < first.size();) {
      bool everywhere = Movable(*first[i]);
      std::vector<size_t> places;
      for (size_t b = 1; everywhere && b < branches->size(); ++b) {
        size_t place = 0;
        while (place < (*branches)[b].size() && !expr::Equal(*(*branches)[b][place], *first[i])) {
          ++place;
        }
        everywhere = place < (*branches)[b].size();
        places.push_back(place);
      }
      if (!everywhere) {
        ++i;
        continue;
      }
      for (size_t b = 1; b < branches->size(); ++b) {
        (*branches)[b].erase((*branches)[b].begin() + places[b - 1]);
      }
      conjuncts->push_back(std::move(first[i]));
      first.erase(first.begin() + i);
    }
  }

  /// For a relation of which every branch asks something: the OR of that, as an additional filter.
  void AddImplied(const std::vector<std::vector<ExprPtr>>& branches,
                  std::vector<ExprPtr>* conjuncts) const {
    if (relations_.size() < 2) return;
    for (const ColumnSet& relation : relations_) {
      std::vector<ExprPtr> implied;
      for (const auto& branch : branches) {
        std::vector<ExprPtr> own;
        for (const ExprPtr& e : branch) {
          const ColumnSet columns = ColumnsOf(*e);
          if (!columns.Empty() && columns.SubsetOf(relation) && Movable(*e)) {
            own.push_back(e->Clone());
          }
        }
        if (own.empty()) break;
        implied.push_back(expr::MakeAnd(std::move(own)));
      }
      if (implied.size() == branches.size()) conjuncts->push_back(MakeOr(std::move(implied)));
    }
  }

  const std::vector<ColumnSet>& relations_;
};

/// The inputs of a tree of joins, as sets of columns.
void CollectRelations(const Node& node, std::vector<ColumnSet>* relations) {
  if (node.kind == Kind::kJoin || node.kind == Kind::kFilter) {
    for (const NodePtr& child : node.children) CollectRelations(*child, relations);
    return;
  }
  relations->push_back(OutputSet(node));
}

ExprPtr Simplify(ExprPtr predicate, const Node& node) {
  std::vector<ExprPtr> simple;
  bool has_or = false;
  for (ExprPtr& e : expr::SplitConjuncts(PushNot(std::move(predicate)))) {
    has_or |= e->kind == expr::Kind::kOr;
    simple.push_back(std::move(e));
  }
  if (!has_or) return expr::MakeAnd(std::move(simple));
  std::vector<ColumnSet> relations;
  for (const NodePtr& child : node.children) CollectRelations(*child, &relations);
  OrFactoring factoring(relations);
  std::vector<ExprPtr> conjuncts;
  for (ExprPtr& e : simple) factoring.Factor(std::move(e), &conjuncts);
  return expr::MakeAnd(std::move(conjuncts));
}

}  // namespace

Status SimplifyPredicates(RuleContext*, NodePtr* root) {
  ForEachNode(**root, [](Node& node) {
    if (node.kind == Kind::kFilter) {
      auto& filter = node.As<logical::Filter>();
      filter.predicate = Simplify(std::move(filter.predicate), node);
    } else if (node.kind == Kind::kJoin) {
      auto& join = node.As<logical::Join>();
      // A mark is NULL where its predicate is: only rewrites that keep NULL apart from false would
      // do.
      if (join.join_kind == logical::JoinKind::kMark) return;
      join.predicate = Simplify(std::move(join.predicate), node);
    }
  });
  return Ok();
}

}  // namespace lathe::optimize
