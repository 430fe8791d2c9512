// The printer of physical plans: one operator a line with its algorithm and estimated rows,
// children indented below it.
#include <cmath>
#include <unordered_map>

#include "codegen/logical/text.h"
#include "codegen/physical/physical.h"

namespace lathe::physical {
namespace {

using logical::ColumnText;
using logical::ComputedText;
using logical::CountsText;
using logical::GroupingText;
using logical::KeysText;
using logical::ListText;
using logical::ModifyText;
using logical::OutputsText;
using logical::TableFunctionText;
using logical::ValuesText;
using logical::WindowText;
using Names = std::unordered_map<uint32_t, std::string>;

void CollectNames(const Node& node, Names* names) {
  for (const OutputColumn& column : node.outputs) names->emplace(column.id.value, column.name);
  for (const NodePtr& child : node.children) CollectNames(*child, names);
}

/// Rows as people read them: whole numbers.
std::string Rows(double rows) {
  return std::to_string(static_cast<long long>(std::llround(std::fmin(rows, 9e18))));
}

class Printer {
 public:
  Printer(const Node& root, bool with_estimates) : with_estimates_(with_estimates) {
    CollectNames(root, &names_);
  }

  std::string Text(const Node& root) {
    Add(root, 0);
    return std::move(text_);
  }

 private:
  void Add(const Node& node, int depth) {
    text_.append(2 * depth, ' ');
    text_ += Line(node);
    if (with_estimates_) text_ += " (rows=" + Rows(node.estimated_rows) + ")";
    text_ += "\n";
    for (const NodePtr& child : node.children) Add(*child, depth + 1);
  }

  std::string Text(const ExprPtr& e) const { return expr::Print(*e, name_of_); }

  std::string Line(const Node& node) const {
    switch (node.kind) {
      case Kind::kTableScan:
        return ScanLine(node.As<TableScan>());
      case Kind::kValues:
        return "Values" + ValuesText(node.outputs, node.As<Values>().rows, name_of_);
      case Kind::kFilter:
        return "Filter " + ListText(node.As<Filter>().conjuncts, name_of_, " AND ");
      case Kind::kKeyFilter: {
        const KeyFilter& filter = node.As<KeyFilter>();
        return "KeyFilter " + ListText(filter.keys, name_of_, ", ") + " among " +
               ListText(filter.join->build_keys, name_of_, ", ");
      }
      case Kind::kProject: {
        const Project& project = node.As<Project>();
        std::string text;
        for (size_t i = 0; i < project.expressions.size(); ++i) {
          text += (i ? ", " : "") + ComputedText(project.expressions[i], node.outputs[i], name_of_);
        }
        return "Project [" + text + "]";
      }
      case Kind::kHashJoin:
        return HashJoinLine(node.As<HashJoin>());
      case Kind::kNestedLoopJoin: {
        const NestedLoopJoin& join = node.As<NestedLoopJoin>();
        std::string text = std::string("NestedLoopJoin ") +
                           logical::kJoinKindNames[static_cast<int>(join.join_kind)];
        if (join.inner_is_left) text += " inner=left";
        if (join.band) {
          text += " band " + Text(join.band->key);
          if (join.band->low) text += " from " + Text(join.band->low);
          if (join.band->high) text += " to " + Text(join.band->high);
        }
        if (join.join_kind == JoinKind::kMark) text += " " + ColumnText(join.mark.id, name_of_);
        if (join.predicate) text += " on " + Text(join.predicate);
        return text;
      }
      case Kind::kHashAggregate: {
        const auto& aggregate = node.As<HashAggregate>();
        return "HashAggregate" +
               (aggregate.key_count == 0 ? "" : " keys=" + std::to_string(aggregate.key_count)) +
               GroupingText(aggregate.groups, aggregate.calls, node.outputs, name_of_);
      }
      case Kind::kSortedAggregate: {
        const auto& aggregate = node.As<SortedAggregate>();
        return "SortedAggregate" +
               GroupingText(aggregate.groups, aggregate.calls, node.outputs, name_of_);
      }
      case Kind::kSort: {
        const Sort& sort = node.As<Sort>();
        return (sort.limit || sort.offset ? "TopN " : "Sort ") + KeysText(sort.keys, name_of_) +
               CountsText(sort.limit, sort.offset, name_of_);
      }
      case Kind::kLimit:
        return "Limit" + CountsText(node.As<Limit>().limit, node.As<Limit>().offset, name_of_);
      case Kind::kAppend:
        return "Append " + OutputsText(node.outputs);
      case Kind::kHashSetOperation: {
        const HashSetOperation& set = node.As<HashSetOperation>();
        static constexpr const char* kNames[] = {"union", "intersect", "except"};
        return std::string("HashSetOperation ") + kNames[static_cast<int>(set.operation)] +
               (set.all ? " all " : " ") + OutputsText(node.outputs);
      }
      case Kind::kMaterialize:
        return "Materialize " + node.As<Materialize>().name + " (" +
               std::to_string(node.As<Materialize>().cte) + ")";
      case Kind::kCteScan:
        return "CteScan " + node.As<CteScan>().name + " (" +
               std::to_string(node.As<CteScan>().cte) + ") " + OutputsText(node.outputs);
      case Kind::kModify: {
        const Modify& modify = node.As<Modify>();
        return ModifyText(modify.write, *modify.relation, modify.source, modify.repeats, name_of_);
      }
      case Kind::kWindow: {
        const Window& window = node.As<Window>();
        return "Window" + WindowText(window.partition, window.order, window.calls, name_of_);
      }
      case Kind::kTableFunction: {
        const TableFunction& function = node.As<TableFunction>();
        return "TableFunction" +
               TableFunctionText(function.calls,
                                 function.with_ordinality ? &function.ordinality : nullptr,
                                 name_of_);
      }
      case Kind::kRecursive: {
        const Recursive& recursive = node.As<Recursive>();
        return "Recursive " + recursive.name + " (" + std::to_string(recursive.working) + ")" +
               (recursive.distinct ? " distinct " : " ") + OutputsText(node.outputs);
      }
    }
    return "";
  }

  std::string ScanLine(const TableScan& scan) const {
    const bool alias = !scan.alias.empty() && scan.alias != scan.relation->name;
    std::string text = scan.index == nullptr ? "TableScan "
                       : scan.index_only     ? "IndexOnlyScan "
                                             : "IndexScan ";
    if (scan.index != nullptr) text += scan.index->name + " on ";
    text +=
        scan.relation->name + (alias ? " AS " + scan.alias : "") + " " + OutputsText(scan.outputs);
    auto bound = [&](const char* name, const KeyBoundExprs& b) {
      if (b.values.empty()) return;
      text += std::string(" ") + name + (b.inclusive ? "(" : " exclusive (") +
              ListText(b.values, name_of_) + ")";
    };
    bound("from", scan.lower);
    bound("to", scan.upper);
    if (!scan.points.empty()) text += " at";
    constexpr size_t kPointsShown = 8;
    for (size_t i = 0; i < scan.points.size() && i < kPointsShown; ++i) {
      text += (i ? ", (" : " (") + ListText(scan.points[i], name_of_) + ")";
    }
    if (scan.points.size() > kPointsShown) {
      text += ", ... " + std::to_string(scan.points.size()) + " in all";
    }
    for (const SkipRangeExprs& skip : scan.skip) {
      text += " skip " + FieldName(scan, skip.field) + " not in [" +
              (skip.min ? Text(skip.min) : "") + ".." + (skip.max ? Text(skip.max) : "") + "]";
    }
    if (scan.key_order) text += scan.reverse ? " in reverse key order" : " in key order";
    const KeyLookup& lookup = scan.lookup;
    if (!lookup.join_keys.empty()) {
      text += " or by the join's keys";
      if (lookup.index != nullptr && lookup.index != scan.index) {
        text += " in " + lookup.index->name;
      }
    }
    return text;
  }

  static std::string FieldName(const TableScan& scan, uint32_t field) {
    const int64_t column = scan.ColumnOf(field);
    return column < 0 ? "row id" : scan.relation->columns[static_cast<size_t>(column)].name;
  }

  std::string HashJoinLine(const HashJoin& join) const {
    std::string text =
        std::string("HashJoin ") + logical::kJoinKindNames[static_cast<int>(join.join_kind)];
    text += join.build_is_left ? " build=left" : " build=right";
    if (join.join_kind == JoinKind::kMark) text += " " + ColumnText(join.mark.id, name_of_);
    if (join.null_aware) text += " null-aware";
    for (size_t i = 0; i < join.build_keys.size(); ++i) {
      text += (i ? ", " : " on ") + Text(join.build_keys[i]) +
              (join.null_equal[i] ? " IS NOT DISTINCT FROM " : " = ") + Text(join.probe_keys[i]);
    }
    if (join.residual) text += " where " + Text(join.residual);
    return text;
  }

  bool with_estimates_;
  Names names_;
  logical::Namer name_of_ = [this](ColumnId id) {
    auto found = names_.find(id.value);
    return found == names_.end() ? std::string() : found->second;
  };
  std::string text_;
};

void Number(Node* node, uint32_t* next) {
  node->id = (*next)++;
  for (const NodePtr& child : node->children) Number(child.get(), next);
}

}  // namespace

int64_t TableScan::ColumnOf(uint32_t field) const {
  if (index_only) {
    const uint32_t column = index->sources[field];
    return column == schema::kRowIdSource ? -1 : static_cast<int64_t>(column);
  }
  const std::vector<uint32_t> live = relation->LiveColumns();
  return field < live.size() ? static_cast<int64_t>(live[field]) : -1;
}

void AssignIds(Node* root) {
  uint32_t next = 0;
  Number(root, &next);
}

std::string Print(const Node& node, bool with_estimates) {
  return Printer(node, with_estimates).Text(node);
}

}  // namespace lathe::physical
