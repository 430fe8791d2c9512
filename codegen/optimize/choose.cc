// From logical to physical operators, top down with the columns that the parent needs, bottom up
// with the chosen nodes.
#include "codegen/optimize/choose.h"
#include "codegen/optimize/keys.h"

#include <algorithm>
#include <cmath>

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

class Chooser {
 public:
  Chooser(const OptimizeContext& options, logical::ColumnIds* ids)
      : options_(&options),
        estimator_(options),
        catalog_(options.disabled_rules.contains("use_indexes") ? nullptr : options.catalog),
        bands_(!options.disabled_rules.contains("use_bands")),
        key_filters_(!options.disabled_rules.contains("use_key_filters")),
        use_keys_(!options.disabled_rules.contains("use_keys")),
        ids_(ids) {}

  physical::NodePtr Root(Node* root, const std::vector<OutputColumn>& outputs) {
    std::vector<ColumnId> order;
    if (root->kind != Kind::kModify || !root->outputs.empty()) {
      for (const OutputColumn& column : outputs) order.push_back(column.id);
    }
    CollectCteColumns(root);
    EstimateAll(*root);
    return InOrder(root, order);
  }

 private:
  /// Every node is estimated before its expressions move.
  void EstimateAll(const Node& node) {
    for (size_t i = 0; i < node.children.size(); ++i) {
      const Node& child = *node.children[i];
      EstimateAll(child);
      if (i == 0 && node.kind == Kind::kWith) {
        estimator_.Know(node.As<logical::With>().cte, estimator_.FactsOfCte(child));
      }
      if (i == 0 && node.kind == Kind::kRecursive) {
        estimator_.Know(node.As<logical::Recursive>().working, estimator_.FactsOfCte(child));
      }
    }
    estimator_.Rows(node);
  }

  void CollectCteColumns(Node* root) {
    ForEachNode(*root, [this](Node& node) {
      if (node.kind != Kind::kCteScan) return;
      const auto& scan = node.As<logical::CteScan>();
      for (ColumnId id : scan.source) cte_columns_[scan.cte].Add(id);
    });
  }

  /// Plans a node whose outputs must be exactly these, in this order.
  physical::NodePtr InOrder(Node* node, const std::vector<ColumnId>& order) {
    ColumnSet required;
    for (ColumnId id : order) required.Add(id);
    physical::NodePtr plan = Plan(node, required);
    bool same = plan->outputs.size() == order.size();
    for (size_t i = 0; same && i < order.size(); ++i) same = plan->outputs[i].id == order[i];
    // A Modify at the root gives no rows: one with RETURNING stays below a projection.
    if (same && (order.empty() || plan->kind != physical::Kind::kModify)) return plan;
    auto project = std::make_unique<physical::Project>();
    project->estimated_rows = plan->estimated_rows;
    project->estimated_cost = plan->estimated_cost;
    for (ColumnId id : order) {
      for (const OutputColumn& column : plan->outputs) {
        if (column.id != id) continue;
        project->outputs.push_back(column);
        project->expressions.push_back(ColumnRef(column));
        break;
      }
    }
    project->children.push_back(std::move(plan));
    return project;
  }

  static std::vector<OutputColumn> Wanted(const Node& node, const ColumnSet& required) {
    std::vector<OutputColumn> outputs;
    for (const OutputColumn& column : node.outputs) {
      if (required.Has(column.id)) outputs.push_back(column);
    }
    return outputs;
  }

  /// Fills in what all operators have. cost: of the operator itself.
  template <class T>
  std::unique_ptr<T> Finish(std::unique_ptr<T> plan, const Node& node, const ColumnSet& required,
                            double cost) {
    plan->outputs = Wanted(node, required);
    plan->estimated_rows = estimator_.Rows(node);
    plan->estimated_cost = cost;
    for (const physical::NodePtr& child : plan->children) {
      plan->estimated_cost += child->estimated_cost;
    }
    return plan;
  }

  physical::NodePtr Plan(Node* node, const ColumnSet& required) {
    switch (node->kind) {
      case Kind::kScan:
        return PlanScan(node, nullptr, required);
      case Kind::kValues:
        return PlanValues(&node->As<logical::Values>(), required);
      case Kind::kFilter:
        return PlanFilter(node, required);
      case Kind::kProject:
        return PlanProject(&node->As<logical::Project>(), required);
      case Kind::kJoin:
        return PlanJoin(&node->As<logical::Join>(), required);
      case Kind::kAggregate:
        return PlanAggregate(&node->As<logical::Aggregate>(), required);
      case Kind::kSort:
        return PlanSort(&node->As<logical::Sort>(), nullptr, required);
      case Kind::kLimit:
        return PlanLimit(&node->As<logical::Limit>(), required);
      case Kind::kSetOperation:
        return PlanSetOperation(&node->As<logical::SetOperation>(), required);
      case Kind::kWith: {
        auto& with = node->As<logical::With>();
        auto plan = std::make_unique<physical::Materialize>();
        plan->cte = with.cte;
        plan->name = with.name;
        plan->children.push_back(Plan(with.children[0].get(), cte_columns_[with.cte]));
        plan->children.push_back(Plan(with.children[1].get(), required));
        auto done = Finish(std::move(plan), *node, required, estimator_.Rows(*with.children[0]));
        done->outputs = done->children[1]->outputs;
        return done;
      }
      case Kind::kCteScan: {
        auto& scan = node->As<logical::CteScan>();
        auto plan = std::make_unique<physical::CteScan>();
        plan->cte = scan.cte;
        plan->name = scan.name;
        for (size_t i = 0; i < scan.outputs.size(); ++i) {
          if (required.Has(scan.outputs[i].id)) plan->source.push_back(scan.source[i]);
        }
        return Finish(std::move(plan), *node, required, estimator_.Rows(*node));
      }
      case Kind::kModify: {
        auto& modify = node->As<logical::Modify>();
        auto plan = std::make_unique<physical::Modify>();
        plan->write = modify.write;
        plan->relation = modify.relation;
        plan->source = modify.source;
        plan->repeats = modify.repeats;
        plan->counts = modify.counts;
        ColumnSet returned;
        if (!modify.outputs.empty()) returned = required;
        ColumnSet source = returned;
        for (ColumnId id : modify.source) {
          if (id) source.Add(id);
        }
        plan->children.push_back(Plan(modify.children[0].get(), source));
        return Finish(std::move(plan), *node, returned, 10 * estimator_.Rows(*node));
      }
      case Kind::kWindow:
        return PlanWindow(&node->As<logical::Window>(), required);
      case Kind::kTableFunction:
        return PlanTableFunction(&node->As<logical::TableFunction>(), required);
      case Kind::kRecursive:
        return PlanRecursive(&node->As<logical::Recursive>());
    }
    LATHE_UNREACHABLE("kind of node");
  }

  /// conjuncts: of a filter right above, or null. Those that bounds express are removed.
  physical::NodePtr PlanScan(Node* node, std::vector<ExprPtr>* conjuncts,
                             const ColumnSet& required) {
    auto& scan = node->As<logical::Scan>();
    auto plan = std::make_unique<physical::TableScan>();
    plan->relation = scan.relation;
    plan->alias = scan.alias;
    PathContext context;
    context.scan = &scan;
    context.conjuncts = conjuncts;
    context.required = required;
    context.estimator = &estimator_;
    context.catalog = catalog_;
    context.options = options_;
    if (order_ != nullptr && order_->scan == &scan) context.order = order_;
    ChooseAccessPath(plan.get(), context);
    scans_[plan.get()] = &scan;
    return plan;
  }

  physical::NodePtr PlanValues(logical::Values* values, const ColumnSet& required) {
    auto plan = std::make_unique<physical::Values>();
    bool all = true;
    for (const OutputColumn& column : values->outputs) all &= required.Has(column.id);
    if (all) {
      plan->rows = std::move(values->rows);
    } else {
      for (auto& row : values->rows) {
        std::vector<ExprPtr> kept;
        for (size_t i = 0; i < values->outputs.size(); ++i) {
          if (required.Has(values->outputs[i].id)) kept.push_back(std::move(row[i]));
        }
        plan->rows.push_back(std::move(kept));
      }
    }
    return Finish(std::move(plan), *values, required, 0);
  }

  physical::NodePtr PlanFilter(Node* node, const ColumnSet& required) {
    std::vector<ExprPtr> conjuncts =
        expr::SplitConjuncts(std::move(node->As<logical::Filter>().predicate));
    OrderConjuncts(&conjuncts, &estimator_);
    Node* child = node->children[0].get();
    physical::NodePtr input;
    if (child->kind == Kind::kScan) {
      input = PlanScan(child, &conjuncts, required);
    } else {
      ColumnSet needed = required;
      for (const ExprPtr& e : conjuncts) AddColumns(*e, &needed);
      input = Plan(child, needed);
    }
    if (conjuncts.empty()) {
      input->estimated_rows = estimator_.Rows(*node);
      return input;
    }
    auto plan = std::make_unique<physical::Filter>();
    const double rows = input->estimated_rows;
    plan->conjuncts = std::move(conjuncts);
    plan->children.push_back(std::move(input));
    return Finish(std::move(plan), *node, required, 0.2 * rows);
  }

  physical::NodePtr PlanProject(logical::Project* project, const ColumnSet& required) {
    if (PassesColumns(*project)) return Plan(project->children[0].get(), required);
    auto plan = std::make_unique<physical::Project>();
    ColumnSet needed;
    ColumnSet made = required;
    for (size_t i = 0; i < project->expressions.size(); ++i) {
      ExprPtr& e = project->expressions[i];
      if (!required.Has(project->outputs[i].id) && !IsVolatile(*e)) continue;
      made.Add(project->outputs[i].id);
      AddColumns(*e, &needed);
      plan->expressions.push_back(std::move(e));
    }
    plan->children.push_back(Plan(project->children[0].get(), needed));
    const double rows = plan->children[0]->estimated_rows;
    return Finish(std::move(plan), *project, made, 0.1 * rows);
  }

  physical::NodePtr PlanWindow(logical::Window* window, const ColumnSet& required) {
    auto plan = std::make_unique<physical::Window>();
    ColumnSet needed = required, made = required;
    for (logical::WindowCall& call : window->calls) {
      if (!required.Has(call.output.id)) continue;
      for (const ExprPtr& e : call.args) AddColumns(*e, &needed);
      if (call.filter) AddColumns(*call.filter, &needed);
      for (const ExprPtr* offset : {&call.frame.start.offset, &call.frame.end.offset}) {
        if (*offset) AddColumns(**offset, &needed);
      }
      plan->calls.push_back(std::move(call));
    }
    if (plan->calls.empty()) return Plan(window->children[0].get(), required);
    for (const ExprPtr& e : window->partition) AddColumns(*e, &needed);
    for (const logical::SortKey& key : window->order) AddColumns(*key.expression, &needed);
    plan->partition = std::move(window->partition);
    plan->order = std::move(window->order);
    plan->children.push_back(Plan(window->children[0].get(), needed));
    const double rows = plan->children[0]->estimated_rows;
    return Finish(std::move(plan), *window, made, rows * (1 + std::max(1.0, std::log2(rows + 1))));
  }

  physical::NodePtr PlanTableFunction(logical::TableFunction* function, const ColumnSet& required) {
    auto plan = std::make_unique<physical::TableFunction>();
    ColumnSet needed = required;
    for (const logical::TableFunction::Call& call : function->calls) {
      for (const ExprPtr& e : call.args) AddColumns(*e, &needed);
    }
    plan->calls = std::move(function->calls);
    plan->with_ordinality = function->with_ordinality;
    plan->ordinality = function->ordinality;
    plan->children.push_back(Plan(function->children[0].get(), needed));
    return Finish(std::move(plan), *function, required, 2 * estimator_.Rows(*function));
  }

  physical::NodePtr PlanRecursive(logical::Recursive* recursive) {
    auto plan = std::make_unique<physical::Recursive>();
    plan->working = recursive->working;
    plan->name = recursive->name;
    plan->distinct = recursive->distinct;
    for (NodePtr& child : recursive->children) {
      std::vector<ColumnId> order;
      for (const OutputColumn& column : child->outputs) order.push_back(column.id);
      plan->children.push_back(InOrder(child.get(), order));
    }
    return Finish(std::move(plan), *recursive, OutputSet(*recursive),
                  2 * estimator_.Rows(*recursive));
  }

  /// No generated form, or an order of the rows that a hash table does not keep.
  static bool NeedsSteps(const logical::AggregateCall& call) {
    return call.function->kind == func::AggregateKind::kGeneric || OrderMatters(call);
  }

  physical::NodePtr PlanAggregate(logical::Aggregate* aggregate, const ColumnSet& required) {
    bool sorted = false;
    for (const logical::AggregateCall& call : aggregate->calls) {
      sorted |= NeedsSteps(call) && required.Has(call.output.id);
    }
    return sorted ? PlanAggregateAs<physical::SortedAggregate>(aggregate, required)
                  : PlanAggregateAs<physical::HashAggregate>(aggregate, required);
  }

  template <class Aggregation>
  physical::NodePtr PlanAggregateAs(logical::Aggregate* aggregate, const ColumnSet& required) {
    auto plan = std::make_unique<Aggregation>();
    ColumnSet needed, made = required;
    for (size_t i = 0; i < aggregate->groups.size(); ++i) made.Add(aggregate->outputs[i].id);
    for (ExprPtr& e : aggregate->groups) AddColumns(*e, &needed);
    for (AggregateCallRef call : Calls(aggregate)) {
      if (!required.Has(call->output.id)) continue;
      for (const ExprPtr& e : call->args) AddColumns(*e, &needed);
      if (call->filter) AddColumns(*call->filter, &needed);
      if (!OrderMatters(*call)) call->order.clear();
      for (const logical::SortKey& key : call->order) AddColumns(*key.expression, &needed);
      plan->calls.push_back(std::move(*call));
    }
    if constexpr (std::is_same_v<Aggregation, physical::HashAggregate>) {
      if (use_keys_) plan->key_count = KeysFirst(aggregate);
    }
    plan->groups = std::move(aggregate->groups);
    plan->children.push_back(Plan(aggregate->children[0].get(), needed));
    const double rows = plan->children[0]->estimated_rows;
    return Finish(std::move(plan), *aggregate, made, rows);
  }

  /// Moves groups that others determine behind those; gives the number of the others, 0 = all.
  static uint32_t KeysFirst(logical::Aggregate* aggregate) {
    const size_t count = aggregate->groups.size();
    if (count < 2) return 0;
    std::vector<bool> determined(count, false);
    size_t keys = count;
    // Wide ones are got rid of first.
    for (const bool strings : {true, false}) {
      for (size_t i = count; i-- > 0 && keys > 1;) {
        const Expr& group = *aggregate->groups[i];
        if (determined[i] || group.kind != expr::Kind::kColumn) continue;
        if (strings != (types::ReprOf(group.type) == types::Repr::kString)) continue;
        ColumnSet others;
        for (size_t o = 0; o < count; ++o) {
          const Expr& other = *aggregate->groups[o];
          if (o != i && !determined[o] && other.kind == expr::Kind::kColumn) {
            others.Add(other.column);
          }
        }
        AddDetermined(*aggregate->children[0], &others);
        determined[i] = others.Has(group.column);
        keys -= determined[i];
      }
    }
    if (keys == count) return 0;
    std::vector<ExprPtr> groups;
    std::vector<OutputColumn> outputs;
    for (const bool last : {false, true}) {
      for (size_t i = 0; i < count; ++i) {
        if (determined[i] != last) continue;
        groups.push_back(std::move(aggregate->groups[i]));
        outputs.push_back(aggregate->outputs[i]);
      }
    }
    aggregate->groups = std::move(groups);
    std::move(outputs.begin(), outputs.end(), aggregate->outputs.begin());
    return static_cast<uint32_t>(keys);
  }

  using AggregateCallRef = logical::AggregateCall*;
  static std::vector<AggregateCallRef> Calls(logical::Aggregate* aggregate) {
    std::vector<AggregateCallRef> calls;
    for (logical::AggregateCall& call : aggregate->calls) calls.push_back(&call);
    return calls;
  }

  /// limit: of a Limit right above, or null. No sort where a scan below gives the order.
  physical::NodePtr PlanSort(logical::Sort* sort, logical::Limit* limit,
                             const ColumnSet& required) {
    ColumnSet needed = required;
    for (const logical::SortKey& key : sort->keys) AddColumns(*key.expression, &needed);
    std::optional<WantedOrder> order = OrderWantedBy(*sort, limit, &estimator_);
    order_ = order ? &*order : nullptr;
    physical::NodePtr child = Plan(sort->children[0].get(), needed);
    order_ = nullptr;
    if (order && order->satisfied) {
      if (!limit) return child;
      auto plan = std::make_unique<physical::Limit>();
      plan->limit = std::move(limit->limit);
      plan->offset = std::move(limit->offset);
      plan->children.push_back(std::move(child));
      return Finish(std::move(plan), *limit, required, 0);
    }
    auto plan = std::make_unique<physical::Sort>();
    plan->keys = std::move(sort->keys);
    if (limit) {
      plan->limit = std::move(limit->limit);
      plan->offset = std::move(limit->offset);
    }
    plan->children.push_back(std::move(child));
    const double rows = plan->children[0]->estimated_rows;
    const Node& result = limit ? static_cast<const Node&>(*limit) : *sort;
    return Finish(std::move(plan), result, required, rows * std::max(1.0, std::log2(rows + 1)));
  }

  physical::NodePtr PlanLimit(logical::Limit* limit, const ColumnSet& required) {
    Node* child = limit->children[0].get();
    if (child->kind == Kind::kSort && limit->limit) {
      return PlanSort(&child->As<logical::Sort>(), limit, required);
    }
    auto plan = std::make_unique<physical::Limit>();
    plan->limit = std::move(limit->limit);
    plan->offset = std::move(limit->offset);
    plan->children.push_back(Plan(child, required));
    return Finish(std::move(plan), *limit, required, 0);
  }

  physical::NodePtr PlanSetOperation(logical::SetOperation* set, const ColumnSet& required) {
    const bool prune = set->operation == logical::SetOperationKind::kUnion && set->all;
    const ColumnSet made = prune ? required : OutputSet(*set);
    std::vector<physical::NodePtr> children;
    double rows = 0;
    for (NodePtr& child : set->children) {
      std::vector<ColumnId> order;
      for (size_t i = 0; i < set->outputs.size(); ++i) {
        if (made.Has(set->outputs[i].id)) order.push_back(child->outputs[i].id);
      }
      children.push_back(InOrder(child.get(), order));
      rows += children.back()->estimated_rows;
    }
    if (set->operation != logical::SetOperationKind::kUnion) {
      auto plan = std::make_unique<physical::HashSetOperation>();
      plan->operation = set->operation;
      plan->all = set->all;
      plan->children = std::move(children);
      return Finish(std::move(plan), *set, made, rows);
    }
    auto append = std::make_unique<physical::Append>();
    append->children = std::move(children);
    if (set->all) return Finish(std::move(append), *set, made, 0);
    // UNION: the appended rows under new ids, grouped by all columns.
    auto plan = std::make_unique<physical::HashAggregate>();
    for (const OutputColumn& column : set->outputs) {
      OutputColumn input = column;
      input.id = ids_->Next();
      plan->groups.push_back(ColumnRef(input));
      append->outputs.push_back(std::move(input));
    }
    append->estimated_rows = rows;
    for (const physical::NodePtr& child : append->children) {
      append->estimated_cost += child->estimated_cost;
    }
    plan->children.push_back(std::move(append));
    return Finish(std::move(plan), *set, made, rows);
  }

  physical::NodePtr PlanJoin(logical::Join* join, const ColumnSet& required) {
    std::vector<ExprPtr> conjuncts;
    for (ExprPtr& e : expr::SplitConjuncts(std::move(join->predicate))) {
      if (!IsConstBool(*e, true)) conjuncts.push_back(std::move(e));
    }
    JoinKeys keys = ExtractJoinKeys(*join, &conjuncts);
    OrderConjuncts(&conjuncts, &estimator_);
    ColumnSet needed = required;
    for (const ExprPtr& e : conjuncts) AddColumns(*e, &needed);
    for (const auto* list : {&keys.left, &keys.right}) {
      for (const ExprPtr& e : *list) AddColumns(*e, &needed);
    }
    const double left_rows = estimator_.Rows(*join->children[0]);
    const double right_rows = estimator_.Rows(*join->children[1]);
    const bool hash = !keys.left.empty();
    bool left_first = MaterializeLeft(*join, hash, left_rows, right_rows);
    std::optional<physical::Band> band;
    if (!hash) band = ChooseBand(*join, conjuncts, &left_first);
    physical::NodePtr left = Plan(join->children[0].get(), needed);
    physical::NodePtr right = Plan(join->children[1].get(), needed);
    ExprPtr rest = conjuncts.empty() ? nullptr : expr::MakeAnd(std::move(conjuncts));
    if (!hash) {
      auto plan = std::make_unique<physical::NestedLoopJoin>();
      plan->join_kind = join->join_kind;
      plan->inner_is_left = left_first;
      plan->predicate = std::move(rest);
      plan->mark = join->mark;
      const bool both_bounds = band && band->low && band->high;
      plan->band = std::move(band);
      plan->children.push_back(std::move(left_first ? left : right));
      plan->children.push_back(std::move(left_first ? right : left));
      const double cost =
          both_bounds ? (left_rows + right_rows) * (2 + std::log2(left_rows + right_rows + 1)) +
                            estimator_.Rows(*join)
                      : left_rows * right_rows;
      return Finish(std::move(plan), *join, required, cost);
    }
    auto plan = std::make_unique<physical::HashJoin>();
    plan->join_kind = join->join_kind;
    plan->build_is_left = left_first;
    plan->build_keys = std::move(left_first ? keys.left : keys.right);
    plan->probe_keys = std::move(left_first ? keys.right : keys.left);
    plan->null_equal = std::move(keys.null_equal);
    plan->null_aware = keys.null_aware;
    plan->residual = std::move(rest);
    plan->mark = join->mark;
    plan->children.push_back(std::move(left_first ? left : right));
    plan->children.push_back(std::move(left_first ? right : left));
    if (catalog_ != nullptr) {
      physical::Node* probe = plan->children[1].get();
      while (probe->kind == physical::Kind::kFilter) probe = probe->children[0].get();
      if (probe->kind == physical::Kind::kTableScan) {
        auto& scan = probe->As<physical::TableScan>();
        ChooseLookup(plan.get(), &scan, *scans_.at(&scan), &estimator_, catalog_);
      }
    }
    if (key_filters_) TransferKeys(plan.get(), &estimator_);
    return Finish(std::move(plan), *join, required,
                  2 * std::min(left_rows, right_rows) + std::max(left_rows, right_rows));
  }

  /// The band of a join without equalities; changes which side is kept where that gives two bounds
  /// and the kind allows it.
  std::optional<physical::Band> ChooseBand(const logical::Join& join,
                                           const std::vector<ExprPtr>& conjuncts,
                                           bool* left_first) const {
    if (!bands_ || join.join_kind == JoinKind::kMark) return std::nullopt;
    const Node &left = *join.children[0], &right = *join.children[1];
    std::optional<physical::Band> band =
        *left_first ? FindBand(conjuncts, left, right) : FindBand(conjuncts, right, left);
    if (band && band->low && band->high) return band;
    const bool left_may = join.join_kind == JoinKind::kInner || join.join_kind == JoinKind::kLeft ||
                          join.join_kind == JoinKind::kSemi || join.join_kind == JoinKind::kAnti;
    if (!left_may || (*left_first && join.join_kind != JoinKind::kInner)) return band;
    std::optional<physical::Band> other =
        *left_first ? FindBand(conjuncts, right, left) : FindBand(conjuncts, left, right);
    if (other && other->low && other->high) {
      *left_first = !*left_first;
      return other;
    }
    return band;
  }

  /// Which side is built into the hash table (or buffered for the loop): the smaller one, where the
  /// kind leaves a choice.
  static bool MaterializeLeft(const logical::Join& join, bool hash, double left, double right) {
    switch (join.join_kind) {
      case JoinKind::kInner:
        return left < right;
      case JoinKind::kLeft:
      case JoinKind::kSemi:
      case JoinKind::kAnti:
        // Match flags and a second pass over the left rows cost something.
        return hash && 4 * left < right;
      case JoinKind::kRight:
        // Build rows carry the flags, so the left side must be probed into the right.
        return false;
      case JoinKind::kFull:
      case JoinKind::kMark:
      case JoinKind::kSingle:
        return false;
    }
    return false;
  }

  const OptimizeContext* const options_;
  Estimator estimator_;
  schema::CatalogReader* const catalog_;  // null = no indexes
  const bool bands_;                      // joins by ranges may be band joins
  const bool key_filters_;
  const bool use_keys_;
  logical::ColumnIds* ids_;
  WantedOrder* order_ = nullptr;  // of the sort being planned
  std::unordered_map<const physical::TableScan*, const logical::Scan*> scans_;  // made of
  std::unordered_map<uint32_t, ColumnSet> cte_columns_;
};

}  // namespace

Result<physical::NodePtr> ChoosePhysical(const logical::NodePtr& root,
                                         const std::vector<OutputColumn>& outputs,
                                         const OptimizeContext& options, logical::ColumnIds* ids) {
  return Chooser(options, ids).Root(root.get(), outputs);
}

}  // namespace lathe::optimize
