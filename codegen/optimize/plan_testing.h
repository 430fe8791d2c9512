// For tests: small plans by hand, and slow and obvious interpreters of logical and physical plans
// over rows in memory, so that a plan can be compared with what became of it.
#pragma once

#include <algorithm>
#include <map>
#include <random>

#include "codegen/expr/evaluate.h"
#include "codegen/optimize/optimize.h"
#include "codegen/optimize/tree.h"
#include "runtime/base/arena.h"
#include "runtime/func/compare.h"

namespace lathe::optimize::testing {

using types::Type;
using types::TypeId;
using types::Value;

/// Tables with statistics and rows.
class TestCatalog : public schema::CatalogReader {
 public:
  struct Table {
    schema::RelationPtr relation;
    std::shared_ptr<schema::RelationStats> stats;
    std::vector<std::vector<Value>> rows;
  };

  /// An index over columns of a table, which must have been added with a primary key.
  void AddIndex(const std::string& table, const std::string& name,
                const std::vector<schema::KeyColumn>& columns, bool unique = false) {
    auto relation =
        std::const_pointer_cast<schema::RelationDescriptor>(tables_[names_[table]].relation);
    auto index = std::make_shared<schema::RelationDescriptor>();
    index->id = RelationId(static_cast<uint32_t>(30000 + tables_.size()));
    index->name = name;
    index->kind = schema::RelationKind::kIndex;
    index->table = relation->id;
    index->unique = unique;
    index->key_columns = static_cast<uint32_t>(columns.size());
    auto add = [&](schema::KeyColumn part, bool in_key) {
      for (uint32_t source : index->sources) {
        if (source == part.column) return;
      }
      index->sources.push_back(part.column);
      index->columns.push_back(relation->columns[part.column]);
      part.column = static_cast<uint32_t>(index->columns.size() - 1);
      if (in_key) index->key.push_back(part);
    };
    for (const schema::KeyColumn& column : columns) add(column, true);
    for (const schema::KeyColumn& column : relation->key) add(column, !unique);
    index->first_tie = static_cast<uint32_t>(index->columns.size());
    relation->indexes.push_back(index->id);
    tables_[index->id.value] = {index, std::make_shared<schema::RelationStats>(), {}};
  }

  schema::RelationPtr Add(const std::string& name,
                          std::vector<std::pair<std::string, Type>> columns,
                          const std::vector<uint32_t>& key, double rows) {
    auto relation = std::make_shared<schema::RelationDescriptor>();
    relation->id = RelationId(static_cast<uint32_t>(20000 + tables_.size()));
    relation->name = name;
    for (uint32_t i = 0; i < columns.size(); ++i) {
      schema::Column column;
      column.number = ColumnNumber(static_cast<uint16_t>(i + 1));
      column.name = columns[i].first;
      column.type = columns[i].second;
      relation->columns.push_back(column);
    }
    for (uint32_t k : key) {
      relation->key.push_back({k});
      relation->columns[k].not_null = true;
    }
    relation->unique = !key.empty();
    auto stats = std::make_shared<schema::RelationStats>();
    stats->row_count = rows;
    stats->columns.resize(columns.size());
    tables_[relation->id.value] = {relation, stats, {}};
    names_[name] = relation->id.value;
    return relation;
  }
  Table& table(const std::string& name) { return tables_.at(names_.at(name)); }
  Table& table(RelationId id) { return tables_.at(id.value); }
  void SetDistinct(const std::string& name, const std::string& column, double distinct) {
    Table& t = table(name);
    t.stats->columns[t.relation->FindColumn(column)].distinct_count = distinct;
  }
  void SetRange(const std::string& name, const std::string& column, Value min, Value max) {
    Table& t = table(name);
    schema::ColumnStats& stats = t.stats->columns[t.relation->FindColumn(column)];
    stats.min = std::move(min);
    stats.max = std::move(max);
  }

  std::shared_ptr<const schema::SchemaDescriptor> FindSchema(std::string_view) override {
    return {};
  }
  std::shared_ptr<const schema::SchemaDescriptor> GetSchema(SchemaId) override { return {}; }
  schema::RelationPtr FindRelation(SchemaId, std::string_view) override { return {}; }
  schema::RelationPtr GetRelation(RelationId id) override {
    auto found = tables_.find(id.value);
    return found == tables_.end() ? nullptr : found->second.relation;
  }
  std::vector<std::shared_ptr<const schema::SchemaDescriptor>> Schemas() override { return {}; }
  std::vector<schema::RelationPtr> Relations() override { return {}; }
  std::shared_ptr<const schema::RelationStats> GetStats(RelationId id) override {
    return tables_.at(id.value).stats;
  }

 private:
  std::map<uint32_t, Table> tables_;
  std::map<std::string, uint32_t> names_;
};

/// Makes plans. Expressions are over int4 where nothing else is said.
class Builder {
 public:
  explicit Builder(logical::ColumnIds* ids) : ids_(ids) {}

  OutputColumn Column(const std::string& name, Type type, bool nullable = true) {
    return {ids_->Next(), name, type, nullable};
  }
  NodePtr Scan(const schema::RelationPtr& relation, const std::string& alias = "") {
    auto scan = std::make_shared<logical::Scan>();
    scan->relation = relation;
    scan->alias = alias.empty() ? relation->name : alias;
    for (uint32_t i = 0; i < relation->columns.size(); ++i) {
      scan->fields.push_back(i);
      const schema::Column& c = relation->columns[i];
      scan->outputs.push_back(Column(c.name, c.type, !c.not_null));
    }
    return scan;
  }
  NodePtr Filter(NodePtr child, ExprPtr predicate) {
    auto filter = std::make_shared<logical::Filter>();
    filter->outputs = child->outputs;
    filter->predicate = std::move(predicate);
    filter->children = {std::move(child)};
    return filter;
  }
  NodePtr Join(logical::JoinKind kind, NodePtr left, NodePtr right, ExprPtr predicate,
               bool dependent = false) {
    NodePtr join = MakeJoin(kind, std::move(left), std::move(right), std::move(predicate));
    join->As<logical::Join>().dependent = dependent;
    return join;
  }
  NodePtr Project(NodePtr child, std::vector<std::pair<std::string, ExprPtr>> list) {
    auto project = std::make_shared<logical::Project>();
    for (auto& [name, e] : list) {
      const bool passed = e->kind == expr::Kind::kColumn && name.empty();
      OutputColumn column = Column(name, e->type);
      if (passed) column = *logical::FindOutput(*child, e->column);
      project->outputs.push_back(column);
      project->expressions.push_back(std::move(e));
    }
    project->children = {std::move(child)};
    return project;
  }
  /// One column passed through.
  NodePtr Only(NodePtr child, ExprPtr column) {
    std::vector<std::pair<std::string, ExprPtr>> list;
    list.emplace_back("", std::move(column));
    return Project(std::move(child), std::move(list));
  }
  NodePtr CountRows(NodePtr child) {
    std::vector<std::pair<std::string, ExprPtr>> calls;
    calls.emplace_back("count", nullptr);
    return Aggregate(std::move(child), {}, std::move(calls));
  }
  NodePtr Aggregate(NodePtr child, std::vector<ExprPtr> groups,
                    std::vector<std::pair<std::string, ExprPtr>> calls) {
    auto aggregate = std::make_shared<logical::Aggregate>();
    for (ExprPtr& e : groups) {
      aggregate->outputs.push_back(Column("g", e->type));
      aggregate->groups.push_back(std::move(e));
    }
    for (auto& [name, e] : calls) {
      logical::AggregateCall call;
      for (const func::Aggregate* f : func::AggregatesNamed(name)) {
        const bool fits =
            e ? f->args.size() == 1 && (f->args[0].id == e->type.id || name == "count")
              : f->args.empty();
        if (fits) call.function = f;
      }
      LATHE_CHECK(call.function);
      const Type type =
          e ? func::AggregateResultType(*call.function, e->type) : Type(TypeId::kInt8);
      call.output = Column(name, type, name != "count");
      if (e) call.args.push_back(std::move(e));
      aggregate->outputs.push_back(call.output);
      aggregate->calls.push_back(std::move(call));
    }
    aggregate->children = {std::move(child)};
    return aggregate;
  }
  NodePtr Sort(NodePtr child, std::vector<ExprPtr> keys) {
    auto sort = std::make_shared<logical::Sort>();
    for (ExprPtr& e : keys) sort->keys.push_back({std::move(e), false, false});
    sort->outputs = child->outputs;
    sort->children = {std::move(child)};
    return sort;
  }
  NodePtr Limit(NodePtr child, ExprPtr limit, ExprPtr offset) {
    auto node = std::make_shared<logical::Limit>();
    node->limit = std::move(limit);
    node->offset = std::move(offset);
    node->outputs = child->outputs;
    node->children = {std::move(child)};
    return node;
  }
  /// max(argument) OVER (PARTITION BY partition ORDER BY order), as one more column.
  NodePtr Window(NodePtr child, ExprPtr partition, ExprPtr order, ExprPtr argument) {
    auto window = std::make_shared<logical::Window>();
    window->partition.push_back(std::move(partition));
    if (order) window->order.push_back({std::move(order), false, false});
    logical::WindowCall call;
    call.output = Column("w", argument->type);
    for (const func::Aggregate* f : func::AggregatesNamed("max")) {
      if (f->args.size() == 1 && f->args[0].id == argument->type.id) call.aggregate = f;
    }
    call.args.push_back(std::move(argument));
    window->outputs = child->outputs;
    window->outputs.push_back(call.output);
    window->calls.push_back(std::move(call));
    window->children = {std::move(child)};
    return window;
  }

 private:
  logical::ColumnIds* ids_;
};

inline ExprPtr Int(int32_t n) { return expr::MakeConst(Value::Int4(n)); }
inline ExprPtr Ref(const NodePtr& node, const std::string& name) {
  for (const OutputColumn& column : node->outputs) {
    if (column.name == name) return ColumnRef(column);
  }
  LATHE_UNREACHABLE("column of a test plan");
}
inline ExprPtr Op(const std::string& op, ExprPtr a, ExprPtr b) {
  for (const func::Function* f : func::OperatorsNamed(op, 2)) {
    if (f->args[0].id != a->type.id || f->args[1].id != b->type.id) continue;
    const Type args[] = {a->type, b->type};
    const Type result = func::ResultType(*f, args);
    std::vector<ExprPtr> list;
    list.push_back(std::move(a));
    list.push_back(std::move(b));
    return expr::MakeCall(f, result, std::move(list));
  }
  LATHE_UNREACHABLE("operator of a test plan");
}
inline ExprPtr Logic(expr::Kind kind, ExprPtr a, ExprPtr b) {
  auto e = std::make_unique<Expr>(kind, Type(TypeId::kBool));
  e->children.push_back(std::move(a));
  e->children.push_back(std::move(b));
  return e;
}
inline ExprPtr And(ExprPtr a, ExprPtr b) {
  return Logic(expr::Kind::kAnd, std::move(a), std::move(b));
}
inline ExprPtr Or(ExprPtr a, ExprPtr b) {
  return Logic(expr::Kind::kOr, std::move(a), std::move(b));
}
inline ExprPtr Subquery(expr::SubqueryKind kind, NodePtr plan, ExprPtr left = nullptr,
                        const std::string& op = "=") {
  const Type type =
      kind == expr::SubqueryKind::kScalar ? plan->outputs[0].type : Type(TypeId::kBool);
  auto e = std::make_unique<Expr>(expr::Kind::kSubquery, type);
  e->subquery_kind = kind;
  if (left) {
    for (const func::Function* f : func::OperatorsNamed(op, 2)) {
      if (f->args[0].id == left->type.id && f->args[1].id == plan->outputs[0].type.id)
        e->function = f;
    }
    e->children.push_back(std::move(left));
  }
  e->subquery = std::move(plan);
  return e;
}

/// Rows with their column ids.
struct Relation {
  std::vector<ColumnId> columns;
  std::vector<std::vector<Value>> rows;
};
using Bindings = std::map<uint32_t, Value>;

/// Interprets plans; both kinds share the relational operations.
class Interpreter {
 public:
  explicit Interpreter(TestCatalog* catalog) : catalog_(catalog) {}

  Result<Relation> Run(const logical::Node& node, const Bindings& outer);
  Result<Relation> Run(const physical::Node& node);

  /// The rows as texts, sorted, columns in this order.
  static std::vector<std::string> Texts(const Relation& relation,
                                        const std::vector<OutputColumn>& order) {
    std::vector<std::string> texts;
    for (const auto& row : relation.rows) {
      std::string text;
      for (const OutputColumn& column : order) {
        for (size_t i = 0; i < relation.columns.size(); ++i) {
          if (relation.columns[i] == column.id) text += row[i].ToString() + "|";
        }
      }
      texts.push_back(std::move(text));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }

 private:
  static Bindings Bind(Bindings outer, const Relation& relation, const std::vector<Value>& row) {
    for (size_t i = 0; i < row.size(); ++i) outer[relation.columns[i].value] = row[i];
    return outer;
  }

  Result<Value> Eval(const Expr& e, const Bindings& bindings) {
    func::FunctionContext functions;
    functions.arena = &arena_;
    expr::EvalContext context;
    context.functions = &functions;
    context.column = [&](ColumnId id) -> Result<Value> {
      auto found = bindings.find(id.value);
      if (found == bindings.end()) {
        return MakeError(SqlState::kInternalError, "no column " + std::to_string(id.value));
      }
      return found->second;
    };
    context.subquery = [&](const Expr& s) { return EvalSubquery(s, bindings); };
    return expr::Evaluate(e, context);
  }

  Result<bool> IsTrue(const Expr& e, const Bindings& bindings) {
    LATHE_ASSIGN(Value value, Eval(e, bindings));
    return !value.is_null() && value.AsBool();
  }

  Result<Value> EvalSubquery(const Expr& e, const Bindings& bindings) {
    LATHE_ASSIGN(Relation rows, Run(*e.subquery, bindings));
    switch (e.subquery_kind) {
      case expr::SubqueryKind::kExists:
        return Value::Bool(!rows.rows.empty());
      case expr::SubqueryKind::kScalar:
        if (rows.rows.size() > 1)
          return MakeError(SqlState::kCardinalityViolation, "more than one row");
        return rows.rows.empty() ? Value::Null(e.type) : rows.rows[0][0];
      default:
        break;
    }
    const bool any = e.subquery_kind == expr::SubqueryKind::kAny;
    bool null = false;
    LATHE_ASSIGN(Value left, Eval(*e.children[0], bindings));
    for (const auto& row : rows.rows) {
      std::vector<ExprPtr> args;
      args.push_back(expr::MakeConst(left));
      args.push_back(expr::MakeConst(row[0]));
      ExprPtr call = expr::MakeCall(e.function, Type(TypeId::kBool), std::move(args));
      LATHE_ASSIGN(Value value, Eval(*call, bindings));
      if (value.is_null()) {
        null = true;
      } else if (value.AsBool() == any) {
        return Value::Bool(any);
      }
    }
    return null ? Value::Null(Type(TypeId::kBool)) : Value::Bool(!any);
  }

  Result<Relation> Scan(const schema::RelationDescriptor& relation,
                        const std::vector<uint32_t>& fields,
                        const std::vector<OutputColumn>& outputs) {
    Relation result = Empty(outputs);
    for (const auto& row : catalog_->table(relation.id).rows) {
      std::vector<Value> picked;
      for (uint32_t field : fields) picked.push_back(row[field]);
      result.rows.push_back(std::move(picked));
    }
    return result;
  }

  static Relation Empty(const std::vector<OutputColumn>& outputs) {
    Relation result;
    for (const OutputColumn& column : outputs) result.columns.push_back(column.id);
    return result;
  }

  /// The rows whose keys are on the build side of the filter's join, which ran before.
  Result<Relation> KeepMatching(Relation input, const physical::KeyFilter& filter) {
    const Relation& build = builds_.at(filter.join);
    Relation kept = input;
    kept.rows.clear();
    for (const auto& row : input.rows) {
      const Bindings probe = Bind({}, input, row);
      for (const auto& build_row : build.rows) {
        const Bindings other = Bind({}, build, build_row);
        bool same = true;
        for (size_t i = 0; i < filter.keys.size() && same; ++i) {
          LATHE_ASSIGN(Value x, Eval(*filter.keys[i], probe));
          LATHE_ASSIGN(Value y, Eval(*filter.join->build_keys[i], other));
          same = x.is_null() || y.is_null()
                     ? x.is_null() && y.is_null() && filter.join->null_equal[i]
                     : func::Compare(x.type(), x.datum(), y.datum()) == 0;
        }
        if (!same) continue;
        kept.rows.push_back(row);
        break;
      }
    }
    return kept;
  }

  Result<Relation> Keep(Relation input, const std::vector<const Expr*>& conjuncts,
                        const Bindings& outer) {
    Relation result;
    result.columns = input.columns;
    for (auto& row : input.rows) {
      const Bindings bindings = Bind(outer, input, row);
      bool keep = true;
      for (const Expr* e : conjuncts) {
        LATHE_ASSIGN(bool is_true, IsTrue(*e, bindings));
        keep = keep && is_true;
        if (!keep) break;
      }
      if (keep) result.rows.push_back(std::move(row));
    }
    return result;
  }

  Result<Relation> Compute(const Relation& input, const std::vector<ExprPtr>& list,
                           const std::vector<OutputColumn>& outputs, const Bindings& outer) {
    Relation result = Empty(outputs);
    for (const auto& row : input.rows) {
      const Bindings bindings = Bind(outer, input, row);
      std::vector<Value> made;
      for (const ExprPtr& e : list) {
        LATHE_ASSIGN(Value value, Eval(*e, bindings));
        made.push_back(std::move(value));
      }
      result.rows.push_back(std::move(made));
    }
    return result;
  }

  /// matches(left bindings + right row) gives the predicate's value; right_of gives the right rows
  /// for a left row.
  Result<Relation> Join(logical::JoinKind kind, const Relation& left,
                        const std::function<Result<Relation>(const Bindings&)>& right_of,
                        const std::vector<OutputColumn>& right_outputs,
                        const std::function<Result<Value>(const Bindings&)>& matches,
                        const Bindings& outer, const std::vector<OutputColumn>& wanted,
                        const OutputColumn& mark) {
    using logical::JoinKind;
    Relation all;  // left, right, mark
    all.columns = left.columns;
    for (const OutputColumn& column : right_outputs) all.columns.push_back(column.id);
    if (kind == JoinKind::kMark) all.columns.push_back(mark.id);
    std::map<std::string, bool> right_matched;  // by position
    std::vector<Value> nulls;
    for (const OutputColumn& column : right_outputs) nulls.push_back(Value::Null(column.type));
    for (const auto& row : left.rows) {
      const Bindings bindings = Bind(outer, left, row);
      LATHE_ASSIGN(Relation right, right_of(bindings));
      size_t count = 0;
      bool null = false;
      for (size_t r = 0; r < right.rows.size(); ++r) {
        LATHE_ASSIGN(Value value, matches(Bind(bindings, right, right.rows[r])));
        null |= value.is_null();
        if (value.is_null() || !value.AsBool()) continue;
        ++count;
        right_matched[std::to_string(r)] = true;
        if (kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kMark) continue;
        std::vector<Value> joined = row;
        joined.insert(joined.end(), right.rows[r].begin(), right.rows[r].end());
        all.rows.push_back(std::move(joined));
      }
      if (kind == JoinKind::kSingle && count > 1) {
        return MakeError(SqlState::kCardinalityViolation, "more than one row");
      }
      std::vector<Value> alone = row;
      alone.insert(alone.end(), nulls.begin(), nulls.end());
      if (kind == JoinKind::kMark) {
        alone.push_back(count  ? Value::Bool(true)
                        : null ? Value::Null(Type(TypeId::kBool))
                               : Value::Bool(false));
        all.rows.push_back(std::move(alone));
      } else if (kind == JoinKind::kSemi ? count > 0
                 : kind == JoinKind::kAnti || kind == JoinKind::kLeft ||
                         kind == JoinKind::kSingle || kind == JoinKind::kFull
                     ? count == 0
                     : false) {
        all.rows.push_back(std::move(alone));
      }
    }
    if (kind == JoinKind::kRight || kind == JoinKind::kFull) {
      LATHE_ASSIGN(Relation right, right_of(outer));
      for (size_t r = 0; r < right.rows.size(); ++r) {
        if (right_matched.count(std::to_string(r))) continue;
        std::vector<Value> joined;
        for (ColumnId id : left.columns) joined.push_back(Value::Null(type_of_[id.value]));
        joined.insert(joined.end(), right.rows[r].begin(), right.rows[r].end());
        all.rows.push_back(std::move(joined));
      }
    }
    return Pick(all, wanted);
  }

  static Result<Relation> Pick(const Relation& from, const std::vector<OutputColumn>& wanted) {
    Relation result = Empty(wanted);
    std::vector<size_t> places;
    for (const OutputColumn& column : wanted) {
      auto place = std::find(from.columns.begin(), from.columns.end(), column.id);
      if (place == from.columns.end())
        return MakeError(SqlState::kInternalError, "output not there");
      places.push_back(place - from.columns.begin());
    }
    for (const auto& row : from.rows) {
      std::vector<Value> picked;
      for (size_t p : places) picked.push_back(row[p]);
      result.rows.push_back(std::move(picked));
    }
    return result;
  }

  Result<Relation> Aggregate(const Relation& input, const std::vector<ExprPtr>& groups,
                             const std::vector<logical::AggregateCall>& calls,
                             const std::vector<OutputColumn>& outputs, const Bindings& outer) {
    struct Group {
      std::vector<Value> key;
      std::vector<Bindings> rows;
    };
    std::map<std::string, Group> table;
    if (groups.empty()) table[""];
    for (const auto& row : input.rows) {
      Bindings bindings = Bind(outer, input, row);
      std::string name;
      std::vector<Value> key;
      for (const ExprPtr& e : groups) {
        LATHE_ASSIGN(Value value, Eval(*e, bindings));
        name += value.ToString() + "|";
        key.push_back(std::move(value));
      }
      Group& group = table[name];
      group.key = std::move(key);
      group.rows.push_back(std::move(bindings));
    }
    Relation result = Empty(outputs);
    for (auto& [name, group] : table) {
      std::vector<Value> row = group.key;
      for (const logical::AggregateCall& call : calls) {
        LATHE_ASSIGN(Value value, CallValue(call, group.rows));
        row.push_back(std::move(value));
      }
      result.rows.push_back(std::move(row));
    }
    return result;
  }

  Result<Value> CallValue(const logical::AggregateCall& call, const std::vector<Bindings>& rows) {
    using func::AggregateKind;
    int64_t count = 0, sum = 0;
    std::optional<Value> best;
    for (const Bindings& row : rows) {
      if (call.function->kind == AggregateKind::kCountStar) {
        ++count;
        continue;
      }
      LATHE_ASSIGN(Value value, Eval(*call.args[0], row));
      if (value.is_null()) continue;
      ++count;
      if (call.function->kind == AggregateKind::kCount) continue;
      const int64_t n = value.AsInt64();
      sum += n;
      const bool less = best && n < best->AsInt64(), more = best && n > best->AsInt64();
      if (!best || (call.function->kind == AggregateKind::kMin ? less : more)) best = value;
    }
    switch (call.function->kind) {
      case AggregateKind::kCountStar:
      case AggregateKind::kCount:
        return Value::Int8(count);
      case AggregateKind::kSum:
        return count ? Value::Int8(sum) : Value::Null(call.output.type);
      default:
        return best ? *best : Value::Null(call.output.type);
    }
  }

  static std::string Name(const std::vector<Value>& row) {
    std::string name;
    for (const Value& value : row) name += value.ToString() + "|";
    return name;
  }

  static Relation SetOperation(logical::SetOperationKind kind, bool all,
                               const std::vector<Relation>& inputs,
                               const std::vector<OutputColumn>& outputs) {
    using logical::SetOperationKind;
    Relation result = Empty(outputs);
    std::map<std::string, std::pair<std::vector<Value>, int>> counts;
    for (const auto& row : inputs[0].rows) {
      auto& entry = counts[Name(row)];
      entry.first = row;
      ++entry.second;
    }
    for (size_t i = 1; i < inputs.size(); ++i) {
      std::map<std::string, std::pair<std::vector<Value>, int>> other;
      for (const auto& row : inputs[i].rows) {
        auto& entry = other[Name(row)];
        entry.first = row;
        ++entry.second;
      }
      if (kind == SetOperationKind::kUnion) {
        for (auto& [name, entry] : other) {
          counts[name].first = entry.first;
          counts[name].second += entry.second;
        }
        continue;
      }
      for (auto& [name, entry] : counts) {
        auto found = other.find(name);
        const int n = found == other.end() ? 0 : found->second.second;
        if (kind == SetOperationKind::kIntersect) {
          entry.second = std::min(entry.second, n);
        } else if (all) {
          entry.second = std::max(0, entry.second - n);
        } else if (n > 0) {
          entry.second = 0;
        }
      }
    }
    for (auto& [name, entry] : counts) {
      for (int i = 0; i < (all ? entry.second : std::min(entry.second, 1)); ++i) {
        result.rows.push_back(entry.first);
      }
    }
    return result;
  }

  Result<Relation> Ordered(Relation input, const std::vector<logical::SortKey>& keys,
                           const Bindings& outer) {
    std::vector<std::pair<std::vector<Value>, size_t>> ranked;
    for (size_t i = 0; i < input.rows.size(); ++i) {
      std::vector<Value> key;
      for (const logical::SortKey& k : keys) {
        LATHE_ASSIGN(Value value, Eval(*k.expression, Bind(outer, input, input.rows[i])));
        key.push_back(std::move(value));
      }
      ranked.emplace_back(std::move(key), i);
    }
    std::sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) {
      for (size_t k = 0; k < keys.size(); ++k) {
        const Value &x = a.first[k], &y = b.first[k];
        if (x.is_null() || y.is_null()) {
          if (x.is_null() != y.is_null()) return x.is_null() == keys[k].nulls_first;
          continue;
        }
        const int order = func::Compare(x.type(), x.datum(), y.datum());
        if (order != 0) return (order < 0) != keys[k].descending;
      }
      return a.second < b.second;
    });
    Relation result;
    result.columns = input.columns;
    for (const auto& entry : ranked) result.rows.push_back(input.rows[entry.second]);
    return result;
  }

  /// row_number, and aggregates over the default frame. Both plans' nodes have the same members.
  template <class Node>
  Result<Relation> Windowed(Relation input, const Node& window,
                            const std::vector<OutputColumn>& outputs, const Bindings& outer) {
    LATHE_ASSIGN(Relation ordered, Ordered(std::move(input), window.order, outer));
    struct Row {
      std::string partition, peer;
      Bindings bindings;
    };
    std::vector<Row> rows;
    for (const auto& row : ordered.rows) {
      Row r;
      r.bindings = Bind(outer, ordered, row);
      for (const ExprPtr& e : window.partition) {
        LATHE_ASSIGN(Value value, Eval(*e, r.bindings));
        r.partition += value.ToString() + "|";
      }
      for (const logical::SortKey& key : window.order) {
        LATHE_ASSIGN(Value value, Eval(*key.expression, r.bindings));
        r.peer += value.ToString() + "|";
      }
      rows.push_back(std::move(r));
    }
    for (const logical::WindowCall& call : window.calls) {
      ordered.columns.push_back(call.output.id);
      for (size_t i = 0; i < rows.size(); ++i) {
        std::vector<Bindings> frame;
        int64_t number = 0;
        for (size_t k = 0; k < rows.size(); ++k) {
          if (rows[k].partition != rows[i].partition) continue;
          if (k <= i) ++number;
          if (k <= i || rows[k].peer == rows[i].peer) frame.push_back(rows[k].bindings);
        }
        if (call.function) {
          ordered.rows[i].push_back(Value::Int8(number));
          continue;
        }
        logical::AggregateCall aggregate;
        aggregate.function = call.aggregate;
        aggregate.output = call.output;
        for (const ExprPtr& e : call.args) aggregate.args.push_back(e->Clone());
        LATHE_ASSIGN(Value value, CallValue(aggregate, frame));
        ordered.rows[i].push_back(std::move(value));
      }
    }
    return Pick(ordered, outputs);
  }

  Result<Relation> Limited(Relation input, const ExprPtr& limit, const ExprPtr& offset) {
    size_t from = 0, count = SIZE_MAX;
    if (offset) {
      LATHE_ASSIGN(Value value, Eval(*offset, {}));
      if (!value.is_null()) from = static_cast<size_t>(value.AsInt64());
    }
    if (limit) {
      LATHE_ASSIGN(Value value, Eval(*limit, {}));
      if (!value.is_null()) count = static_cast<size_t>(value.AsInt64());
    }
    Relation result;
    result.columns = input.columns;
    for (size_t i = from; i < input.rows.size() && result.rows.size() < count; ++i) {
      result.rows.push_back(input.rows[i]);
    }
    return result;
  }

  Result<Relation> RowsOf(const std::vector<std::vector<ExprPtr>>& rows,
                          const std::vector<OutputColumn>& outputs, const Bindings& outer) {
    Relation result = Empty(outputs);
    for (const auto& row : rows) {
      std::vector<Value> values;
      for (const ExprPtr& e : row) {
        LATHE_ASSIGN(Value value, Eval(*e, outer));
        values.push_back(std::move(value));
      }
      result.rows.push_back(std::move(values));
    }
    return result;
  }

  void Note(const std::vector<OutputColumn>& outputs) {
    for (const OutputColumn& column : outputs) type_of_[column.id.value] = column.type;
  }

  TestCatalog* catalog_;
  base::Arena arena_;
  std::map<uint32_t, Relation> ctes_;
  std::map<const physical::Node*, Relation> builds_;  // of hash joins that run
  std::map<uint32_t, Type> type_of_;
};

inline Result<Relation> Interpreter::Run(const logical::Node& node, const Bindings& outer) {
  using logical::Kind;
  Note(node.outputs);
  if (node.kind == Kind::kJoin) {
    const auto& join = node.As<logical::Join>();
    LATHE_ASSIGN(Relation left, Run(*join.children[0], outer));
    std::optional<Relation> fixed;
    if (!join.dependent) {
      LATHE_ASSIGN(fixed, Run(*join.children[1], outer));
    }
    Note(join.children[1]->outputs);
    return Join(
        join.join_kind, left,
        [&](const Bindings& b) -> Result<Relation> {
          if (fixed) return *fixed;
          return Run(*join.children[1], b);
        },
        join.children[1]->outputs, [&](const Bindings& b) { return Eval(*join.predicate, b); },
        outer, join.outputs, join.mark);
  }
  if (node.kind == Kind::kWith) {
    const auto& with = node.As<logical::With>();
    LATHE_ASSIGN(ctes_[with.cte], Run(*with.children[0], outer));
    return Run(*with.children[1], outer);
  }
  if (node.kind == Kind::kCteScan) {
    const auto& scan = node.As<logical::CteScan>();
    std::vector<OutputColumn> source;
    for (ColumnId id : scan.source) source.push_back({id, "", Type(), true});
    LATHE_ASSIGN(Relation rows, Pick(ctes_[scan.cte], source));
    rows.columns = Empty(scan.outputs).columns;
    return rows;
  }
  std::vector<Relation> inputs;
  for (const NodePtr& child : node.children) {
    LATHE_ASSIGN(Relation input, Run(*child, outer));
    inputs.push_back(std::move(input));
  }
  switch (node.kind) {
    case Kind::kScan:
      return Scan(*node.As<logical::Scan>().relation, node.As<logical::Scan>().fields,
                  node.outputs);
    case Kind::kValues:
      return RowsOf(node.As<logical::Values>().rows, node.outputs, outer);
    case Kind::kFilter:
      return Keep(std::move(inputs[0]), {node.As<logical::Filter>().predicate.get()}, outer);
    case Kind::kProject:
      return Compute(inputs[0], node.As<logical::Project>().expressions, node.outputs, outer);
    case Kind::kAggregate:
      return Aggregate(inputs[0], node.As<logical::Aggregate>().groups,
                       node.As<logical::Aggregate>().calls, node.outputs, outer);
    case Kind::kSort:
      return Ordered(std::move(inputs[0]), node.As<logical::Sort>().keys, outer);
    case Kind::kLimit:
      return Limited(std::move(inputs[0]), node.As<logical::Limit>().limit,
                     node.As<logical::Limit>().offset);
    case Kind::kWindow:
      return Windowed(std::move(inputs[0]), node.As<logical::Window>(), node.outputs, outer);
    case Kind::kSetOperation:
      return SetOperation(node.As<logical::SetOperation>().operation,
                          node.As<logical::SetOperation>().all, inputs, node.outputs);
    default:
      return NotSupported("this operator");
  }
}

inline Result<Relation> Interpreter::Run(const physical::Node& node) {
  using physical::Kind;
  Note(node.outputs);
  if (node.kind == Kind::kMaterialize) {
    const auto& with = node.As<physical::Materialize>();
    LATHE_ASSIGN(ctes_[with.cte], Run(*with.children[0]));
    return Run(*with.children[1]);
  }
  std::vector<Relation> inputs;
  for (const physical::NodePtr& child : node.children) {
    LATHE_ASSIGN(Relation input, Run(*child));
    inputs.push_back(std::move(input));
    if (node.kind == Kind::kHashJoin && inputs.size() == 1) builds_[&node] = inputs[0];
  }
  auto joined = [&](logical::JoinKind kind, bool first_is_left, const OutputColumn& mark,
                    const std::function<Result<Value>(const Bindings&)>& matches) {
    const int left = first_is_left ? 0 : 1;
    return Join(
        kind, inputs[left], [&](const Bindings&) -> Result<Relation> { return inputs[1 - left]; },
        node.children[1 - left]->outputs, matches, {}, node.outputs, mark);
  };
  switch (node.kind) {
    case Kind::kTableScan: {
      const auto& scan = node.As<physical::TableScan>();
      // Bounds are read as conditions over all fields of the row.
      Relation result = Empty(scan.outputs);
      // By the key where its order is wanted.
      const std::vector<schema::KeyColumn>& key = scan.relation->key;
      auto in_order = [&](const schema::KeyColumn& part, const Value& a, const Value& b) {
        if (a.is_null() || b.is_null()) {
          const int nulls = part.nulls_first ? -1 : 1;
          return a.is_null() == b.is_null() ? 0 : a.is_null() ? nulls : -nulls;
        }
        const int order = func::Compare(a.type(), a.datum(), b.datum());
        return part.descending ? -order : order;
      };
      auto rows = catalog_->table(scan.relation->id).rows;
      if (scan.key_order) {
        std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
          for (const schema::KeyColumn& part : key) {
            const int order = in_order(part, a[part.column], b[part.column]);
            if (order != 0) return scan.reverse ? order > 0 : order < 0;
          }
          return false;
        });
      }
      for (const auto& row : rows) {
        bool keep = true;
        for (const physical::KeyBoundExprs* bound : {&scan.lower, &scan.upper}) {
          int order = 0;
          bool null = false;
          for (size_t i = 0; i < bound->values.size() && order == 0; ++i) {
            LATHE_ASSIGN(Value value, Eval(*bound->values[i], {}));
            const bool meant = (bound->null_parts >> i & 1) != 0;
            null |= value.is_null() && !meant;
            if (!null) order = in_order(key[i], row[key[i].column], value);
          }
          if (bound->values.empty()) continue;
          if (bound == &scan.upper) order = -order;
          keep = keep && !null && (order > 0 || (order == 0 && bound->inclusive));
        }
        for (const physical::SkipRangeExprs& skip : scan.skip) {
          for (const ExprPtr* end : {&skip.min, &skip.max}) {
            if (!*end) continue;
            LATHE_ASSIGN(Value value, Eval(**end, {}));
            const Value& field = row[skip.field];
            if (value.is_null() || field.is_null()) {
              keep = false;
              continue;
            }
            const int order = func::Compare(field.type(), field.datum(), value.datum());
            keep = keep && (end == &skip.min ? order >= 0 : order <= 0);
          }
        }
        if (!keep) continue;
        std::vector<Value> picked;
        for (uint32_t field : scan.fields) picked.push_back(row[field]);
        result.rows.push_back(std::move(picked));
      }
      return result;
    }
    case Kind::kValues:
      return RowsOf(node.As<physical::Values>().rows, node.outputs, {});
    case Kind::kFilter: {
      std::vector<const Expr*> conjuncts;
      for (const ExprPtr& e : node.As<physical::Filter>().conjuncts) conjuncts.push_back(e.get());
      LATHE_ASSIGN(Relation kept, Keep(std::move(inputs[0]), conjuncts, {}));
      return Pick(kept, node.outputs);
    }
    case Kind::kKeyFilter:
      return KeepMatching(std::move(inputs[0]), node.As<physical::KeyFilter>());
    case Kind::kProject:
      return Compute(inputs[0], node.As<physical::Project>().expressions, node.outputs, {});
    case Kind::kHashJoin: {
      const auto& join = node.As<physical::HashJoin>();
      return joined(join.join_kind, join.build_is_left, join.mark,
                    [&](const Bindings& b) -> Result<Value> {
                      bool null = false;
                      for (size_t i = 0; i < join.build_keys.size(); ++i) {
                        LATHE_ASSIGN(Value x, Eval(*join.build_keys[i], b));
                        LATHE_ASSIGN(Value y, Eval(*join.probe_keys[i], b));
                        if (!SameValues(x.type(), y.type()))
                          return MakeError(SqlState::kInternalError, "key types");
                        if (x.is_null() || y.is_null()) {
                          if (join.null_equal[i] && x.is_null() && y.is_null()) continue;
                          if (join.null_aware) {
                            null = true;
                            continue;
                          }
                          return Value::Bool(false);
                        }
                        if (func::Compare(x.type(), x.datum(), y.datum()) != 0)
                          return Value::Bool(false);
                      }
                      if (null) return Value::Null(Type(TypeId::kBool));
                      if (join.residual) return Eval(*join.residual, b);
                      return Value::Bool(true);
                    });
    }
    case Kind::kNestedLoopJoin: {
      const auto& join = node.As<physical::NestedLoopJoin>();
      return joined(join.join_kind, join.inner_is_left, join.mark,
                    [&](const Bindings& b) -> Result<Value> {
                      if (!join.predicate) return Value::Bool(true);
                      return Eval(*join.predicate, b);
                    });
    }
    case Kind::kHashAggregate:
      return Aggregate(inputs[0], node.As<physical::HashAggregate>().groups,
                       node.As<physical::HashAggregate>().calls, node.outputs, {});
    case Kind::kSort: {
      const auto& sort = node.As<physical::Sort>();
      LATHE_ASSIGN(Relation ordered, Ordered(std::move(inputs[0]), sort.keys, {}));
      LATHE_ASSIGN(Relation limited, Limited(std::move(ordered), sort.limit, sort.offset));
      return Pick(limited, node.outputs);
    }
    case Kind::kLimit:
      return Limited(std::move(inputs[0]), node.As<physical::Limit>().limit,
                     node.As<physical::Limit>().offset);
    case Kind::kWindow:
      return Windowed(std::move(inputs[0]), node.As<physical::Window>(), node.outputs, {});
    case Kind::kAppend:
      return SetOperation(logical::SetOperationKind::kUnion, true, inputs, node.outputs);
    case Kind::kHashSetOperation:
      return SetOperation(node.As<physical::HashSetOperation>().operation,
                          node.As<physical::HashSetOperation>().all, inputs, node.outputs);
    case Kind::kCteScan: {
      const auto& scan = node.As<physical::CteScan>();
      std::vector<OutputColumn> source;
      for (ColumnId id : scan.source) source.push_back({id, "", Type(), true});
      LATHE_ASSIGN(Relation rows, Pick(ctes_[scan.cte], source));
      rows.columns = Empty(scan.outputs).columns;
      return rows;
    }
    default:
      return NotSupported("this operator");
  }
}

}  // namespace lathe::optimize::testing
