// The order of things: the rules of rules.def one after the other, then the choice of algorithms.
#include "codegen/optimize/optimize.h"

#include "codegen/optimize/choose.h"
#include "codegen/optimize/rules.h"
#include "codegen/optimize/sensitivity.h"
#include "runtime/base/clock.h"

namespace lathe::optimize {
namespace {

struct RuleEntry {
  std::string_view name;
  Rule rule;
  bool required;
  std::string_view summary;
};

constexpr RuleEntry kRules[] = {
#define LATHE_RULE(name, function, required, summary) {#name, function, required, summary},
#include "codegen/optimize/rules.def"
#undef LATHE_RULE
};

/// Numbers of common table expressions that the optimizer adds begin after the binder's.
uint32_t FirstFreeCte(Node& root) {
  uint32_t next = 0;
  ForEachNode(root, [&next](Node& node) {
    if (node.kind == logical::Kind::kWith) next = std::max(next, node.As<logical::With>().cte + 1);
    if (node.kind == logical::Kind::kRecursive) {
      next = std::max(next, node.As<logical::Recursive>().working + 1);
    }
    ForEachExpr(node, [&next](ExprPtr& e) {
      if (!HasSubquery(*e)) return;
      expr::Visit(*e, [&next](const Expr& part) {
        if (part.kind == expr::Kind::kSubquery) next = std::max(next, FirstFreeCte(*part.subquery));
      });
    });
  });
  return next;
}

/// Each relation that the plan reads or writes, once.
std::vector<physical::Dependency> DependenciesOf(const physical::Node& root) {
  std::vector<physical::Dependency> dependencies;
  auto add = [&dependencies](const schema::RelationDescriptor& relation) {
    for (const physical::Dependency& d : dependencies) {
      if (d.relation == relation.id) return;
    }
    dependencies.push_back({relation.id, relation.version});
  };
  std::vector<const physical::Node*> todo = {&root};
  while (!todo.empty()) {
    const physical::Node* node = todo.back();
    todo.pop_back();
    if (node->kind == physical::Kind::kTableScan) add(*node->As<physical::TableScan>().relation);
    if (node->kind == physical::Kind::kModify) add(*node->As<physical::Modify>().relation);
    for (const physical::NodePtr& child : node->children) todo.push_back(child.get());
  }
  return dependencies;
}

uint64_t Now() { return static_cast<uint64_t>(base::Clock::System()->MonotonicNanos()); }

/// Runs one rule, with the trace and, in debug builds, the verifier.
Status RunRule(const RuleEntry& entry, RuleContext* context, NodePtr* root) {
  const bool traced = static_cast<bool>(context->options->trace);
  const uint64_t start = traced ? Now() : 0;
  LATHE_TRY(entry.rule(context, root));
  if (traced) {
    const uint64_t ns = Now() - start;
    context->options->trace(entry.name, logical::Print(**root), ns);
  }
#ifdef LATHE_DEBUG_CHECKS
  constexpr bool kAlways = true;
#else
  constexpr bool kAlways = false;
#endif
  if (!kAlways && !context->options->verify) return Ok();
  if (Status valid = logical::Verify(**root); !valid.ok()) {
    Error error = valid.error();
    error.message += " (after " + std::string(entry.name) + ")";
    return error;
  }
  return Ok();
}

/// What algorithms exist for: no subquery in an expression, no dependent join.
Status CheckUnnested(Node& root) {
  Status status;
  ForEachNode(root, [&status](Node& node) {
    if (node.kind == logical::Kind::kJoin && node.As<logical::Join>().dependent) {
      status = NotSupported("a correlated subquery in this place");
    }
    if (node.kind == logical::Kind::kValues) return;
    ForEachExpr(node, [&status](ExprPtr& e) {
      if (HasSubquery(*e)) status = NotSupported("a subquery in this place");
    });
  });
  return status;
}

/// Levels of operators that all walks of plans bear.
constexpr int kLevelsMax = 2000;

/// Whether the plan with its subqueries has more levels than these.
bool IsDeeper(const Node& node, int levels) {
  if (levels == 0) return true;
  bool deeper = false;
  for (const NodePtr& child : node.children) deeper = deeper || IsDeeper(*child, levels - 1);
  ForEachExpr(const_cast<Node&>(node), [&](ExprPtr& e) {
    if (deeper || !HasSubquery(*e)) return;
    expr::Visit(*e, [&](const Expr& part) {
      if (part.subquery != nullptr) deeper = deeper || IsDeeper(*part.subquery, levels - 1);
    });
  });
  return deeper;
}

}  // namespace

/// The choice of access paths (choose.cc) looks whether it is switched off.
Status UseIndexes(RuleContext*, NodePtr*) { return Ok(); }
Status UseBands(RuleContext*, NodePtr*) { return Ok(); }
Status UseKeyFilters(RuleContext*, NodePtr*) { return Ok(); }

Result<physical::Plan> Optimize(logical::Query query, const OptimizeContext& context,
                                Sensitivity* sensitivity) {
  if (IsDeeper(*query.root, kLevelsMax)) {
    Error error = MakeError(SqlState::kStatementTooComplex, "stack depth limit exceeded");
    error.hint = "The statement has more than " + std::to_string(kLevelsMax) +
                 " joins, subqueries and other operators on top of each other.";
    return error;
  }
  const std::vector<OutputColumn> outputs = query.root->outputs;
  RuleContext rules{&context, &query.ids, FirstFreeCte(*query.root)};
  for (const RuleEntry& entry : kRules) {
    if (!entry.required && context.disabled_rules.count(entry.name)) continue;
    LATHE_TRY(RunRule(entry, &rules, &query.root));
  }
  LATHE_TRY(CheckUnnested(*query.root));
  if (sensitivity != nullptr && !query.params.empty()) {
    Estimator estimator(context);
    estimator.Rows(*query.root);
    sensitivity->Collect(*query.root, &estimator);
  }
  const bool traced = static_cast<bool>(context.trace);
  const uint64_t start = traced ? Now() : 0;
  physical::Plan plan;
  LATHE_ASSIGN(plan.root, ChoosePhysical(query.root, outputs, context, &query.ids));
  physical::AssignIds(plan.root.get());
  plan.result_names = std::move(query.result_names);
  plan.params = std::move(query.params);
  plan.dependencies = DependenciesOf(*plan.root);
  if (traced) {
    const uint64_t ns = Now() - start;
    context.trace("physical", physical::Print(*plan.root), ns);
  }
  return plan;
}

std::vector<RuleName> Rules() {
  std::vector<RuleName> names;
  for (const RuleEntry& entry : kRules)
    names.push_back({entry.name, entry.summary, entry.required});
  return names;
}

}  // namespace lathe::optimize
