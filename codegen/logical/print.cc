// The printer of logical plans: one operator a line, children indented below it, then the
// subqueries of its expressions.
#include <unordered_map>

#include "codegen/logical/text.h"
#include "codegen/logical/walk.h"

namespace lathe::logical {
namespace {

using Names = std::unordered_map<uint32_t, std::string>;

/// The subqueries of an operator's expressions, in the order of the text.
std::vector<const Node*> SubqueriesOf(const Node& node) {
  std::vector<const Node*> subqueries;
  ForEachExpr(node, [&subqueries](const ExprPtr& root) {
    expr::Visit(*root, [&subqueries](const expr::Expr& e) {
      if (e.kind == expr::Kind::kSubquery) subqueries.push_back(e.subquery.get());
    });
  });
  return subqueries;
}

void CollectNames(const Node& node, Names* names) {
  for (const OutputColumn& column : node.outputs) names->emplace(column.id.value, column.name);
  for (const NodePtr& child : node.children) CollectNames(*child, names);
  for (const Node* subquery : SubqueriesOf(node)) CollectNames(*subquery, names);
}

class Printer {
 public:
  explicit Printer(const Node& root) { CollectNames(root, &names_); }

  std::string Text(const Node& node) {
    Add(node, 0);
    return std::move(text_);
  }

 private:
  void Add(const Node& node, int depth) {
    text_.append(2 * depth, ' ');
    text_ += Line(node) + "\n";
    for (const NodePtr& child : node.children) Add(*child, depth + 1);
    for (const Node* subquery : SubqueriesOf(node)) {
      text_.append(2 * depth + 2, ' ');
      text_ += "subquery:\n";
      Add(*subquery, depth + 2);
    }
  }

  std::string Line(const Node& node) const {
    switch (node.kind) {
      case Kind::kScan: {
        const Scan& scan = node.As<Scan>();
        bool alias = !scan.alias.empty() && scan.alias != scan.relation->name;
        return "Scan " + scan.relation->name + (alias ? " AS " + scan.alias : "") + " " +
               OutputsText(node.outputs);
      }
      case Kind::kValues:
        return "Values" + ValuesText(node.outputs, node.As<Values>().rows, name_of_);
      case Kind::kFilter:
        return "Filter " + expr::Print(*node.As<Filter>().predicate, name_of_);
      case Kind::kProject: {
        const Project& project = node.As<Project>();
        std::string text;
        for (size_t i = 0; i < project.expressions.size() && i < node.outputs.size(); ++i) {
          text += (i ? ", " : "") + ComputedText(project.expressions[i], node.outputs[i], name_of_);
        }
        return "Project [" + text + "]";
      }
      case Kind::kJoin:
        return JoinLine(node.As<Join>());
      case Kind::kAggregate:
        return AggregateLine(node.As<Aggregate>());
      case Kind::kSort:
        return "Sort " + KeysText(node.As<Sort>().keys, name_of_);
      case Kind::kLimit: {
        const Limit& limit = node.As<Limit>();
        std::string text = "Limit";
        if (limit.limit) text += " " + expr::Print(*limit.limit, name_of_);
        return text + CountsText(nullptr, limit.offset, name_of_);
      }
      case Kind::kSetOperation: {
        const SetOperation& set = node.As<SetOperation>();
        static constexpr const char* kNames[] = {"Union", "Intersect", "Except"};
        return std::string(kNames[static_cast<int>(set.operation)]) + (set.all ? " all " : " ") +
               OutputsText(node.outputs);
      }
      case Kind::kWith:
        return "With " + node.As<With>().name + " (" + std::to_string(node.As<With>().cte) + ")";
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

  std::string JoinLine(const Join& join) const {
    std::string text = std::string("Join ") + kJoinKindNames[static_cast<int>(join.join_kind)];
    if (join.dependent) text += " dependent";
    if (join.join_kind == JoinKind::kMark) text += " " + ColumnText(join.mark.id, name_of_);
    return text + " on " + expr::Print(*join.predicate, name_of_);
  }

  std::string AggregateLine(const Aggregate& aggregate) const {
    std::string text =
        "Aggregate" + GroupingText(aggregate.groups, aggregate.calls, aggregate.outputs, name_of_);
    if (aggregate.sets.empty()) return text;
    text += " sets";
    for (const auto& set : aggregate.sets) {
      std::string members;
      for (uint32_t member : set) members += (members.empty() ? "" : ", ") + std::to_string(member);
      text += " (" + members + ")";
    }
    return text + " AS " + aggregate.set_number.name + "#" +
           std::to_string(aggregate.set_number.id.value);
  }

  Names names_;
  Namer name_of_ = [this](ColumnId id) {
    auto found = names_.find(id.value);
    return found == names_.end() ? std::string() : found->second;
  };
  std::string text_;
};

}  // namespace

std::string Print(const Node& node) { return Printer(node).Text(node); }

const OutputColumn* FindOutput(const Node& node, ColumnId id) {
  for (const OutputColumn& column : node.outputs) {
    if (column.id == id) return &column;
  }
  return nullptr;
}

}  // namespace lathe::logical
