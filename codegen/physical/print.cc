// The printer of physical plans: one operator a line with its algorithm and estimated rows,
// children indented below it.
#include <cmath>
#include <unordered_map>

#include "codegen/physical/physical.h"

namespace lathe::physical {
namespace {

using Names = std::unordered_map<uint32_t, std::string>;

void CollectNames(const Node& node, Names* names) {
  for (const OutputColumn& column : node.outputs) names->emplace(column.id.value, column.name);
  for (const NodePtr& child : node.children) CollectNames(*child, names);
}

constexpr const char* kJoinNames[] = {"inner", "left", "right", "full",
                                      "semi",  "anti", "mark",  "single"};

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
  static constexpr size_t kRowsMax = 8;  // of Values

  void Add(const Node& node, int depth) {
    text_.append(2 * depth, ' ');
    text_ += Line(node);
    if (with_estimates_) text_ += " (rows=" + Rows(node.estimated_rows) + ")";
    text_ += "\n";
    for (const NodePtr& child : node.children) Add(*child, depth + 1);
  }

  std::string Column(ColumnId id) const {
    auto found = names_.find(id.value);
    return (found == names_.end() ? "" : found->second) + "#" + std::to_string(id.value);
  }
  std::string Text(const ExprPtr& e) const {
    return expr::Print(*e, [this](ColumnId id) {
      auto found = names_.find(id.value);
      return found == names_.end() ? std::string() : found->second;
    });
  }
  std::string List(const std::vector<ExprPtr>& list, const char* separator = ", ") const {
    std::string text;
    for (const ExprPtr& e : list) text += (text.empty() ? "" : separator) + Text(e);
    return text;
  }
  std::string Outputs(const Node& node) const {
    std::string text;
    for (const OutputColumn& column : node.outputs) {
      text += (text.empty() ? "" : ", ") + column.name + "#" + std::to_string(column.id.value);
    }
    return "[" + text + "]";
  }
  std::string Computed(const ExprPtr& e, const OutputColumn& output) const {
    if (e->kind == expr::Kind::kColumn && e->column == output.id) return Text(e);
    return Text(e) + " AS " + output.name + "#" + std::to_string(output.id.value);
  }

  std::string Line(const Node& node) const {
    switch (node.kind) {
      case Kind::kTableScan:
        return ScanLine(node.As<TableScan>());
      case Kind::kValues:
        return ValuesLine(node.As<Values>());
      case Kind::kFilter:
        return "Filter " + List(node.As<Filter>().conjuncts, " AND ");
      case Kind::kProject: {
        const Project& project = node.As<Project>();
        std::string text;
        for (size_t i = 0; i < project.expressions.size(); ++i) {
          text += (i ? ", " : "") + Computed(project.expressions[i], node.outputs[i]);
        }
        return "Project [" + text + "]";
      }
      case Kind::kHashJoin:
        return HashJoinLine(node.As<HashJoin>());
      case Kind::kNestedLoopJoin: {
        const NestedLoopJoin& join = node.As<NestedLoopJoin>();
        std::string text =
            std::string("NestedLoopJoin ") + kJoinNames[static_cast<int>(join.join_kind)];
        if (join.inner_is_left) text += " inner=left";
        if (join.join_kind == JoinKind::kMark) text += " " + Column(join.mark.id);
        if (join.predicate) text += " on " + Text(join.predicate);
        return text;
      }
      case Kind::kHashAggregate:
        return AggregateLine(node.As<HashAggregate>());
      case Kind::kSort: {
        const Sort& sort = node.As<Sort>();
        return (sort.limit || sort.offset ? "TopN " : "Sort ") + Keys(sort.keys) +
               Counts(sort.limit, sort.offset);
      }
      case Kind::kLimit:
        return "Limit" + Counts(node.As<Limit>().limit, node.As<Limit>().offset);
      case Kind::kAppend:
        return "Append " + Outputs(node);
      case Kind::kHashSetOperation: {
        const HashSetOperation& set = node.As<HashSetOperation>();
        static constexpr const char* kNames[] = {"union", "intersect", "except"};
        return std::string("HashSetOperation ") + kNames[static_cast<int>(set.operation)] +
               (set.all ? " all " : " ") + Outputs(node);
      }
      case Kind::kMaterialize:
        return "Materialize " + node.As<Materialize>().name + " (" +
               std::to_string(node.As<Materialize>().cte) + ")";
      case Kind::kCteScan:
        return "CteScan " + node.As<CteScan>().name + " (" +
               std::to_string(node.As<CteScan>().cte) + ") " + Outputs(node);
      case Kind::kModify:
        return ModifyLine(node.As<Modify>());
    }
    return "";
  }

  std::string Counts(const ExprPtr& limit, const ExprPtr& offset) const {
    std::string text;
    if (limit) text += " LIMIT " + Text(limit);
    if (offset) text += " OFFSET " + Text(offset);
    return text;
  }

  std::string Keys(const std::vector<SortKey>& keys) const {
    std::string text;
    for (const SortKey& key : keys) {
      text += (text.empty() ? "" : ", ") + Text(key.expression);
      if (key.descending) text += " DESC";
      if (key.nulls_first != key.descending) {
        text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
      }
    }
    return text;
  }

  std::string ScanLine(const TableScan& scan) const {
    const bool alias = !scan.alias.empty() && scan.alias != scan.relation->name;
    std::string text = "TableScan " + scan.relation->name + (alias ? " AS " + scan.alias : "") +
                       " " + Outputs(scan);
    auto bound = [&](const char* name, const KeyBoundExprs& b) {
      if (b.values.empty()) return;
      text += std::string(" ") + name + (b.inclusive ? "(" : " exclusive (") + List(b.values) + ")";
    };
    bound("from", scan.lower);
    bound("to", scan.upper);
    for (const SkipRangeExprs& skip : scan.skip) {
      text += " skip " + FieldName(scan, skip.field) + " not in [" +
              (skip.min ? Text(skip.min) : "") + ".." + (skip.max ? Text(skip.max) : "") + "]";
    }
    if (scan.key_order) text += " in key order";
    return text;
  }

  static std::string FieldName(const TableScan& scan, uint32_t field) {
    const std::vector<uint32_t> live = scan.relation->LiveColumns();
    return field < live.size() ? scan.relation->columns[live[field]].name : "row id";
  }

  std::string ValuesLine(const Values& values) const {
    std::string text = "Values " + Outputs(values);
    for (size_t i = 0; i < values.rows.size(); ++i) {
      if (i == kRowsMax) {
        return text + ", ... " + std::to_string(values.rows.size() - kRowsMax) + " more";
      }
      text += (i ? ", (" : " (") + List(values.rows[i]) + ")";
    }
    return text;
  }

  std::string HashJoinLine(const HashJoin& join) const {
    std::string text = std::string("HashJoin ") + kJoinNames[static_cast<int>(join.join_kind)];
    text += join.build_is_left ? " build=left" : " build=right";
    if (join.join_kind == JoinKind::kMark) text += " " + Column(join.mark.id);
    if (join.null_aware) text += " null-aware";
    for (size_t i = 0; i < join.build_keys.size(); ++i) {
      text += (i ? ", " : " on ") + Text(join.build_keys[i]) +
              (join.null_equal[i] ? " IS NOT DISTINCT FROM " : " = ") + Text(join.probe_keys[i]);
    }
    if (join.residual) text += " where " + Text(join.residual);
    return text;
  }

  std::string AggregateLine(const HashAggregate& aggregate) const {
    std::string text = "HashAggregate";
    for (size_t i = 0; i < aggregate.groups.size(); ++i) {
      text += (i ? ", " : " by ") + Computed(aggregate.groups[i], aggregate.outputs[i]);
    }
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      const AggregateCall& call = aggregate.calls[i];
      text += (i ? ", " : " compute ") + std::string(call.function->name) + "(";
      if (call.distinct) text += "DISTINCT ";
      text += call.function->kind == func::AggregateKind::kCountStar ? "*" : List(call.args);
      text += ")";
      if (call.filter) text += " FILTER " + Text(call.filter);
      text += " AS " + call.output.name + "#" + std::to_string(call.output.id.value);
    }
    return text;
  }

  std::string ModifyLine(const Modify& modify) const {
    static constexpr const char* kNames[] = {"Insert into ", "Update ", "Delete from "};
    std::string text = kNames[static_cast<int>(modify.write)] + modify.relation->name + " [";
    for (size_t i = 0; i < modify.source.size(); ++i) {
      text += (i ? ", " : "") + (modify.source[i] ? Column(modify.source[i]) : std::string("none"));
    }
    return text + "]";
  }

  bool with_estimates_;
  Names names_;
  std::string text_;
};

void Number(Node* node, uint32_t* next) {
  node->id = (*next)++;
  for (const NodePtr& child : node->children) Number(child.get(), next);
}

}  // namespace

void AssignIds(Node* root) {
  uint32_t next = 0;
  Number(root, &next);
}

std::string Print(const Node& node, bool with_estimates) {
  return Printer(node, with_estimates).Text(node);
}

}  // namespace lathe::physical
