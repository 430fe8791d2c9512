// For tests: tables in memory, physical plans by hand, results as text.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "codegen/driver/driver.h"
#include "runtime/exec/worker_pool.h"
#include "runtime/func/func.h"
#include "runtime/row/row_buffer.h"

namespace lathe::driver::testing {

using expr::ColumnId;
using expr::ExprPtr;
using logical::OutputColumn;
using physical::JoinKind;
using physical::NodePtr;
using types::Datum;
using types::Type;
using types::TypeId;
using types::Value;

/// A relation whose rows are kept as pages of a few rows each.
struct Table {
  std::shared_ptr<schema::RelationDescriptor> relation;
  row::Layout layout;
  std::vector<std::vector<Value>> rows;
  std::vector<std::unique_ptr<row::RowBuffer>> buffers;
  std::vector<const char*> pages;

  Table(std::string name, std::vector<std::pair<std::string, Type>> columns,
        std::vector<bool> not_null = {}) {
    relation = std::make_shared<schema::RelationDescriptor>();
    relation->name = std::move(name);
    relation->kind = schema::RelationKind::kTable;
    for (size_t i = 0; i < columns.size(); ++i) {
      schema::Column column;
      column.number = ColumnNumber(static_cast<uint16_t>(i + 1));
      column.name = columns[i].first;
      column.type = columns[i].second;
      column.not_null = i < not_null.size() && not_null[i];
      relation->columns.push_back(column);
    }
    relation->key.push_back({0});
    layout = relation->RowLayout();
  }
  void Add(std::vector<Value> values) {
    constexpr uint32_t kRowsPerPage = 512;
    if (buffers.empty() || buffers.back()->row_count() >= kRowsPerPage) {
      buffers.push_back(std::make_unique<row::RowBuffer>(&layout, nullptr));
    }
    std::vector<Datum> datums(values.size());
    std::unique_ptr<bool[]> nulls(new bool[values.size()]);
    for (size_t i = 0; i < values.size(); ++i) {
      nulls[i] = values[i].is_null();
      if (!nulls[i]) datums[i] = values[i].datum();
    }
    LATHE_CHECK(buffers.back()->AppendRow(datums.data(), nulls.get()));
    rows.push_back(std::move(values));
  }
  void Seal() {
    pages.clear();
    for (const auto& buffer : buffers) {
      for (size_t i = 0; i < buffer->page_count(); ++i) pages.push_back(buffer->page(i));
    }
  }
};

class TableSource final : public exec::RowSource {
 public:
  explicit TableSource(const Table* table) : table_(table) {
    left_ = static_cast<int64_t>(table->rows.size());
  }
  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    size_t i = next_.fetch_add(1);
    if (i >= table_->pages.size()) return false;
    const char* page = table_->pages[i];
    const uint32_t rows = row::HeaderOf(page).row_count;
    // Two segments, to see that both are read.
    morsel->segments.push_back({page, 0, rows / 2});
    morsel->segments.push_back({page, rows / 2, rows});
    morsel->row_count = rows;
    left_ -= rows;
    return true;
  }
  double RowsLeft() override { return static_cast<double>(left_.load()); }

 private:
  const Table* table_;
  std::atomic<size_t> next_{0};
  std::atomic<int64_t> left_{0};
};

/// A value as text, NULL as "NULL".
inline std::string TextOf(const row::Layout& layout, const char* page, const char* row, size_t i) {
  if (layout.IsNull(row, i)) return "NULL";
  return Value::FromDatum(layout.field(i).type, row::ReadField(layout, page, row, i)).ToString();
}

class TextSink final : public exec::RowSink {
 public:
  explicit TextSink(const row::Layout* layout) : layout_(layout) {}
  Status Consume(const exec::Segment& segment) override {
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* row = row::RowAt(segment.page, layout_->stride(), r);
      std::string line;
      for (size_t i = 0; i < layout_->field_count(); ++i) {
        if (i > 0) line += "|";
        line += TextOf(*layout_, segment.page, row, i);
      }
      lines.push_back(std::move(line));
    }
    return Ok();
  }
  Status Finish() override {
    finished = true;
    return Ok();
  }
  std::vector<std::string> lines;
  bool finished = false;

 private:
  const row::Layout* layout_;
};

class MemoryTables final : public exec::TableAccess {
 public:
  std::map<std::string, Table*> tables;
  std::vector<std::string> written;
  exec::ScanRequest last_request;

  Result<std::unique_ptr<exec::RowSource>> OpenScan(const schema::RelationPtr& relation,
                                                    const exec::ScanRequest& request) override {
    last_request = request;
    return std::unique_ptr<exec::RowSource>(
        std::make_unique<TableSource>(tables.at(relation->name)));
  }
  Result<std::unique_ptr<exec::RowSink>> OpenWrite(const schema::RelationPtr& relation,
                                                   exec::WriteKind kind,
                                                   uint64_t* affected) override {
    struct Sink final : exec::RowSink {
      row::Layout layout;
      std::unique_ptr<TextSink> text;
      std::vector<std::string>* written;
      uint64_t* affected;
      Status Consume(const exec::Segment& segment) override { return text->Consume(segment); }
      Status Finish() override {
        *affected = text->lines.size();
        *written = text->lines;
        return Ok();
      }
    };
    auto sink = std::make_unique<Sink>();
    sink->layout = exec::WriteLayout(*relation, kind);
    sink->text = std::make_unique<TextSink>(&sink->layout);
    sink->written = &written;
    sink->affected = affected;
    return std::unique_ptr<exec::RowSink>(std::move(sink));
  }
};

// Expressions.
inline Type Numeric(int precision, int scale) { return Type::NumericColumn(precision, scale); }
inline ExprPtr Col(uint32_t id, Type type) { return expr::MakeColumn(ColumnId(id), type); }
inline ExprPtr Int(int32_t n) { return expr::MakeConst(Value::Int4(n)); }
inline ExprPtr Text(const std::string& text) { return expr::MakeConst(Value::Text(text)); }
inline ExprPtr NullOf(Type type) { return expr::MakeConst(Value::Null(type)); }
inline ExprPtr Param(uint32_t number, Type type) {
  auto e = std::make_unique<expr::Expr>(expr::Kind::kParam, type);
  e->param = number;
  return e;
}
inline Value Fixed(const Type& type, int64_t scaled) {
  Datum datum;
  datum.i128 = scaled;
  return Value::FromDatum(type, datum);
}
inline Value Date(int32_t days) {
  Datum datum;
  datum.i32 = days;
  return Value::FromDatum(TypeId::kDate, datum);
}

/// The operator for these operand types, exactly.
inline const func::Function* Operator(const std::string& op, const std::vector<Type>& types) {
  for (const func::Function* f : func::OperatorsNamed(op, static_cast<int>(types.size()))) {
    bool fits = true;
    for (size_t i = 0; i < types.size(); ++i) fits &= f->args[i].id == types[i].id;
    if (fits) return f;
  }
  return nullptr;
}
inline ExprPtr Op(const std::string& op, ExprPtr a, ExprPtr b) {
  std::vector<Type> types = {a->type, b->type};
  const func::Function* f = Operator(op, types);
  LATHE_CHECK_NOTE(f != nullptr, op.c_str());
  Type result = func::ResultType(*f, types);
  std::vector<ExprPtr> args;
  args.push_back(std::move(a));
  args.push_back(std::move(b));
  return expr::MakeCall(f, result, std::move(args));
}
inline ExprPtr Cast(ExprPtr e, Type to) {
  auto cast = std::make_unique<expr::Expr>(expr::Kind::kCast, to);
  cast->cast = func::FindCast(e->type.id, to.id);
  cast->explicit_cast = true;
  cast->children.push_back(std::move(e));
  return cast;
}
template <class... E>
ExprPtr Make(expr::Kind kind, Type type, E... children) {
  auto e = std::make_unique<expr::Expr>(kind, type);
  (e->children.push_back(std::move(children)), ...);
  return e;
}
template <class... E>
std::vector<ExprPtr> List(E... e) {
  std::vector<ExprPtr> list;
  (list.push_back(std::move(e)), ...);
  return list;
}

// Plans. Column ids are given by the caller.
inline OutputColumn Out(uint32_t id, const std::string& name, Type type, bool nullable = true) {
  OutputColumn column;
  column.id = ColumnId(id);
  column.name = name;
  column.type = type;
  column.nullable = nullable;
  return column;
}
/// All columns of the table as ids first_id, first_id + 1, ...
inline NodePtr Scan(const Table& table, uint32_t first_id) {
  auto scan = std::make_unique<physical::TableScan>();
  scan->relation = table.relation;
  for (uint32_t i = 0; i < table.relation->columns.size(); ++i) {
    const schema::Column& column = table.relation->columns[i];
    scan->fields.push_back(i);
    scan->outputs.push_back(Out(first_id + i, column.name, column.type, !column.not_null));
  }
  return scan;
}
inline NodePtr Filter(NodePtr child, std::vector<ExprPtr> conjuncts) {
  auto filter = std::make_unique<physical::Filter>();
  filter->outputs = child->outputs;
  filter->conjuncts = std::move(conjuncts);
  filter->children.push_back(std::move(child));
  return filter;
}
inline NodePtr Project(NodePtr child, uint32_t first_id, std::vector<ExprPtr> expressions) {
  auto project = std::make_unique<physical::Project>();
  for (auto& e : expressions) {
    uint32_t id = e->kind == expr::Kind::kColumn ? e->column.value : first_id++;
    project->outputs.push_back(Out(id, "x" + std::to_string(id), e->type));
    project->expressions.push_back(std::move(e));
  }
  project->children.push_back(std::move(child));
  return project;
}
inline physical::AggregateCall Call(uint32_t id, const std::string& name, ExprPtr arg,
                                    bool distinct = false) {
  physical::AggregateCall call;
  for (const func::Aggregate* a : func::AggregatesNamed(name)) {
    const bool fits =
        arg == nullptr ? a->args.empty()
                       : a->args.size() == 1 && (a->args[0].id == arg->type.id || name == "count");
    if (fits) call.function = a;
  }
  LATHE_CHECK_NOTE(call.function != nullptr, name.c_str());
  call.output =
      Out(id, name, func::AggregateResultType(*call.function, arg == nullptr ? Type() : arg->type));
  call.distinct = distinct;
  if (arg != nullptr) call.args.push_back(std::move(arg));
  return call;
}
template <class... C>
std::vector<physical::AggregateCall> Calls(C... call) {
  std::vector<physical::AggregateCall> list;
  (list.push_back(std::move(call)), ...);
  return list;
}
inline NodePtr Aggregate(NodePtr child, uint32_t first_id, std::vector<ExprPtr> groups,
                         std::vector<physical::AggregateCall> calls) {
  auto aggregate = std::make_unique<physical::HashAggregate>();
  for (auto& g : groups) {
    uint32_t id = g->kind == expr::Kind::kColumn ? g->column.value : first_id++;
    bool nullable = true;
    for (const OutputColumn& column : child->outputs) {
      if (column.id.value == id) nullable = column.nullable;
    }
    aggregate->outputs.push_back(Out(id, "g" + std::to_string(id), g->type, nullable));
    aggregate->groups.push_back(std::move(g));
  }
  for (auto& call : calls) {
    aggregate->outputs.push_back(call.output);
    aggregate->calls.push_back(std::move(call));
  }
  aggregate->children.push_back(std::move(child));
  return aggregate;
}
inline NodePtr HashJoin(JoinKind kind, bool build_is_left, NodePtr build, NodePtr probe,
                        std::vector<ExprPtr> build_keys, std::vector<ExprPtr> probe_keys,
                        ExprPtr residual = nullptr) {
  auto join = std::make_unique<physical::HashJoin>();
  join->join_kind = kind;
  join->build_is_left = build_is_left;
  join->build_keys = std::move(build_keys);
  join->probe_keys = std::move(probe_keys);
  join->null_equal.assign(join->build_keys.size(), false);
  join->residual = std::move(residual);
  const auto& left = build_is_left ? build->outputs : probe->outputs;
  const auto& right = build_is_left ? probe->outputs : build->outputs;
  join->outputs = left;
  for (auto& c : join->outputs) c.nullable |= kind == JoinKind::kRight || kind == JoinKind::kFull;
  if (kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark) {
    for (OutputColumn c : right) {
      c.nullable |= kind == JoinKind::kLeft || kind == JoinKind::kFull || kind == JoinKind::kSingle;
      join->outputs.push_back(c);
    }
  }
  if (kind == JoinKind::kMark) {
    join->mark = Out(900, "mark", TypeId::kBool);
    join->outputs.push_back(join->mark);
  }
  join->children.push_back(std::move(build));
  join->children.push_back(std::move(probe));
  return join;
}
inline NodePtr NestedLoop(JoinKind kind, bool inner_is_left, NodePtr inner, NodePtr outer,
                          ExprPtr predicate) {
  NodePtr shape = HashJoin(kind, inner_is_left, std::move(inner), std::move(outer), {}, {});
  auto join = std::make_unique<physical::NestedLoopJoin>();
  join->join_kind = kind;
  join->inner_is_left = inner_is_left;
  join->predicate = std::move(predicate);
  join->outputs = shape->outputs;
  join->mark = shape->As<physical::HashJoin>().mark;
  join->children = std::move(shape->children);
  return join;
}
inline NodePtr Sort(NodePtr child, std::vector<logical::SortKey> keys, ExprPtr limit = nullptr,
                    ExprPtr offset = nullptr) {
  auto sort = std::make_unique<physical::Sort>();
  sort->outputs = child->outputs;
  sort->keys = std::move(keys);
  sort->limit = std::move(limit);
  sort->offset = std::move(offset);
  sort->children.push_back(std::move(child));
  return sort;
}
inline logical::SortKey Key(ExprPtr e, bool descending = false, bool nulls_first = false) {
  logical::SortKey key;
  key.expression = std::move(e);
  key.descending = descending;
  key.nulls_first = nulls_first;
  return key;
}
inline std::shared_ptr<const physical::Plan> MakePlan(NodePtr root, std::vector<Type> params = {}) {
  auto plan = std::make_shared<physical::Plan>();
  plan->root = std::move(root);
  plan->params = std::move(params);
  physical::AssignIds(plan->root.get());
  return plan;
}

}  // namespace lathe::driver::testing
