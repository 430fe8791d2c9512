// Walking a logical plan: the expressions of one operator, the operators of a tree. The one place
// that knows which operator holds which expressions; verifier, printer, binder and optimizer use
// it.
#pragma once

#include "codegen/logical/logical.h"

namespace lathe::logical {

/// Calls f(ExprPtr&) for every expression that the operator itself holds (null ones left out), in
/// the order of the text. node may be const: then f gets const ExprPtr&.
template <class NodeT, class F>
void ForEachExpr(NodeT& node, F&& f) {
  auto one = [&f](auto& e) {
    if (e) f(e);
  };
  auto all = [&f](auto& list) {
    for (auto& e : list) {
      if (e) f(e);
    }
  };
  auto keys = [&f](auto& list) {
    for (auto& key : list) f(key.expression);
  };
  switch (node.kind) {
    case Kind::kValues:
      for (auto& row : node.template As<Values>().rows) all(row);
      break;
    case Kind::kFilter:
      one(node.template As<Filter>().predicate);
      break;
    case Kind::kProject:
      all(node.template As<Project>().expressions);
      break;
    case Kind::kJoin:
      one(node.template As<Join>().predicate);
      break;
    case Kind::kAggregate:
      all(node.template As<Aggregate>().groups);
      for (auto& call : node.template As<Aggregate>().calls) {
        all(call.args);
        one(call.filter);
        keys(call.order);
      }
      break;
    case Kind::kSort:
      keys(node.template As<Sort>().keys);
      break;
    case Kind::kLimit:
      one(node.template As<Limit>().limit);
      one(node.template As<Limit>().offset);
      break;
    case Kind::kWindow:
      all(node.template As<Window>().partition);
      keys(node.template As<Window>().order);
      for (auto& call : node.template As<Window>().calls) {
        all(call.args);
        one(call.filter);
        one(call.frame.start.offset);
        one(call.frame.end.offset);
      }
      break;
    case Kind::kTableFunction:
      for (auto& call : node.template As<TableFunction>().calls) all(call.args);
      break;
    case Kind::kScan:
    case Kind::kSetOperation:
    case Kind::kWith:
    case Kind::kCteScan:
    case Kind::kModify:
    case Kind::kRecursive:
      break;
  }
}

/// Calls f(Node&) for the node and everything below it, parents first; not for subqueries of
/// expressions.
template <class NodeT, class F>
void ForEachNode(NodeT& node, F&& f) {
  f(node);
  for (auto& child : node.children) ForEachNode(static_cast<NodeT&>(*child), f);
}

/// The outputs that an operator adds to those that it passes on: calls of an Aggregate or Window,
/// columns of a TableFunction. f(OutputColumn&).
template <class NodeT, class F>
void ForEachAddedOutput(NodeT& node, F&& f) {
  switch (node.kind) {
    case Kind::kJoin:
      if (node.template As<Join>().join_kind == JoinKind::kMark) f(node.template As<Join>().mark);
      break;
    case Kind::kAggregate:
      for (auto& call : node.template As<Aggregate>().calls) f(call.output);
      if (!node.template As<Aggregate>().sets.empty()) f(node.template As<Aggregate>().set_number);
      break;
    case Kind::kWindow:
      for (auto& call : node.template As<Window>().calls) f(call.output);
      break;
    case Kind::kTableFunction: {
      auto& function = node.template As<TableFunction>();
      for (auto& call : function.calls) {
        for (auto& column : call.outputs) f(column);
      }
      if (function.with_ordinality) f(function.ordinality);
      break;
    }
    default:
      break;
  }
}

/// A deep copy of the operator alone, its subqueries shared, without children and outputs.
NodePtr CloneOperator(const Node& node);

}  // namespace lathe::logical
