// The verifier of logical plans. It walks the tree with the columns that an operator may use: those
// of its children, and in subqueries and dependent joins those of the outer query. An error is a
// bug of the stage that made the plan.
#include <set>
#include <unordered_map>

#include "codegen/logical/walk.h"

namespace lathe::logical {
namespace {

using Scope = std::unordered_map<uint32_t, types::Type>;  // visible columns

bool Same(const types::Type& a, const types::Type& b) {
  return a.id == b.id && a.element == b.element && a.precision == b.precision && a.scale == b.scale;
}

class Verifier {
 public:
  /// outer: columns of the queries around this one.
  Status Check(const Node& node, const Scope& outer) {
    std::set<uint32_t> ids;
    for (const OutputColumn& column : node.outputs) {
      if (!column.id) return Bug(node, "an output without id");
      if (!ids.insert(column.id.value).second) return Bug(node, "an output id comes twice");
    }
    if (node.children.size() != ChildCount(node)) return Bug(node, "wrong number of children");
    Scope scope = outer;
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (!node.children[i]) return Bug(node, "a child is missing");
      const bool sees_left = i == 1 && node.kind == Kind::kJoin && node.As<Join>().dependent;
      LATHE_TRY(Check(*node.children[i], sees_left ? scope : outer));
      AddOutputs(*node.children[i], &scope);
    }
    return CheckNode(node, scope);
  }

 private:
  static Error Bug(const Node& node, const std::string& what) {
    std::string line = Print(node);
    return MakeError(SqlState::kInternalError,
                     "invalid plan: " + what + " in " + line.substr(0, line.find('\n')));
  }

  static size_t ChildCount(const Node& node) {
    switch (node.kind) {
      case Kind::kScan:
      case Kind::kValues:
      case Kind::kCteScan:
        return 0;
      case Kind::kJoin:
      case Kind::kWith:
      case Kind::kRecursive:
        return 2;
      case Kind::kSetOperation:
        return node.children.size() < 2 ? 2 : node.children.size();
      default:
        return 1;
    }
  }

  static void AddOutputs(const Node& node, Scope* scope) {
    for (const OutputColumn& column : node.outputs) (*scope)[column.id.value] = column.type;
  }

  Status CheckNode(const Node& node, const Scope& scope) {
    switch (node.kind) {
      case Kind::kScan:
        return CheckScan(node.As<Scan>());
      case Kind::kValues:
        return CheckValues(node.As<Values>(), scope);
      case Kind::kFilter:
        LATHE_TRY(CheckPredicate(node, node.As<Filter>().predicate, scope));
        return CheckPassed(node, *node.children[0]);
      case Kind::kProject:
        return CheckProject(node.As<Project>(), scope);
      case Kind::kJoin:
        return CheckJoin(node.As<Join>(), scope);
      case Kind::kAggregate:
        return CheckAggregate(node.As<Aggregate>(), scope);
      case Kind::kSort:
        for (const SortKey& key : node.As<Sort>().keys) {
          LATHE_TRY(CheckExpr(node, key.expression, scope));
        }
        return CheckPassed(node, *node.children[0]);
      case Kind::kLimit:
        for (const ExprPtr* e : {&node.As<Limit>().limit, &node.As<Limit>().offset}) {
          if (!*e) continue;
          LATHE_TRY(CheckExpr(node, *e, scope));
          if ((*e)->type.id != types::TypeId::kInt8) return Bug(node, "a count is not int8");
        }
        return CheckPassed(node, *node.children[0]);
      case Kind::kSetOperation:
      case Kind::kRecursive:
        return CheckPositions(node);
      case Kind::kWith:
        return CheckPassed(node, *node.children[1]);
      case Kind::kCteScan:
        if (node.As<CteScan>().source.size() != node.outputs.size()) {
          return Bug(node, "source and outputs differ in number");
        }
        return Ok();
      case Kind::kModify:
        return CheckModify(node.As<Modify>());
      case Kind::kWindow:
        return CheckWindow(node.As<Window>(), scope);
      case Kind::kTableFunction:
        return CheckTableFunction(node.As<TableFunction>(), scope);
    }
    return Ok();
  }

  /// outputs are those of the child, in order.
  Status CheckPassed(const Node& node, const Node& child) {
    if (node.outputs.size() != child.outputs.size()) return Bug(node, "outputs differ in number");
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].id != child.outputs[i].id ||
          !Same(node.outputs[i].type, child.outputs[i].type)) {
        return Bug(node, "outputs are not the child's");
      }
    }
    return Ok();
  }

  Status CheckScan(const Scan& scan) {
    if (!scan.relation) return MakeError(SqlState::kInternalError, "invalid plan: scan of nothing");
    if (scan.fields.size() != scan.outputs.size()) return Bug(scan, "fields differ in number");
    const row::Layout layout = scan.relation->RowLayout();
    for (size_t i = 0; i < scan.fields.size(); ++i) {
      if (scan.fields[i] >= layout.field_count()) return Bug(scan, "no such field");
      if (!Same(layout.field(scan.fields[i]).type, scan.outputs[i].type)) {
        return Bug(scan, "the type of a field differs");
      }
    }
    return Ok();
  }

  Status CheckValues(const Values& values, const Scope& scope) {
    for (const auto& row : values.rows) {
      if (row.size() != values.outputs.size()) return Bug(values, "a row of another length");
      for (size_t i = 0; i < row.size(); ++i) {
        LATHE_TRY(CheckExpr(values, row[i], scope));
        if (!Same(row[i]->type, values.outputs[i].type))
          return Bug(values, "a value's type differs");
      }
    }
    return Ok();
  }

  Status CheckProject(const Project& project, const Scope& scope) {
    if (project.expressions.size() != project.outputs.size()) {
      return Bug(project, "expressions differ in number");
    }
    for (size_t i = 0; i < project.expressions.size(); ++i) {
      const ExprPtr& e = project.expressions[i];
      LATHE_TRY(CheckExpr(project, e, scope));
      if (!Same(e->type, project.outputs[i].type)) return Bug(project, "an output's type differs");
      // An id that exists below may only be passed through.
      if (FindOutput(*project.children[0], project.outputs[i].id) &&
          !(e->kind == expr::Kind::kColumn && e->column == project.outputs[i].id)) {
        return Bug(project, "a computed column has an old id");
      }
    }
    return Ok();
  }

  Status CheckJoin(const Join& join, const Scope& scope) {
    LATHE_TRY(CheckPredicate(join, join.predicate, scope));
    std::vector<OutputColumn> expected = join.children[0]->outputs;
    const JoinKind kind = join.join_kind;
    if (kind == JoinKind::kMark) {
      expected.push_back(join.mark);
    } else if (kind != JoinKind::kSemi && kind != JoinKind::kAnti) {
      const auto& right = join.children[1]->outputs;
      expected.insert(expected.end(), right.begin(), right.end());
    }
    if (join.outputs.size() != expected.size()) return Bug(join, "outputs differ in number");
    for (size_t i = 0; i < expected.size(); ++i) {
      if (join.outputs[i].id != expected[i].id) return Bug(join, "outputs are not the children's");
    }
    return Ok();
  }

  Status CheckAggregate(const Aggregate& aggregate, const Scope& scope) {
    const size_t groups = aggregate.groups.size();
    const bool sets = !aggregate.sets.empty();
    if (aggregate.outputs.size() != groups + aggregate.calls.size() + (sets ? 1 : 0)) {
      return Bug(aggregate, "outputs differ in number");
    }
    if (sets && aggregate.outputs.back().id != aggregate.set_number.id) {
      return Bug(aggregate, "the set's number is not the last output");
    }
    for (const auto& set : aggregate.sets) {
      for (uint32_t group : set) {
        if (group >= groups) return Bug(aggregate, "a grouping set names no group");
      }
    }
    for (size_t i = 0; i < groups; ++i) {
      LATHE_TRY(CheckExpr(aggregate, aggregate.groups[i], scope));
      if (!Same(aggregate.groups[i]->type, aggregate.outputs[i].type)) {
        return Bug(aggregate, "a group's type differs");
      }
    }
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      const AggregateCall& call = aggregate.calls[i];
      if (!call.function) return MakeError(SqlState::kInternalError, "invalid plan: no aggregate");
      if (call.output.id != aggregate.outputs[groups + i].id) {
        return Bug(aggregate, "a call's output is not listed");
      }
      for (const ExprPtr& e : call.args) LATHE_TRY(CheckExpr(aggregate, e, scope));
      if (call.filter) LATHE_TRY(CheckPredicate(aggregate, call.filter, scope));
      for (const SortKey& key : call.order) {
        LATHE_TRY(CheckExpr(aggregate, key.expression, scope));
      }
    }
    return Ok();
  }

  /// outputs are the child's and then the added ones.
  Status CheckAdded(const Node& node) {
    std::vector<OutputColumn> expected = node.children[0]->outputs;
    ForEachAddedOutput(node, [&](const OutputColumn& column) { expected.push_back(column); });
    if (node.outputs.size() != expected.size()) return Bug(node, "outputs differ in number");
    for (size_t i = 0; i < expected.size(); ++i) {
      if (node.outputs[i].id != expected[i].id || !Same(node.outputs[i].type, expected[i].type)) {
        return Bug(node, "outputs are not the child's and the calls'");
      }
    }
    return Ok();
  }

  Status CheckWindow(const Window& window, const Scope& scope) {
    for (const ExprPtr& e : window.partition) LATHE_TRY(CheckExpr(window, e, scope));
    for (const SortKey& key : window.order) LATHE_TRY(CheckExpr(window, key.expression, scope));
    for (const WindowCall& call : window.calls) {
      if ((call.function == nullptr) == (call.aggregate == nullptr)) {
        return MakeError(SqlState::kInternalError, "invalid plan: a window call of nothing");
      }
      for (const ExprPtr& e : call.args) LATHE_TRY(CheckExpr(window, e, scope));
      if (call.filter) LATHE_TRY(CheckPredicate(window, call.filter, scope));
      for (const FrameBound* bound : {&call.frame.start, &call.frame.end}) {
        const bool wants =
            bound->kind == FrameBoundKind::kPreceding || bound->kind == FrameBoundKind::kFollowing;
        if (wants != (bound->offset != nullptr)) return Bug(window, "a frame without its offset");
        if (bound->offset) LATHE_TRY(CheckExpr(window, bound->offset, scope));
      }
    }
    return CheckAdded(window);
  }

  Status CheckTableFunction(const TableFunction& function, const Scope& scope) {
    for (const TableFunction::Call& call : function.calls) {
      if (!call.function) {
        return MakeError(SqlState::kInternalError, "invalid plan: no set-returning function");
      }
      for (const ExprPtr& e : call.args) LATHE_TRY(CheckExpr(function, e, scope));
    }
    return CheckAdded(function);
  }

  /// outputs come from the children's by position.
  Status CheckPositions(const Node& set) {
    for (const NodePtr& child : set.children) {
      if (child->outputs.size() != set.outputs.size()) return Bug(set, "outputs differ in number");
      for (size_t i = 0; i < set.outputs.size(); ++i) {
        if (!Same(child->outputs[i].type, set.outputs[i].type)) {
          return Bug(set, "an output's type differs");
        }
      }
    }
    return Ok();
  }

  Status CheckModify(const Modify& modify) {
    if (!modify.outputs.empty()) LATHE_TRY(CheckPassed(modify, *modify.children[0]));
    const row::Layout layout = exec::WriteLayout(*modify.relation, modify.write);
    if (modify.source.size() != layout.field_count()) return Bug(modify, "fields differ in number");
    for (size_t i = 0; i < modify.source.size(); ++i) {
      if (!modify.source[i]) {
        const bool row_id = modify.write == exec::WriteKind::kInsert &&
                            modify.relation->has_row_id() && i + 1 == modify.source.size();
        if (!row_id) return Bug(modify, "a field has no source");
        continue;
      }
      const OutputColumn* column = FindOutput(*modify.children[0], modify.source[i]);
      if (!column) return Bug(modify, "a source column is missing below");
      if (!Same(column->type, layout.field(i).type)) return Bug(modify, "a field's type differs");
    }
    return Ok();
  }

  Status CheckPredicate(const Node& node, const ExprPtr& e, const Scope& scope) {
    LATHE_TRY(CheckExpr(node, e, scope));
    if (e->type.id != types::TypeId::kBool) return Bug(node, "a predicate is not boolean");
    return Ok();
  }

  Status CheckExpr(const Node& node, const ExprPtr& e, const Scope& scope) {
    if (!e) return Bug(node, "an expression is missing");
    for (const ExprPtr& child : e->children) LATHE_TRY(CheckExpr(node, child, scope));
    auto bad = [&](const char* what) {
      return Bug(node, std::string(what) + " (" + expr::Print(*e) + ")");
    };
    auto all_of_type = [&](size_t from, const types::Type& type) {
      for (size_t i = from; i < e->children.size(); ++i) {
        if (!Same(e->children[i]->type, type)) return false;
      }
      return true;
    };
    switch (e->kind) {
      case expr::Kind::kConst:
        if (!Same(e->type, e->value.type())) return bad("a constant of another type");
        return Ok();
      case expr::Kind::kParam:
        return Ok();
      case expr::Kind::kColumn: {
        auto found = scope.find(e->column.value);
        if (found == scope.end()) return bad("a column that is not produced below");
        if (!Same(found->second, e->type)) return bad("a column of another type");
        return Ok();
      }
      case expr::Kind::kCall:
        return CheckCall(*e) ? Ok() : Status(bad("wrong arguments"));
      case expr::Kind::kCast:
        if (!e->cast || e->children.size() != 1) return bad("a cast without function or operand");
        if (e->cast->from != e->children[0]->type.id || e->cast->to != e->type.id) {
          return bad("a cast between other types");
        }
        return Ok();
      case expr::Kind::kAnd:
      case expr::Kind::kOr:
        if (e->children.size() < 2 || !all_of_type(0, e->type)) return bad("wrong operands");
        return Ok();
      case expr::Kind::kNot:
        return e->children.size() == 1 ? Ok() : Status(bad("wrong operands"));
      case expr::Kind::kIsNull:
      case expr::Kind::kIsNotNull:
      case expr::Kind::kIsTrue:
      case expr::Kind::kIsFalse:
        return e->children.size() == 1 ? Ok() : Status(bad("wrong operands"));
      case expr::Kind::kIsDistinct:
        return e->function && e->children.size() == 2 ? Ok() : Status(bad("wrong operands"));
      case expr::Kind::kCase:
        return CheckCase(*e) ? Ok() : Status(bad("branches of another type"));
      case expr::Kind::kCoalesce:
        return all_of_type(0, e->type) ? Ok() : Status(bad("operands of another type"));
      case expr::Kind::kGreatest:
      case expr::Kind::kLeast:
        return e->function && all_of_type(0, e->type) ? Ok() : Status(bad("wrong operands"));
      case expr::Kind::kInList:
        if (!e->function || e->children.empty() || !all_of_type(1, e->children[0]->type)) {
          return bad("items of another type");
        }
        return Ok();
      case expr::Kind::kAnyArray:
        return e->function && e->children.size() == 2 ? Ok() : Status(bad("wrong operands"));
      case expr::Kind::kSubquery:
        if (!e->subquery) return bad("a subquery without plan");
        return Check(*e->subquery, scope);
    }
    return Ok();
  }

  static bool CheckCall(const expr::Expr& e) {
    if (!e.function) return false;
    const size_t declared = e.function->args.size();
    if (e.function->variadic) return e.children.size() + 1 >= declared;
    return e.children.size() == declared;
  }

  static bool CheckCase(const expr::Expr& e) {
    if (e.children.size() % 2 == 0) return false;
    for (size_t i = 0; i + 1 < e.children.size(); i += 2) {
      if (e.children[i]->type.id != types::TypeId::kBool) return false;
      if (!Same(e.children[i + 1]->type, e.type)) return false;
    }
    return Same(e.children.back()->type, e.type);
  }
};

}  // namespace

Status Verify(const Node& node) { return Verifier().Check(node, {}); }

}  // namespace lathe::logical
