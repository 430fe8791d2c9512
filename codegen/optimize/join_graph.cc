#include "codegen/optimize/join_graph.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "codegen/optimize/null_rejection.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

RelationSet Lowest(RelationSet set) { return set & (~set + 1); }

/// How a kind behaves in the tables of the paper (table 2).
enum class Class : uint8_t { kInner, kSemi, kAnti, kLeft, kFull };

Class ClassOf(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner:
      return Class::kInner;
    case JoinKind::kSemi:
    case JoinKind::kMark:  // a left row stays one row and sees nothing of the right but the mark
      return Class::kSemi;
    case JoinKind::kAnti:
      return Class::kAnti;
    case JoinKind::kLeft:
    case JoinKind::kSingle:
      return Class::kLeft;
    default:
      return Class::kFull;
  }
}

/// A join of the original tree.
struct TreeJoin {
  JoinKind kind;
  RelationSet left, right;
  int left_join = -1, right_join = -1;  // joins below; -1 = an input
  ColumnSet left_columns, right_columns;
  std::vector<ExprPtr> conjuncts;
  OutputColumn mark;
  std::vector<ConflictRule> rules;
  // Whether all conjuncts together reject NULLs of a set of columns.
  bool Rejects(const ColumnSet& columns) const {
    for (const ExprPtr& e : conjuncts) {
      if (RejectsNulls(*e, columns)) return true;
    }
    return false;
  }
};

// A single join never moves below a join that it stood above: its check of the number of rows would
// see rows that that join removes.

/// (e1 a e2) b e3 = e1 a (e2 b e3); rejects: b's predicate rejects NULLs of e2, and for full joins
/// a's as well.
bool Associates(JoinKind a_kind, JoinKind b_kind, bool a_rejects, bool b_rejects) {
  const Class a = ClassOf(a_kind), b = ClassOf(b_kind);
  if (a_kind == JoinKind::kSingle || b_kind == JoinKind::kSingle) return false;
  if (a == Class::kInner) return b != Class::kFull;
  if (a == Class::kLeft) return b == Class::kLeft && b_rejects;
  if (a == Class::kFull) return b == Class::kFull && a_rejects && b_rejects;
  return false;
}

/// (e1 a e2) b e3 = (e1 b e3) a e2; rejects: the predicates reject NULLs of e1.
bool LeftAsscom(JoinKind a_kind, JoinKind b_kind, bool a_rejects, bool b_rejects) {
  const Class a = ClassOf(a_kind), b = ClassOf(b_kind);
  if (b_kind == JoinKind::kSingle) return false;
  if (a == Class::kFull || b == Class::kFull) {
    const bool pair = (a == Class::kFull || a_kind == JoinKind::kLeft) &&
                      (b == Class::kFull || b_kind == JoinKind::kLeft);
    return pair && a_rejects && b_rejects;
  }
  return true;
}

/// e1 b (e2 a e3) = e2 a (e1 b e3); rejects: both predicates reject NULLs of e3.
bool RightAsscom(JoinKind a_kind, JoinKind b_kind, bool a_rejects, bool b_rejects) {
  const Class a = ClassOf(a_kind), b = ClassOf(b_kind);
  if (a == Class::kInner && b == Class::kInner) return true;
  return a == Class::kFull && b == Class::kFull && a_rejects && b_rejects;
}

class Builder {
 public:
  explicit Builder(Estimator* estimator) : estimator_(estimator) {}

  JoinGraph Build(const NodePtr& root) {
    RelationSet set = 0;
    Collect(root, CountInputs(*root) > kRelationsMax ? kRelationsMax : SIZE_MAX, &set);
    for (const TreeJoin& tree : joins_) graph_.original.emplace_back(tree.left, tree.right);
    for (size_t j = 0; j < joins_.size(); ++j) AddOperators(static_cast<int>(j));
    CloseEqualities();
    AdjustKeyPairs();
    return std::move(graph_);
  }

 private:
  static size_t CountInputs(const Node& node) {
    if (node.kind != Kind::kJoin) return 1;
    return CountInputs(*node.children[0]) + CountInputs(*node.children[1]);
  }

  /// Adds the tree below node; returns the number of its join or -1 for an input. limit: inputs
  /// that may still be made of it.
  int Collect(const NodePtr& node, size_t limit, RelationSet* set) {
    if (node->kind != Kind::kJoin || limit < 2) {
      *set = RelationSet{1} << graph_.relations.size();
      for (const OutputColumn& column : node->outputs) relation_of_[column.id.value] = *set;
      graph_.rows.push_back(estimator_->Rows(*node));
      graph_.relations.push_back(node);
      return -1;
    }
    auto& join = node->As<logical::Join>();
    if (join.join_kind == JoinKind::kRight) {
      std::swap(join.children[0], join.children[1]);
      join.join_kind = JoinKind::kLeft;
    }
    TreeJoin tree;
    tree.kind = join.join_kind;
    tree.mark = join.mark;
    tree.left_columns = OutputSet(*join.children[0]);
    tree.right_columns = OutputSet(*join.children[1]);
    // Of too large a tree the larger side is kept whole as far as possible.
    const size_t right_inputs = std::min(CountInputs(*join.children[1]), limit / 2);
    tree.left_join =
        Collect(join.children[0], limit == SIZE_MAX ? limit : limit - right_inputs, &tree.left);
    tree.right_join =
        Collect(join.children[1], limit == SIZE_MAX ? limit : right_inputs, &tree.right);
    for (ExprPtr& e : expr::SplitConjuncts(std::move(join.predicate))) {
      if (!IsConstBool(*e, true)) tree.conjuncts.push_back(std::move(e));
    }
    if (tree.kind == JoinKind::kMark) relation_of_[tree.mark.id.value] = tree.right;
    *set = tree.left | tree.right;
    joins_.push_back(std::move(tree));
    return static_cast<int>(joins_.size()) - 1;
  }

  RelationSet RelationsOf(const Expr& e) const {
    RelationSet set = 0;
    ColumnsOf(e).ForEach([&](ColumnId id) {
      auto found = relation_of_.find(id.value);
      if (found != relation_of_.end()) set |= found->second;
    });
    return set;
  }

  bool IsHashable(const Expr& e, const TreeJoin& tree) const {
    const Expr* equality = &e;
    if (equality->kind == expr::Kind::kIsTrue) equality = equality->children[0].get();
    if (equality->kind == expr::Kind::kNot &&
        equality->children[0]->kind == expr::Kind::kIsDistinct) {
      equality = equality->children[0].get();
    } else if (!IsComparison(*equality, "=")) {
      return false;
    }
    const RelationSet a = RelationsOf(*equality->children[0]),
                      b = RelationsOf(*equality->children[1]);
    const auto within = [](RelationSet x, RelationSet y) { return x != 0 && (x & ~y) == 0; };
    return (within(a, tree.left) && within(b, tree.right)) ||
           (within(a, tree.right) && within(b, tree.left));
  }

  void AddOperators(int number) {
    TreeJoin& tree = joins_[number];
    tree.rules = RulesOf(tree);
    if (tree.kind != JoinKind::kInner || tree.conjuncts.empty()) {
      JoinOperator op;
      op.kind = tree.kind;
      op.mark = tree.mark;
      for (ExprPtr& e : tree.conjuncts) {
        op.total |= RelationsOf(*e);
        op.hashable |= IsHashable(*e, tree);
      }
      std::vector<const Expr*> list;
      for (const ExprPtr& e : tree.conjuncts) list.push_back(e.get());
      op.selectivity = estimator_->JoinSelectivity(list);
      moved_.push_back({number, graph_.operators.size(), SIZE_MAX});
      Finish(tree, std::move(op));
      return;
    }
    for (size_t i = 0; i < tree.conjuncts.size(); ++i) {
      JoinOperator op;
      op.total = RelationsOf(*tree.conjuncts[i]);
      op.selectivity = estimator_->Selectivity(*tree.conjuncts[i]);
      op.hashable = IsHashable(*tree.conjuncts[i], tree);
      moved_.push_back({number, graph_.operators.size(), i});
      Finish(tree, std::move(op));
    }
  }

  void Finish(const TreeJoin& tree, JoinOperator op) {
    // A predicate that does not touch a side is tied to some input of it.
    if (!(op.total & tree.left)) op.total |= Lowest(tree.left);
    if (!(op.total & tree.right)) op.total |= Lowest(tree.right);
    for (bool changed = true; changed;) {
      changed = false;
      for (const ConflictRule& rule : tree.rules) {
        if ((rule.touched & op.total) && (rule.needed & ~op.total)) {
          op.total |= rule.needed;
          changed = true;
        }
      }
    }
    for (const ConflictRule& rule : tree.rules) {
      if (rule.needed & ~op.total) op.rules.push_back(rule);
    }
    op.left = op.total & tree.left;
    op.right = op.total & tree.right;
    graph_.operators.push_back(std::move(op));
  }

  /// CD-C: one rule for each transformation with a join below that would be wrong.
  std::vector<ConflictRule> RulesOf(const TreeJoin& b) const {
    std::vector<ConflictRule> rules;
    std::vector<int> below;
    AddBelow(b.left_join, &below);
    for (int j : below) {
      const TreeJoin& a = joins_[j];
      if (!Associates(a.kind, b.kind, a.Rejects(a.right_columns), b.Rejects(a.right_columns))) {
        rules.push_back({a.right, a.left});
      }
      if (!LeftAsscom(a.kind, b.kind, a.Rejects(a.left_columns), b.Rejects(a.left_columns))) {
        rules.push_back({a.left, a.right});
      }
    }
    below.clear();
    AddBelow(b.right_join, &below);
    for (int j : below) {
      const TreeJoin& a = joins_[j];
      if (!Associates(b.kind, a.kind, b.Rejects(a.left_columns), a.Rejects(a.left_columns))) {
        rules.push_back({a.left, a.right});
      }
      if (!RightAsscom(b.kind, a.kind, b.Rejects(a.right_columns), a.Rejects(a.right_columns))) {
        rules.push_back({a.right, a.left});
      }
    }
    return rules;
  }

  void AddBelow(int join, std::vector<int>* list) const {
    if (join < 0) return;
    list->push_back(join);
    AddBelow(joins_[join].left_join, list);
    AddBelow(joins_[join].right_join, list);
  }

  /// Classes of columns that inner joins equate; equalities that follow are added as edges of their
  /// own.
  void CloseEqualities() {
    for (const Moved& m : moved_) {
      TreeJoin& tree = joins_[m.join];
      JoinOperator& op = graph_.operators[m.op];
      if (m.conjunct == SIZE_MAX) {
        op.conjuncts = std::move(tree.conjuncts);
        continue;
      }
      ExprPtr& e = tree.conjuncts[m.conjunct];
      if (IsComparison(*e, "=") && e->children[0]->kind == expr::Kind::kColumn &&
          e->children[1]->kind == expr::Kind::kColumn &&
          e->children[0]->column != e->children[1]->column &&  // that is IS NOT NULL
          SameValues(e->children[0]->type, e->children[1]->type)) {
        op.column_a = e->children[0]->column;
        op.column_b = e->children[1]->column;
        op.equivalence = Unite(op.column_a, op.column_b, e.get());
      }
      op.conjuncts.push_back(std::move(e));
    }
    for (JoinOperator& op : graph_.operators) {
      if (op.equivalence >= 0) op.equivalence = ClassOfColumn(op.column_a);
    }
    const size_t stated = graph_.operators.size();
    for (size_t c = 0; c < classes_.size(); ++c) {
      if (classes_[c].columns.size() < 3 || classes_[c].columns.size() > 8) continue;
      AddImplied(static_cast<int>(c), stated);
    }
    NumberMembers();
  }

  void NumberMembers() {
    std::unordered_map<uint32_t, uint32_t> numbers;
    auto number = [&](ColumnId id) {
      return numbers.try_emplace(id.value, static_cast<uint32_t>(numbers.size())).first->second;
    };
    for (JoinOperator& op : graph_.operators) {
      if (op.equivalence < 0) continue;
      op.member_a = number(op.column_a);
      op.member_b = number(op.column_b);
    }
    graph_.member_count = static_cast<uint32_t>(numbers.size());
  }

  struct EqualityClass {
    std::vector<ColumnId> columns;
    const Expr* example;
  };

  int ClassOfColumn(ColumnId id) const {
    for (size_t c = 0; c < classes_.size(); ++c) {
      for (ColumnId member : classes_[c].columns) {
        if (member == id) return static_cast<int>(c);
      }
    }
    return -1;
  }

  int Unite(ColumnId a, ColumnId b, const Expr* example) {
    int x = ClassOfColumn(a), y = ClassOfColumn(b);
    if (x < 0 && y < 0) {
      classes_.push_back({{a, b}, example});
      return static_cast<int>(classes_.size()) - 1;
    }
    if (x >= 0 && y >= 0) {
      if (x == y) return x;
      for (ColumnId id : classes_[y].columns) classes_[x].columns.push_back(id);
      classes_[y].columns.clear();
      return x;
    }
    classes_[x >= 0 ? x : y].columns.push_back(x >= 0 ? b : a);
    return x >= 0 ? x : y;
  }

  /// Equalities between the columns of a class that nobody wrote, where the inputs meet in an inner
  /// join.
  void AddImplied(int number, size_t stated) {
    const EqualityClass& members = classes_[number];
    const Expr& example = *members.example;
    for (size_t i = 0; i < members.columns.size(); ++i) {
      for (size_t k = i + 1; k < members.columns.size(); ++k) {
        const ColumnId a = members.columns[i], b = members.columns[k];
        const RelationSet of_a = relation_of_[a.value], of_b = relation_of_[b.value];
        if (of_a == of_b) continue;
        bool known = false;
        for (size_t o = 0; o < stated; ++o) {
          const JoinOperator& op = graph_.operators[o];
          known |= (op.column_a == a && op.column_b == b) || (op.column_a == b && op.column_b == a);
        }
        const int meeting = MeetingOf(of_a, of_b);
        if (known || meeting < 0 || joins_[meeting].kind != JoinKind::kInner) continue;
        if (!joins_[meeting].left_columns.Has(a) && !joins_[meeting].right_columns.Has(a)) continue;
        if (!joins_[meeting].left_columns.Has(b) && !joins_[meeting].right_columns.Has(b)) continue;
        JoinOperator op;
        ExprPtr e = example.Clone();
        e->children[0]->column = a;
        e->children[1]->column = b;
        op.total = of_a | of_b;
        op.selectivity = estimator_->Selectivity(*e);
        op.hashable = true;
        op.equivalence = number;
        op.column_a = a;
        op.column_b = b;
        op.conjuncts.push_back(std::move(e));
        Finish(joins_[meeting], std::move(op));
      }
    }
  }

  /// The lowest join with the inputs on different sides.
  int MeetingOf(RelationSet a, RelationSet b) const {
    for (size_t j = 0; j < joins_.size(); ++j) {
      const TreeJoin& join = joins_[j];
      if (((a & ~join.left) == 0 && (b & ~join.right) == 0) ||
          ((b & ~join.left) == 0 && (a & ~join.right) == 0)) {
        return static_cast<int>(j);
      }
    }
    return -1;
  }

  /// Several equalities between two inputs may be a whole key: their selectivities are then not
  /// independent.
  void AdjustKeyPairs() {
    std::vector<JoinOperator>& ops = graph_.operators;
    std::vector<bool> done(ops.size());
    for (size_t i = 0; i < ops.size(); ++i) {
      if (done[i] || ops[i].kind != JoinKind::kInner || ops[i].conjuncts.empty()) continue;
      std::vector<size_t> pair;
      std::vector<const Expr*> conjuncts;
      double product = 1;
      for (size_t k = i; k < ops.size(); ++k) {
        if (ops[k].kind != JoinKind::kInner || ops[k].conjuncts.empty()) continue;
        if (ops[k].total != ops[i].total || std::popcount(ops[k].total) != 2) continue;
        pair.push_back(k);
        done[k] = true;
        conjuncts.push_back(ops[k].conjuncts[0].get());
        product *= ops[k].selectivity;
      }
      if (pair.size() < 2) continue;
      const double whole = estimator_->JoinSelectivity(conjuncts);
      if (whole <= product) continue;
      const double factor = std::pow(whole / product, 1.0 / static_cast<double>(pair.size()));
      for (size_t k : pair) ops[k].selectivity *= factor;
    }
  }

  struct Moved {
    int join;
    size_t op;
    size_t conjunct;  // SIZE_MAX = all of them
  };

  Estimator* estimator_;
  JoinGraph graph_;
  std::vector<TreeJoin> joins_;  // children before parents
  std::vector<Moved> moved_;
  std::vector<EqualityClass> classes_;
  std::unordered_map<uint32_t, RelationSet> relation_of_;  // by column
};

}  // namespace

JoinGraph TakeApart(const NodePtr& root, Estimator* estimator) {
  return Builder(estimator).Build(root);
}

bool JoinApplication::Find(RelationSet a, RelationSet b) {
  operators.clear();
  kind = JoinKind::kInner;
  left = a;
  right = b;
  const RelationSet both = a | b;
  int equalities = 0;
  for (const JoinOperator& op : graph_.operators) {
    if ((op.total & ~both) || !graph_.Counts(op)) continue;
    if (!(op.total & a) || !(op.total & b)) continue;  // applied below, on one side
    for (const ConflictRule& rule : op.rules) {
      if ((rule.touched & both) && (rule.needed & ~both)) return false;
    }
    if (op.kind != JoinKind::kInner) {
      if (!operators.empty()) return false;
      kind = op.kind;
      if (!(op.left & ~a) && !(op.right & ~b)) {
        left = a;
        right = b;
      } else if (!(op.left & ~b) && !(op.right & ~a)) {
        left = b;
        right = a;
      } else {
        return false;
      }
    } else if (kind != JoinKind::kInner) {
      return false;
    }
    operators.push_back(&op);
    equalities += op.equivalence >= 0;
  }
  if (operators.empty()) return false;
  if (equalities > 1) DropImplied(a, b);
  selectivity = 1;
  hashable = false;
  for (const JoinOperator* op : operators) {
    selectivity *= op->selectivity;
    hashable |= op->hashable;
  }
  return true;
}

/// Of the equalities of one class only those are kept that do not follow from the others and from
/// what holds within the sides.
void JoinApplication::DropImplied(RelationSet a, RelationSet b) {
  parent_.resize(graph_.member_count);
  std::iota(parent_.begin(), parent_.end(), 0u);
  for (const JoinOperator& op : graph_.operators) {
    if (op.equivalence >= 0 && (!(op.total & ~a) || !(op.total & ~b))) Unite(op);
  }
  // The least selective one first: the others' estimates assume more independence than there is.
  equalities_.clear();
  size_t kept = 0;
  for (const JoinOperator* op : operators) {
    if (op->equivalence >= 0) {
      equalities_.push_back(op);
    } else {
      operators[kept++] = op;
    }
  }
  operators.resize(kept);
  std::stable_sort(
      equalities_.begin(), equalities_.end(),
      [](const JoinOperator* x, const JoinOperator* y) { return x->selectivity > y->selectivity; });
  for (const JoinOperator* op : equalities_) {
    if (Unite(*op)) operators.push_back(op);
  }
}

uint32_t JoinApplication::RootOf(uint32_t member) {
  while (parent_[member] != member) {
    parent_[member] = parent_[parent_[member]];
    member = parent_[member];
  }
  return member;
}

/// False when the two columns were known to be equal.
bool JoinApplication::Unite(const JoinOperator& equality) {
  const uint32_t a = RootOf(equality.member_a), b = RootOf(equality.member_b);
  if (a == b) return false;
  parent_[a] = b;
  return true;
}

}  // namespace lathe::optimize
