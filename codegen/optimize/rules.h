// The rules of rules.def: each rewrites a logical plan into an equivalent one.
#pragma once

#include "codegen/optimize/optimize.h"

namespace lathe::optimize {

/// What the rules of one statement share.
struct RuleContext {
  const OptimizeContext* options;
  logical::ColumnIds* ids;
  uint32_t next_cte = 0;  // first number that no common table expression of the query has
};

/// A rewrite: replaces *root by an equivalent plan with the same output columns (their order may
/// change below SetOperation's children and Modify, never there).
using Rule = Status (*)(RuleContext* context, logical::NodePtr* root);

#define LATHE_RULE(name, function, required, summary) \
  Status function(RuleContext* context, logical::NodePtr* root);
#include "codegen/optimize/rules.def"
#undef LATHE_RULE

}  // namespace lathe::optimize
