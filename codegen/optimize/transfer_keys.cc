// Semi-join reduction by the tags of a join's directory (the bloom filters of Bloom, CACM 1970, as
// Leis et al., SIGMOD 2014, section 4.2, keep them; passed sideways as in Ives and Taylor, ICDE
// 2008): rows whose keys are not on a join's build side are dropped where they are read, before
// other joins, groups and sorts between there and the join do work for them.
#include <algorithm>

#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using physical::Kind;

constexpr double kPassMax = 0.5;  // of the rows that are tested
constexpr double kRowsMin = 2000;

class Transfer {
 public:
  Transfer(const physical::HashJoin& join, Estimator* estimator)
      : join_(join), estimator_(estimator) {
    null_equal_ = std::any_of(join.null_equal.begin(), join.null_equal.end(),
                              [](bool equal) { return equal; });
  }

  void Run(physical::NodePtr* probe) {
    std::vector<ExprPtr> keys;
    for (const ExprPtr& e : join_.probe_keys) {
      if (e->kind != expr::Kind::kColumn) return;
      keys.push_back(e->Clone());
    }
    Descend(probe, std::move(keys), false);
  }

 private:
  /// Goes down as far as the keys are there and rows may be dropped; gain: there is work above that
  /// the rows would cost.
  void Descend(physical::NodePtr* slot, std::vector<ExprPtr> keys, bool gain) {
    physical::Node& node = **slot;
    switch (node.kind) {
      case Kind::kFilter: {
        // Above the conditions of a scan, which are cheaper or more selective or both.
        const Kind below = node.children[0]->kind;
        if (below == Kind::kTableScan || below == Kind::kCteScan || Volatile(node)) break;
        return Descend(&node.children[0], std::move(keys), gain);
      }
      case Kind::kKeyFilter:
        if (node.children[0]->kind == Kind::kTableScan) break;
        return Descend(&node.children[0], std::move(keys), gain);
      case Kind::kProject: {
        const auto& project = node.As<physical::Project>();
        std::vector<ExprPtr> below = Through(keys, project.outputs, project.expressions);
        if (below.empty() || Volatile(node)) break;
        return Descend(&node.children[0], std::move(below), gain);
      }
      case Kind::kHashAggregate: {
        const auto& aggregate = node.As<physical::HashAggregate>();
        std::vector<ExprPtr> below = Through(keys, aggregate.outputs, aggregate.groups);
        if (below.empty()) break;
        return Descend(&node.children[0], std::move(below), true);
      }
      case Kind::kSort:
        if (node.As<physical::Sort>().limit || node.As<physical::Sort>().offset) break;
        return Descend(&node.children[0], std::move(keys), true);
      case Kind::kWindow: {
        const auto& window = node.As<physical::Window>();
        const bool partitions = std::all_of(keys.begin(), keys.end(), [&](const ExprPtr& key) {
          return std::any_of(window.partition.begin(), window.partition.end(),
                             [&](const ExprPtr& e) { return expr::Equal(*e, *key); });
        });
        if (!partitions) break;
        return Descend(&node.children[0], std::move(keys), true);
      }
      case Kind::kAppend:
        for (physical::NodePtr& child : node.children) {
          std::vector<ExprPtr> below;
          for (const ExprPtr& key : keys) {
            for (size_t i = 0; i < node.outputs.size(); ++i) {
              if (node.outputs[i].id != key->column) continue;
              if (!(child->outputs[i].type == key->type)) break;
              below.push_back(ColumnRef(child->outputs[i]));
              break;
            }
          }
          if (below.size() == keys.size()) Descend(&child, std::move(below), gain);
        }
        return;
      case Kind::kMaterialize:
        return Descend(&node.children[1], std::move(keys), gain);
      case Kind::kHashJoin:
        if (DescendJoin(node, node.As<physical::HashJoin>().join_kind,
                        node.As<physical::HashJoin>().build_is_left, &keys)) {
          return;
        }
        break;
      case Kind::kNestedLoopJoin:
        if (DescendJoin(node, node.As<physical::NestedLoopJoin>().join_kind,
                        node.As<physical::NestedLoopJoin>().inner_is_left, &keys)) {
          return;
        }
        break;
      default:
        break;
    }
    if (gain && Pays(node, keys)) Insert(slot, std::move(keys));
  }

  /// True when the keys come from one side whose rows may go.
  bool DescendJoin(physical::Node& node, JoinKind kind, bool first_is_left,
                   std::vector<ExprPtr>* keys) {
    for (size_t side = 0; side < 2; ++side) {
      const bool left = (side == 0) == first_is_left;
      if (!MayDrop(kind, left)) continue;
      const std::vector<OutputColumn>& columns = node.children[side]->outputs;
      const bool all = std::all_of(keys->begin(), keys->end(), [&](const ExprPtr& key) {
        return std::any_of(columns.begin(), columns.end(),
                           [&](const OutputColumn& c) { return c.id == key->column; });
      });
      if (!all) continue;
      Descend(&node.children[side], std::move(*keys), true);
      return true;
    }
    return false;
  }

  /// Rows of this side with keys that the join above does not want may go before this join. What
  /// becomes of their partners has NULL in the keys, or the same keys.
  bool MayDrop(JoinKind kind, bool left) const {
    switch (kind) {
      case JoinKind::kInner:
        return true;
      case JoinKind::kSemi:
      case JoinKind::kAnti:
      case JoinKind::kMark:
      case JoinKind::kSingle:
        return left;
      case JoinKind::kLeft:
        return left || !null_equal_;
      case JoinKind::kRight:
        return !left || !null_equal_;
      case JoinKind::kFull:
        return !null_equal_;
    }
    return false;
  }

  /// The expressions that the columns stand for, where all are columns again; else nothing.
  static std::vector<ExprPtr> Through(const std::vector<ExprPtr>& keys,
                                      const std::vector<OutputColumn>& outputs,
                                      const std::vector<ExprPtr>& expressions) {
    std::vector<ExprPtr> below;
    for (const ExprPtr& key : keys) {
      for (size_t i = 0; i < expressions.size() && i < outputs.size(); ++i) {
        if (outputs[i].id != key->column || expressions[i]->kind != expr::Kind::kColumn) continue;
        below.push_back(expressions[i]->Clone());
        break;
      }
    }
    if (below.size() != keys.size()) below.clear();
    return below;
  }

  static bool Volatile(const physical::Node& node) {
    const std::vector<ExprPtr>& expressions = node.kind == Kind::kFilter
                                                  ? node.As<physical::Filter>().conjuncts
                                                  : node.As<physical::Project>().expressions;
    return std::any_of(expressions.begin(), expressions.end(),
                       [](const ExprPtr& e) { return IsVolatile(*e); });
  }

  bool Pays(const physical::Node& node, const std::vector<ExprPtr>& keys) {
    const double rows = node.estimated_rows;
    if (rows < kRowsMin) return false;
    const double build_rows = join_.children[0]->estimated_rows;
    double wanted = 1, there = 1;
    for (size_t i = 0; i < keys.size(); ++i) {
      wanted *= estimator_->Distinct(*join_.build_keys[i], build_rows);
      there *= estimator_->Distinct(*keys[i], rows);
    }
    pass_ = std::min(wanted, build_rows) / std::max(1.0, std::min(there, rows));
    return pass_ <= kPassMax;
  }

  void Insert(physical::NodePtr* slot, std::vector<ExprPtr> keys) {
    auto filter = std::make_unique<physical::KeyFilter>();
    filter->join = &join_;
    filter->keys = std::move(keys);
    filter->outputs = (*slot)->outputs;
    filter->estimated_rows = std::max(1.0, (*slot)->estimated_rows * pass_);
    filter->estimated_cost = (*slot)->estimated_cost;
    filter->children.push_back(std::move(*slot));
    *slot = std::move(filter);
  }

  const physical::HashJoin& join_;
  Estimator* const estimator_;
  bool null_equal_ = false;
  double pass_ = 1;
};

}  // namespace

void TransferKeys(physical::HashJoin* join, Estimator* estimator) {
  if (NeedsMatch(*join)) Transfer(*join, estimator).Run(&join->children[1]);
}

}  // namespace lathe::optimize
