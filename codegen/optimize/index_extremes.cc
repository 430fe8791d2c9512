// min and max of a column that an index (or the table's own key) has in order: the aggregate reads
// the first or last row of that order that is no NULL, instead of all rows.
#include <algorithm>

#include "codegen/optimize/choose.h"
#include "codegen/optimize/estimate.h"
#include "codegen/optimize/rules.h"

namespace lathe::optimize {
namespace {

using logical::Kind;

constexpr double kRowsWorthwhile = 1000;
constexpr double kEntryCost = 120;  // of a row through the index, in rows of the table
constexpr size_t kCallsMax = 4;     // each is a scan of its own

class Extremes {
 public:
  explicit Extremes(RuleContext* context) : context_(*context) {}

  void Apply(NodePtr* slot) {
    for (NodePtr& child : (*slot)->children) Apply(&child);
    if ((*slot)->kind != Kind::kAggregate) return;
    auto& aggregate = (*slot)->As<logical::Aggregate>();
    if (!aggregate.groups.empty() || !aggregate.sets.empty() || aggregate.calls.empty()) return;
    if (aggregate.calls.size() > kCallsMax) return;
    const Node& input = *aggregate.children[0];
    const Node& below = input.kind == Kind::kFilter ? *input.children[0] : input;
    if (below.kind != Kind::kScan) return;
    const auto& scan = below.As<logical::Scan>();
    for (const logical::AggregateCall& call : aggregate.calls) {
      if (!IsExtreme(call) || !InOrder(scan, input, *call.args[0])) return;
    }
    Estimator estimator(*context_.options);
    const double rows = estimator.Rows(scan), passing = estimator.Rows(input);
    if (rows < kRowsWorthwhile || rows / std::max(passing, 1e-3) * kEntryCost > rows) return;
    NodePtr result;
    for (logical::AggregateCall& call : aggregate.calls) {
      NodePtr one = First(scan, input, std::move(call));
      result = result ? MakeJoin(logical::JoinKind::kInner, std::move(result), std::move(one),
                                 expr::MakeBool(true))
                      : std::move(one);
    }
    *slot = std::move(result);
  }

 private:
  static bool IsExtreme(const logical::AggregateCall& call) {
    return (call.function->name == "min" || call.function->name == "max") &&
           call.args.size() == 1 && call.args[0]->kind == expr::Kind::kColumn && !call.filter &&
           OrderedByBytes(call.args[0]->type);
  }

  static int ColumnOf(const logical::Scan& scan, ColumnId id) {
    const std::vector<uint32_t> live = scan.relation->LiveColumns();
    for (size_t i = 0; i < scan.outputs.size(); ++i) {
      if (scan.outputs[i].id == id && scan.fields[i] < live.size()) {
        return static_cast<int>(live[scan.fields[i]]);
      }
    }
    return -1;
  }

  /// Some key has the column right behind columns that the filter fixes.
  bool InOrder(const logical::Scan& scan, const Node& input, const Expr& column) const {
    const schema::RelationDescriptor& relation = *scan.relation;
    const int wanted = ColumnOf(scan, column.column);
    if (wanted < 0 || relation.kind != schema::RelationKind::kTable) return false;
    std::vector<uint32_t> fixed;
    if (input.kind == Kind::kFilter) {
      for (const ExprPtr& e :
           expr::SplitConjuncts(input.As<logical::Filter>().predicate->Clone())) {
        if (!IsComparison(*e, "=")) continue;
        for (int side = 0; side < 2; ++side) {
          if (e->children[side]->kind != expr::Kind::kColumn) continue;
          if (!expr::IsRuntimeConstant(*e->children[1 - side])) continue;
          const int of = ColumnOf(scan, e->children[side]->column);
          if (of >= 0) fixed.push_back(static_cast<uint32_t>(of));
        }
      }
    }
    auto leads = [&](auto&& sources) {
      for (uint32_t source : sources) {
        if (source == static_cast<uint32_t>(wanted)) return true;
        if (std::find(fixed.begin(), fixed.end(), source) == fixed.end()) return false;
      }
      return false;
    };
    std::vector<uint32_t> own;
    for (const schema::KeyColumn& key : relation.key) own.push_back(key.column);
    if (leads(own)) return true;
    for (RelationId id : relation.indexes) {
      schema::RelationPtr index = context_.options->catalog->GetRelation(id);
      if (index == nullptr) continue;
      std::vector<uint32_t> sources;
      for (const schema::KeyColumn& key : index->key) sources.push_back(index->sources[key.column]);
      if (leads(sources)) return true;
    }
    return false;
  }

  /// The call over the first row of the order, with columns of its own.
  NodePtr First(const logical::Scan& scan, const Node& input, logical::AggregateCall call) {
    NodePtr copy = logical::CloneOperator(scan);
    std::vector<ExprPtr> columns;
    Substitution map;
    for (OutputColumn output : scan.outputs) {
      const ColumnId old = output.id;
      output.id = context_.ids->Next();
      columns.push_back(ColumnRef(output));
      map[old.value] = columns.back().get();
      copy->outputs.push_back(std::move(output));
    }
    Substitute(&call.args[0], map);
    std::vector<ExprPtr> conjuncts;
    if (input.kind == Kind::kFilter) {
      conjuncts = expr::SplitConjuncts(input.As<logical::Filter>().predicate->Clone());
      for (ExprPtr& e : conjuncts) Substitute(&e, map);
    }
    conjuncts.push_back(MakeUnary(expr::Kind::kIsNotNull, call.args[0]->Clone()));
    auto sort = std::make_shared<logical::Sort>();
    logical::SortKey key;
    key.expression = call.args[0]->Clone();
    key.descending = call.function->name == "max";
    key.nulls_first = key.descending;  // there are none: as the key read backwards has them
    sort->keys.push_back(std::move(key));
    sort->children.push_back(MakeFilter(std::move(copy), std::move(conjuncts)));
    RefreshOutputs(sort.get());
    auto limit = std::make_shared<logical::Limit>();
    limit->limit = expr::MakeConst(types::Value::Int8(1));
    limit->children.push_back(std::move(sort));
    RefreshOutputs(limit.get());
    auto aggregate = std::make_shared<logical::Aggregate>();
    aggregate->outputs.push_back(call.output);
    call.distinct = false;
    aggregate->calls.push_back(std::move(call));
    aggregate->children.push_back(std::move(limit));
    return aggregate;
  }

  RuleContext& context_;
};

}  // namespace

Status IndexExtremes(RuleContext* context, NodePtr* root) {
  if (context->options->catalog == nullptr ||
      context->options->disabled_rules.contains("use_indexes")) {
    return Ok();
  }
  Extremes(context).Apply(root);
  return Ok();
}

}  // namespace lathe::optimize
