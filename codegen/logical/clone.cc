// Copies of operators. Expressions are cloned with their subqueries shared.
#include "codegen/logical/walk.h"

namespace lathe::logical {
namespace {

ExprPtr Copy(const ExprPtr& e) { return e ? e->Clone() : nullptr; }

std::vector<ExprPtr> Copy(const std::vector<ExprPtr>& list) {
  std::vector<ExprPtr> copy;
  copy.reserve(list.size());
  for (const ExprPtr& e : list) copy.push_back(Copy(e));
  return copy;
}

std::vector<SortKey> Copy(const std::vector<SortKey>& list) {
  std::vector<SortKey> copy;
  for (const SortKey& key : list) {
    copy.push_back({Copy(key.expression), key.descending, key.nulls_first});
  }
  return copy;
}

AggregateCall Copy(const AggregateCall& call) {
  AggregateCall copy;
  copy.output = call.output;
  copy.function = call.function;
  copy.args = Copy(call.args);
  copy.distinct = call.distinct;
  copy.filter = Copy(call.filter);
  copy.order = Copy(call.order);
  return copy;
}

WindowCall Copy(const WindowCall& call) {
  WindowCall copy;
  copy.output = call.output;
  copy.function = call.function;
  copy.aggregate = call.aggregate;
  copy.args = Copy(call.args);
  copy.filter = Copy(call.filter);
  const Frame& frame = call.frame;
  copy.frame.mode = frame.mode;
  copy.frame.start = {frame.start.kind, Copy(frame.start.offset)};
  copy.frame.end = {frame.end.kind, Copy(frame.end.offset)};
  copy.frame.exclusion = frame.exclusion;
  copy.frame.range_minus = frame.range_minus;
  copy.frame.range_plus = frame.range_plus;
  return copy;
}

}  // namespace

NodePtr CloneOperator(const Node& node) {
  switch (node.kind) {
    case Kind::kScan: {
      const auto& from = node.As<Scan>();
      auto copy = std::make_shared<Scan>();
      copy->relation = from.relation;
      copy->alias = from.alias;
      copy->fields = from.fields;
      return copy;
    }
    case Kind::kValues: {
      auto copy = std::make_shared<Values>();
      for (const auto& row : node.As<Values>().rows) copy->rows.push_back(Copy(row));
      return copy;
    }
    case Kind::kFilter: {
      auto copy = std::make_shared<Filter>();
      copy->predicate = Copy(node.As<Filter>().predicate);
      return copy;
    }
    case Kind::kProject: {
      auto copy = std::make_shared<Project>();
      copy->expressions = Copy(node.As<Project>().expressions);
      return copy;
    }
    case Kind::kJoin: {
      const auto& from = node.As<Join>();
      auto copy = std::make_shared<Join>();
      copy->join_kind = from.join_kind;
      copy->predicate = Copy(from.predicate);
      copy->mark = from.mark;
      copy->dependent = from.dependent;
      return copy;
    }
    case Kind::kAggregate: {
      const auto& from = node.As<Aggregate>();
      auto copy = std::make_shared<Aggregate>();
      copy->groups = Copy(from.groups);
      for (const AggregateCall& call : from.calls) copy->calls.push_back(Copy(call));
      copy->sets = from.sets;
      copy->set_number = from.set_number;
      return copy;
    }
    case Kind::kSort: {
      auto copy = std::make_shared<Sort>();
      copy->keys = Copy(node.As<Sort>().keys);
      return copy;
    }
    case Kind::kLimit: {
      auto copy = std::make_shared<Limit>();
      copy->limit = Copy(node.As<Limit>().limit);
      copy->offset = Copy(node.As<Limit>().offset);
      return copy;
    }
    case Kind::kSetOperation: {
      auto copy = std::make_shared<SetOperation>();
      copy->operation = node.As<SetOperation>().operation;
      copy->all = node.As<SetOperation>().all;
      return copy;
    }
    case Kind::kWith: {
      auto copy = std::make_shared<With>();
      copy->cte = node.As<With>().cte;
      copy->name = node.As<With>().name;
      return copy;
    }
    case Kind::kCteScan: {
      const auto& from = node.As<CteScan>();
      auto copy = std::make_shared<CteScan>();
      copy->cte = from.cte;
      copy->source = from.source;
      copy->name = from.name;
      return copy;
    }
    case Kind::kModify: {
      const auto& from = node.As<Modify>();
      auto copy = std::make_shared<Modify>();
      copy->write = from.write;
      copy->relation = from.relation;
      copy->source = from.source;
      copy->repeats = from.repeats;
      copy->counts = from.counts;
      return copy;
    }
    case Kind::kWindow: {
      const auto& from = node.As<Window>();
      auto copy = std::make_shared<Window>();
      copy->partition = Copy(from.partition);
      copy->order = Copy(from.order);
      for (const WindowCall& call : from.calls) copy->calls.push_back(Copy(call));
      return copy;
    }
    case Kind::kTableFunction: {
      const auto& from = node.As<TableFunction>();
      auto copy = std::make_shared<TableFunction>();
      for (const TableFunction::Call& call : from.calls) {
        copy->calls.push_back({call.function, Copy(call.args), call.outputs});
      }
      copy->with_ordinality = from.with_ordinality;
      copy->ordinality = from.ordinality;
      return copy;
    }
    case Kind::kRecursive: {
      const auto& from = node.As<Recursive>();
      auto copy = std::make_shared<Recursive>();
      copy->working = from.working;
      copy->name = from.name;
      copy->distinct = from.distinct;
      return copy;
    }
  }
  LATHE_UNREACHABLE("kind of node");
}

}  // namespace lathe::logical
