// The printer of logical plans: one operator a line, children indented below it, then the
// subqueries of its expressions.
#include <unordered_map>

#include "codegen/logical/logical.h"

namespace lathe::logical {
namespace {

using Names = std::unordered_map<uint32_t, std::string>;

/// Calls visit for every expression that the operator itself holds.
void VisitExpressions(const Node& node, const std::function<void(const expr::Expr&)>& visit) {
  auto one = [&visit](const ExprPtr& e) {
    if (e) visit(*e);
  };
  switch (node.kind) {
    case Kind::kValues:
      for (const auto& row : node.As<Values>().rows) {
        for (const ExprPtr& e : row) one(e);
      }
      break;
    case Kind::kFilter:
      one(node.As<Filter>().predicate);
      break;
    case Kind::kProject:
      for (const ExprPtr& e : node.As<Project>().expressions) one(e);
      break;
    case Kind::kJoin:
      one(node.As<Join>().predicate);
      break;
    case Kind::kAggregate:
      for (const ExprPtr& e : node.As<Aggregate>().groups) one(e);
      for (const AggregateCall& call : node.As<Aggregate>().calls) {
        for (const ExprPtr& e : call.args) one(e);
        one(call.filter);
      }
      break;
    case Kind::kSort:
      for (const SortKey& key : node.As<Sort>().keys) one(key.expression);
      break;
    case Kind::kLimit:
      one(node.As<Limit>().limit);
      one(node.As<Limit>().offset);
      break;
    case Kind::kScan:
    case Kind::kSetOperation:
    case Kind::kWith:
    case Kind::kCteScan:
    case Kind::kModify:
      break;
  }
}

/// The subqueries of an operator's expressions, in the order of the text.
std::vector<const Node*> SubqueriesOf(const Node& node) {
  std::vector<const Node*> subqueries;
  VisitExpressions(node, [&subqueries](const expr::Expr& root) {
    expr::Visit(root, [&subqueries](const expr::Expr& e) {
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
  static constexpr size_t kRowsMax = 8;  // of Values

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

  std::string Name(ColumnId id) const {
    auto found = names_.find(id.value);
    return found == names_.end() ? "" : found->second;
  }
  std::string Column(ColumnId id) const { return Name(id) + "#" + std::to_string(id.value); }
  std::string Text(const ExprPtr& e) const {
    return expr::Print(*e, [this](ColumnId id) { return Name(id); });
  }
  /// "a#1, (a#1 + 1) AS b#2": a computed column with its new name.
  std::string Computed(const ExprPtr& e, const OutputColumn& output) const {
    if (e->kind == expr::Kind::kColumn && e->column == output.id) return Text(e);
    return Text(e) + " AS " + output.name + "#" + std::to_string(output.id.value);
  }
  std::string Outputs(const Node& node) const {
    std::string text;
    for (const OutputColumn& column : node.outputs) {
      text += (text.empty() ? "" : ", ") + column.name + "#" + std::to_string(column.id.value);
    }
    return "[" + text + "]";
  }
  std::string List(const std::vector<ExprPtr>& list) const {
    std::string text;
    for (const ExprPtr& e : list) text += (text.empty() ? "" : ", ") + Text(e);
    return text;
  }

  std::string Line(const Node& node) const {
    switch (node.kind) {
      case Kind::kScan: {
        const Scan& scan = node.As<Scan>();
        bool alias = !scan.alias.empty() && scan.alias != scan.relation->name;
        return "Scan " + scan.relation->name + (alias ? " AS " + scan.alias : "") + " " +
               Outputs(node);
      }
      case Kind::kValues:
        return ValuesLine(node.As<Values>());
      case Kind::kFilter:
        return "Filter " + Text(node.As<Filter>().predicate);
      case Kind::kProject: {
        const Project& project = node.As<Project>();
        std::string text;
        for (size_t i = 0; i < project.expressions.size() && i < node.outputs.size(); ++i) {
          text += (i ? ", " : "") + Computed(project.expressions[i], node.outputs[i]);
        }
        return "Project [" + text + "]";
      }
      case Kind::kJoin:
        return JoinLine(node.As<Join>());
      case Kind::kAggregate:
        return AggregateLine(node.As<Aggregate>());
      case Kind::kSort: {
        std::string text;
        for (const SortKey& key : node.As<Sort>().keys) {
          text += (text.empty() ? "" : ", ") + Text(key.expression);
          if (key.descending) text += " DESC";
          if (key.nulls_first != key.descending) {
            text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
          }
        }
        return "Sort " + text;
      }
      case Kind::kLimit: {
        const Limit& limit = node.As<Limit>();
        std::string text = "Limit";
        if (limit.limit) text += " " + Text(limit.limit);
        if (limit.offset) text += " OFFSET " + Text(limit.offset);
        return text;
      }
      case Kind::kSetOperation: {
        const SetOperation& set = node.As<SetOperation>();
        static constexpr const char* kNames[] = {"Union", "Intersect", "Except"};
        return std::string(kNames[static_cast<int>(set.operation)]) + (set.all ? " all " : " ") +
               Outputs(node);
      }
      case Kind::kWith:
        return "With " + node.As<With>().name + " (" + std::to_string(node.As<With>().cte) + ")";
      case Kind::kCteScan:
        return "CteScan " + node.As<CteScan>().name + " (" +
               std::to_string(node.As<CteScan>().cte) + ") " + Outputs(node);
      case Kind::kModify:
        return ModifyLine(node.As<Modify>());
    }
    return "";
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

  std::string JoinLine(const Join& join) const {
    static constexpr const char* kNames[] = {"inner", "left", "right", "full",
                                             "semi",  "anti", "mark",  "single"};
    std::string text = std::string("Join ") + kNames[static_cast<int>(join.join_kind)];
    if (join.dependent) text += " dependent";
    if (join.join_kind == JoinKind::kMark) text += " " + Column(join.mark.id);
    return text + " on " + Text(join.predicate);
  }

  std::string AggregateLine(const Aggregate& aggregate) const {
    std::string text = "Aggregate";
    for (size_t i = 0; i < aggregate.groups.size() && i < aggregate.outputs.size(); ++i) {
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

  Names names_;
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
