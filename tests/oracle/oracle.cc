// The evaluator: one function per operator, each computing all its rows from all rows of its
// children.
#include "tests/oracle/oracle.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "codegen/expr/evaluate.h"
#include "runtime/base/memory.h"
#include "runtime/func/compare.h"
#include "runtime/row/row_buffer.h"
#include "runtime/types/array.h"
#include "runtime/types/numeric.h"
#include "tests/oracle/aggregate.h"
#include "tests/oracle/window.h"

namespace lathe::oracle {
namespace {

using logical::Node;
using logical::OutputColumn;
using types::Value;
using Rows = Result<std::vector<Row>>;

/// The columns that an expression may read: those of one row, then those of the rows around it.
struct Frame {
  const std::vector<OutputColumn>* columns;
  const Row* row;
  const Frame* outer;
};

/// Orders rows as groups do: NULLs equal and last.
struct RowLess {
  bool operator()(const Row& a, const Row& b) const {
    for (size_t i = 0; i < a.size(); ++i) {
      if (const int order = CompareValues(a[i], b[i])) return order < 0;
    }
    return false;
  }
};

class Evaluator {
 public:
  Evaluator(std::span<const Value> params, exec::TableAccess* tables,
            const func::FunctionContext* functions)
      : params_(params), tables_(tables) {
    if (functions != nullptr) {
      functions_.format = functions->format;
      functions_.transaction_timestamp = functions->transaction_timestamp;
      functions_.statement_timestamp = functions->statement_timestamp;
      functions_.facts = functions->facts;
    }
    functions_.arena = &arena_;
  }

  uint64_t affected() const { return affected_; }
  /// No statement sees its own writes: they happen when all rows have been computed.
  Status WriteAll() {
    for (const auto& write : writes_) LATHE_TRY(write());
    return Ok();
  }

  Rows Run(const Node& node, const Frame* outer) {
    switch (node.kind) {
      case logical::Kind::kScan:
        return Scan(node.As<logical::Scan>());
      case logical::Kind::kValues:
        return Values(node.As<logical::Values>(), outer);
      case logical::Kind::kFilter:
        return Filter(node.As<logical::Filter>(), outer);
      case logical::Kind::kProject:
        return Project(node.As<logical::Project>(), outer);
      case logical::Kind::kJoin:
        return Join(node.As<logical::Join>(), outer);
      case logical::Kind::kAggregate:
        return Aggregate(node.As<logical::Aggregate>(), outer);
      case logical::Kind::kSort:
        return Sort(node.As<logical::Sort>(), outer);
      case logical::Kind::kLimit:
        return Limit(node.As<logical::Limit>(), outer);
      case logical::Kind::kSetOperation:
        return SetOperation(node.As<logical::SetOperation>(), outer);
      case logical::Kind::kWith:
        return With(node.As<logical::With>(), outer);
      case logical::Kind::kCteScan:
        return CteScan(node.As<logical::CteScan>());
      case logical::Kind::kModify:
        return Modify(node.As<logical::Modify>(), outer);
      case logical::Kind::kWindow:
        return Window(node.As<logical::Window>(), outer);
      case logical::Kind::kTableFunction:
        return TableFunction(node.As<logical::TableFunction>(), outer);
      case logical::Kind::kRecursive:
        return Recursive(node.As<logical::Recursive>(), outer);
    }
    return MakeError(SqlState::kInternalError, "unknown operator");
  }

 private:
  Result<Value> Eval(const expr::Expr& e, const Frame* frame) {
    expr::EvalContext context;
    context.functions = &functions_;
    context.params = params_;
    context.column = [frame](expr::ColumnId id) -> Result<Value> {
      for (const Frame* f = frame; f != nullptr; f = f->outer) {
        for (size_t i = 0; i < f->columns->size(); ++i) {
          if ((*f->columns)[i].id == id) return (*f->row)[i];
        }
      }
      return MakeError(SqlState::kInternalError,
                       "column #" + std::to_string(id.value) + " is not here");
    };
    context.subquery = [this, frame](const expr::Expr& subquery) {
      return Subquery(subquery, frame);
    };
    return expr::Evaluate(e, context);
  }

  /// Whether a condition is true (not false or NULL).
  Result<bool> Holds(const expr::Expr& e, const Frame* frame) {
    LATHE_ASSIGN(Value value, Eval(e, frame));
    return !value.is_null() && value.AsBool();
  }

  Result<Value> Subquery(const expr::Expr& e, const Frame* frame) {
    LATHE_ASSIGN(std::vector<Row> rows, Run(*e.subquery, frame));
    switch (e.subquery_kind) {
      case expr::SubqueryKind::kExists:
        return Value::Bool(!rows.empty());
      case expr::SubqueryKind::kScalar:
        if (rows.size() > 1) {
          return MakeError(SqlState::kCardinalityViolation,
                           "more than one row returned by a subquery used as an expression");
        }
        return rows.empty() ? Value::Null(e.type) : rows[0][0];
      case expr::SubqueryKind::kArray: {
        types::ArrayBuilder builder(e.type.element);
        for (const Row& row : rows) {
          if (row[0].is_null()) {
            builder.AddNull();
          } else if (row[0].type().is_fixed_numeric()) {
            builder.Add(types::BigFromFixed(row[0].type(), row[0].datum(), &arena_));
          } else {
            builder.Add(row[0].datum());
          }
        }
        return Value::FromDatum(e.type, builder.ToDatum(&arena_));
      }
      case expr::SubqueryKind::kAny:
      case expr::SubqueryKind::kAll:
        break;
    }
    const bool any = e.subquery_kind == expr::SubqueryKind::kAny;
    Row left;
    for (const expr::ExprPtr& child : e.children) {
      LATHE_ASSIGN(Value value, Eval(*child, frame));
      left.push_back(std::move(value));
    }
    bool unknown = false;
    for (const Row& row : rows) {
      LATHE_ASSIGN(Value result, CompareRow(*e.function, left, row));
      if (result.is_null()) {
        unknown = true;
      } else if (result.AsBool() == any) {
        return Value::Bool(any);
      }
    }
    return unknown ? Value::Null(types::TypeId::kBool) : Value::Bool(!any);
  }

  /// left op right; of several columns (a, b) = (c, d) all must be equal, (a, b) <> (c, d) one must
  /// differ.
  Result<Value> CompareRow(const func::Function& function, const Row& left, const Row& right) {
    const bool differ = function.op == "<>";
    bool unknown = false;
    for (size_t i = 0; i < left.size(); ++i) {
      std::vector<expr::ExprPtr> args;
      args.push_back(expr::MakeConst(left[i]));
      args.push_back(expr::MakeConst(right[i]));
      const expr::ExprPtr call =
          expr::MakeCall(&function, types::Type(types::TypeId::kBool), std::move(args));
      LATHE_ASSIGN(Value result, Eval(*call, nullptr));
      if (result.is_null()) {
        unknown = true;
      } else if (result.AsBool() == differ) {
        return Value::Bool(differ);
      }
    }
    return unknown ? Value::Null(types::TypeId::kBool) : Value::Bool(!differ);
  }

  Rows Scan(const logical::Scan& scan) {
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> source, tables_->OpenScan(scan.relation, {}));
    const row::Layout layout = scan.relation->RowLayout();
    std::vector<Row> rows;
    exec::Morsel morsel;
    while (true) {
      LATHE_ASSIGN(bool more, source->Next(&morsel));
      if (!more) return rows;
      for (const exec::Segment& segment : morsel.segments) {
        for (uint32_t r = segment.from; r < segment.to; ++r) {
          const char* bytes = row::RowAt(segment.page, layout.stride(), r);
          Row row;
          for (uint32_t field : scan.fields) {
            const types::Type& type = layout.field(field).type;
            row.push_back(
                layout.IsNull(bytes, field)
                    ? Value::Null(type)
                    : Value::FromDatum(type, row::ReadField(layout, segment.page, bytes, field)));
          }
          rows.push_back(std::move(row));
        }
      }
    }
  }

  Rows Values(const logical::Values& values, const Frame* outer) {
    std::vector<Row> rows;
    for (const auto& expressions : values.rows) {
      Row row;
      for (const expr::ExprPtr& e : expressions) {
        LATHE_ASSIGN(Value value, Eval(*e, outer));
        row.push_back(std::move(value));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  Rows Filter(const logical::Filter& filter, const Frame* outer) {
    const Node& child = *filter.children[0];
    LATHE_ASSIGN(std::vector<Row> input, Run(child, outer));
    std::vector<Row> rows;
    for (Row& row : input) {
      const Frame frame{&child.outputs, &row, outer};
      LATHE_ASSIGN(bool holds, Holds(*filter.predicate, &frame));
      if (holds) rows.push_back(std::move(row));
    }
    return rows;
  }

  Rows Project(const logical::Project& project, const Frame* outer) {
    const Node& child = *project.children[0];
    LATHE_ASSIGN(std::vector<Row> input, Run(child, outer));
    std::vector<Row> rows;
    for (const Row& row : input) {
      const Frame frame{&child.outputs, &row, outer};
      Row result;
      for (const expr::ExprPtr& e : project.expressions) {
        LATHE_ASSIGN(Value value, Eval(*e, &frame));
        result.push_back(std::move(value));
      }
      rows.push_back(std::move(result));
    }
    return rows;
  }

  static Row Nulls(const Node& node) {
    Row row;
    for (const OutputColumn& column : node.outputs) row.push_back(Value::Null(column.type));
    return row;
  }

  Rows Join(const logical::Join& join, const Frame* outer) {
    using Kind = logical::JoinKind;
    const Node& left_node = *join.children[0];
    const Node& right_node = *join.children[1];
    const Kind kind = join.join_kind;
    LATHE_ASSIGN(std::vector<Row> left, Run(left_node, outer));
    std::vector<Row> right, rows;
    if (!join.dependent) {
      LATHE_ASSIGN(right, Run(right_node, outer));
    }
    std::vector<bool> right_matched(right.size(), false);
    auto emit = [&rows](const Row& a, const Row& b) {
      Row row = a;
      row.insert(row.end(), b.begin(), b.end());
      rows.push_back(std::move(row));
    };
    for (const Row& l : left) {
      const Frame left_frame{&left_node.outputs, &l, outer};
      if (join.dependent) {
        LATHE_ASSIGN(right, Run(right_node, &left_frame));
      }
      size_t matches = 0;
      bool unknown = false;
      for (size_t r = 0; r < right.size(); ++r) {
        const Frame frame{&right_node.outputs, &right[r], &left_frame};
        LATHE_ASSIGN(Value match, Eval(*join.predicate, &frame));
        if (match.is_null()) unknown = true;
        if (match.is_null() || !match.AsBool()) continue;
        if (++matches > 1 && kind == Kind::kSingle) {
          return MakeError(SqlState::kCardinalityViolation,
                           "more than one row returned by a subquery used as an expression");
        }
        if (!join.dependent) right_matched[r] = true;
        if (kind != Kind::kSemi && kind != Kind::kAnti && kind != Kind::kMark) emit(l, right[r]);
      }
      if (kind == Kind::kMark) {
        emit(l, {matches > 0 ? Value::Bool(true)
                 : unknown   ? Value::Null(types::TypeId::kBool)
                             : Value::Bool(false)});
      }
      if (kind == Kind::kSemi && matches > 0) rows.push_back(l);
      if (kind == Kind::kAnti && matches == 0) rows.push_back(l);
      const bool keeps_left = kind == Kind::kLeft || kind == Kind::kFull || kind == Kind::kSingle;
      if (keeps_left && matches == 0) emit(l, Nulls(right_node));
    }
    if (kind == Kind::kRight || kind == Kind::kFull) {
      for (size_t r = 0; r < right.size(); ++r) {
        if (!right_matched[r]) emit(Nulls(left_node), right[r]);
      }
    }
    return rows;
  }

  Rows Aggregate(const logical::Aggregate& aggregate, const Frame* outer) {
    const Node& child = *aggregate.children[0];
    LATHE_ASSIGN(std::vector<Row> input, Run(child, outer));
    if (aggregate.sets.empty()) return Grouped(aggregate, nullptr, input, outer);
    std::vector<Row> rows;
    for (size_t set = 0; set < aggregate.sets.size(); ++set) {
      LATHE_ASSIGN(std::vector<Row> part, Grouped(aggregate, &aggregate.sets[set], input, outer));
      for (Row& row : part) {
        row.push_back(Value::Int4(static_cast<int32_t>(set)));
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

  /// set: the groups that count, the others are NULL; null = all.
  Rows Grouped(const logical::Aggregate& aggregate, const std::vector<uint32_t>* set,
               const std::vector<Row>& input, const Frame* outer) {
    const Node& child = *aggregate.children[0];
    std::map<Row, std::vector<size_t>, RowLess> members;  // group -> input rows
    std::vector<Row> keys;                                // in the order of their first row
    for (size_t i = 0; i < input.size(); ++i) {
      const Frame frame{&child.outputs, &input[i], outer};
      Row key;
      for (size_t g = 0; g < aggregate.groups.size(); ++g) {
        const expr::Expr& group = *aggregate.groups[g];
        if (set != nullptr && std::find(set->begin(), set->end(), g) == set->end()) {
          key.push_back(Value::Null(group.type));
          continue;
        }
        LATHE_ASSIGN(Value value, Eval(group, &frame));
        key.push_back(std::move(value));
      }
      std::vector<size_t>& rows = members[key];
      if (rows.empty()) keys.push_back(key);
      rows.push_back(i);
    }
    if ((set == nullptr ? aggregate.groups.empty() : set->empty()) && keys.empty()) {
      Row key;
      for (const auto& group : aggregate.groups) key.push_back(Value::Null(group->type));
      keys.push_back(std::move(key));
    }
    std::vector<Row> rows;
    for (const Row& key : keys) {
      Row row = key;
      for (const logical::AggregateCall& call : aggregate.calls) {
        LATHE_ASSIGN(Value value, Call(call, child, input, members[key], outer));
        row.push_back(std::move(value));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  Result<Value> Call(const logical::AggregateCall& call, const Node& child,
                     const std::vector<Row>& input, const std::vector<size_t>& members,
                     const Frame* outer) {
    if (call.function->kind == func::AggregateKind::kGeneric || !call.order.empty()) {
      return CallSteps(call, child, input, members, outer);
    }
    std::vector<Value> values;  // not NULL; of count(*) one per row
    std::set<Row, RowLess> seen;
    for (size_t i : members) {
      const Frame frame{&child.outputs, &input[i], outer};
      if (call.filter) {
        LATHE_ASSIGN(bool holds, Holds(*call.filter, &frame));
        if (!holds) continue;
      }
      if (call.args.empty()) {
        values.push_back(Value::Bool(true));
        continue;
      }
      LATHE_ASSIGN(Value value, Eval(*call.args[0], &frame));
      if (value.is_null()) continue;
      if (call.distinct && !seen.insert({value}).second) continue;
      values.push_back(std::move(value));
    }
    return AggregateValues(*call.function, call.output.type, values);
  }

  Result<Value> CallSteps(const logical::AggregateCall& call, const Node& child,
                          const std::vector<Row>& input, const std::vector<size_t>& members,
                          const Frame* outer) {
    std::vector<std::pair<Row, Row>> keyed;  // sort keys, arguments
    for (size_t i : members) {
      const Frame frame{&child.outputs, &input[i], outer};
      if (call.filter) {
        LATHE_ASSIGN(bool holds, Holds(*call.filter, &frame));
        if (!holds) continue;
      }
      std::pair<Row, Row> entry;
      for (const logical::SortKey& key : call.order) {
        LATHE_ASSIGN(Value value, Eval(*key.expression, &frame));
        entry.first.push_back(std::move(value));
      }
      for (const expr::ExprPtr& arg : call.args) {
        LATHE_ASSIGN(Value value, Eval(*arg, &frame));
        entry.second.push_back(std::move(value));
      }
      keyed.push_back(std::move(entry));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
      const int order = CompareKeys(call.order, a.first, b.first);
      if (order != 0 || !call.distinct) return order < 0;
      return RowLess()(a.second, b.second);
    });
    std::vector<Row> rows;
    for (auto& entry : keyed) {
      const bool repeats = call.distinct && !rows.empty() &&
                           !RowLess()(rows.back(), entry.second) &&
                           !RowLess()(entry.second, rows.back());
      if (!repeats) rows.push_back(std::move(entry.second));
    }
    std::vector<types::Type> types;
    for (const auto& arg : call.args) types.push_back(arg->type);
    return RunSteps(*call.function, call.output.type, rows, types, &call.order, &functions_);
  }

  Rows Window(const logical::Window& window, const Frame* outer) {
    const Node& child = *window.children[0];
    LATHE_ASSIGN(std::vector<Row> input, Run(child, outer));
    std::map<Row, std::vector<std::pair<Row, size_t>>, RowLess> partitions;  // keys, row
    for (size_t i = 0; i < input.size(); ++i) {
      const Frame frame{&child.outputs, &input[i], outer};
      Row partition, key;
      for (const auto& e : window.partition) {
        LATHE_ASSIGN(Value value, Eval(*e, &frame));
        partition.push_back(std::move(value));
      }
      for (const logical::SortKey& part : window.order) {
        LATHE_ASSIGN(Value value, Eval(*part.expression, &frame));
        key.push_back(std::move(value));
      }
      partitions[partition].emplace_back(std::move(key), i);
    }
    std::vector<Row> rows;
    for (auto& [partition, members] : partitions) {
      std::stable_sort(members.begin(), members.end(), [&](const auto& a, const auto& b) {
        return CompareKeys(window.order, a.first, b.first) < 0;
      });
      const size_t first = rows.size();
      for (const auto& member : members) rows.push_back(input[member.second]);
      for (const logical::WindowCall& call : window.calls) {
        WindowInput in;
        in.order = &window.order;
        for (const auto& [key, index] : members) {
          const Frame frame{&child.outputs, &input[index], outer};
          Row args;
          for (const auto& arg : call.args) {
            LATHE_ASSIGN(Value value, Eval(*arg, &frame));
            args.push_back(std::move(value));
          }
          bool passes = true;
          if (call.filter) {
            LATHE_ASSIGN(passes, Holds(*call.filter, &frame));
          }
          in.keys.push_back(key);
          in.args.push_back(std::move(args));
          in.passes.push_back(passes);
        }
        if (call.frame.start.offset) {
          LATHE_ASSIGN(in.start, Eval(*call.frame.start.offset, outer));
        }
        if (call.frame.end.offset) {
          LATHE_ASSIGN(in.end, Eval(*call.frame.end.offset, outer));
        }
        LATHE_ASSIGN(std::vector<Value> column, WindowColumn(call, in, &functions_));
        for (size_t i = 0; i < column.size(); ++i) rows[first + i].push_back(std::move(column[i]));
      }
    }
    return rows;
  }

  Rows TableFunction(const logical::TableFunction& node, const Frame* outer) {
    struct Taker final : func::SetSink {
      const logical::TableFunction::Call* call = nullptr;
      std::vector<Row> rows;
      bool Add(const types::Datum* values, const bool* nulls) override {
        Row row;
        for (size_t i = 0; i < call->outputs.size(); ++i) {
          const types::Type& type = call->outputs[i].type;
          const types::Type boxed =
              type.is_fixed_numeric() ? types::Type(types::TypeId::kNumeric) : type;
          row.push_back(nulls[i] ? Value::Null(type) : Value::FromDatum(boxed, values[i]));
        }
        rows.push_back(std::move(row));
        return true;
      }
    };
    const Node& child = *node.children[0];
    LATHE_ASSIGN(std::vector<Row> input, Run(child, outer));
    std::vector<Row> rows;
    for (const Row& in : input) {
      const Frame frame{&child.outputs, &in, outer};
      std::vector<Taker> takers(node.calls.size());
      size_t longest = 0;
      for (size_t c = 0; c < node.calls.size(); ++c) {
        const auto& call = node.calls[c];
        takers[c].call = &call;
        std::vector<Value> values;
        std::vector<types::Datum> datums(call.args.size() + 1);
        std::vector<types::Type> arg_types;
        const auto nulls = std::make_unique<bool[]>(call.args.size() + 1);
        bool any_null = false;
        for (const auto& arg : call.args) {
          LATHE_ASSIGN(Value value, Eval(*arg, &frame));
          arg_types.push_back(arg->type);
          values.push_back(std::move(value));
        }
        for (size_t i = 0; i < values.size(); ++i) {
          nulls[i] = values[i].is_null();
          any_null |= nulls[i];
          if (nulls[i]) continue;
          datums[i] = values[i].type().is_fixed_numeric()
                          ? types::BigFromFixed(values[i].type(), values[i].datum(), &arena_)
                          : values[i].datum();
        }
        if (any_null && call.function->strict) continue;
        func::CallTypes types;
        types.args = arg_types;
        types.result = call.outputs[0].type;
        functions_.call = &types;
        if (call.function->run(&functions_, datums.data(), nulls.get(), &takers[c]) ==
            func::CallStatus::kError) {
          Error error = std::move(*functions_.error);
          functions_.error.reset();
          return error;
        }
        longest = std::max(longest, takers[c].rows.size());
      }
      for (size_t i = 0; i < longest; ++i) {
        Row row = in;
        for (size_t c = 0; c < node.calls.size(); ++c) {
          for (size_t o = 0; o < node.calls[c].outputs.size(); ++o) {
            row.push_back(i < takers[c].rows.size() ? takers[c].rows[i][o]
                                                    : Value::Null(node.calls[c].outputs[o].type));
          }
        }
        if (node.with_ordinality) row.push_back(Value::Int8(static_cast<int64_t>(i + 1)));
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

  Rows Recursive(const logical::Recursive& node, const Frame* outer) {
    std::set<Row, RowLess> seen;
    auto fresh = [&](std::vector<Row> rows) {
      if (!node.distinct) return rows;
      std::vector<Row> kept;
      for (Row& row : rows) {
        if (seen.insert(row).second) kept.push_back(std::move(row));
      }
      return kept;
    };
    LATHE_ASSIGN(std::vector<Row> first, Run(*node.children[0], outer));
    std::vector<Row> working = fresh(std::move(first)), rows;
    while (!working.empty()) {
      rows.insert(rows.end(), working.begin(), working.end());
      ctes_[node.working] = {&node, std::move(working), node.children[0].get()};
      LATHE_ASSIGN(std::vector<Row> next, Run(*node.children[1], outer));
      working = fresh(std::move(next));
    }
    return rows;
  }

  Rows Sort(const logical::Sort& sort, const Frame* outer) {
    const Node& child = *sort.children[0];
    LATHE_ASSIGN(std::vector<Row> input, Run(child, outer));
    std::vector<std::pair<Row, size_t>> keyed;
    for (size_t i = 0; i < input.size(); ++i) {
      const Frame frame{&child.outputs, &input[i], outer};
      Row key;
      for (const logical::SortKey& part : sort.keys) {
        LATHE_ASSIGN(Value value, Eval(*part.expression, &frame));
        key.push_back(std::move(value));
      }
      keyed.emplace_back(std::move(key), i);
    }
    std::sort(keyed.begin(), keyed.end(), [&sort](const auto& a, const auto& b) {
      for (size_t k = 0; k < sort.keys.size(); ++k) {
        const Value& x = a.first[k];
        const Value& y = b.first[k];
        if (x.is_null() && y.is_null()) continue;
        if (x.is_null() || y.is_null()) return x.is_null() == sort.keys[k].nulls_first;
        if (const int order = CompareValues(x, y)) {
          return sort.keys[k].descending ? order > 0 : order < 0;
        }
      }
      return a.second < b.second;
    });
    std::vector<Row> rows;
    for (const auto& entry : keyed) rows.push_back(std::move(input[entry.second]));
    return rows;
  }

  Rows Limit(const logical::Limit& limit, const Frame* outer) {
    size_t from = 0, count = SIZE_MAX;
    if (limit.offset) {
      LATHE_ASSIGN(Value value, Eval(*limit.offset, outer));
      if (!value.is_null() && value.AsInt64() < 0) {
        return MakeError(SqlState::kInvalidRowCountInOffset, "OFFSET must not be negative");
      }
      if (!value.is_null()) from = static_cast<size_t>(value.AsInt64());
    }
    if (limit.limit) {
      LATHE_ASSIGN(Value value, Eval(*limit.limit, outer));
      if (!value.is_null() && value.AsInt64() < 0) {
        return MakeError(SqlState::kInvalidRowCountInLimit, "LIMIT must not be negative");
      }
      if (!value.is_null()) count = static_cast<size_t>(value.AsInt64());
    }
    LATHE_ASSIGN(std::vector<Row> rows, Run(*limit.children[0], outer));
    rows.erase(rows.begin(), rows.begin() + std::min(from, rows.size()));
    rows.resize(std::min(count, rows.size()));
    return rows;
  }

  Rows SetOperation(const logical::SetOperation& set, const Frame* outer) {
    LATHE_ASSIGN(std::vector<Row> rows, Run(*set.children[0], outer));
    for (size_t c = 1; c < set.children.size(); ++c) {
      LATHE_ASSIGN(std::vector<Row> right, Run(*set.children[c], outer));
      if (set.operation == logical::SetOperationKind::kUnion) {
        for (Row& row : right) rows.push_back(std::move(row));
      } else {
        // How often each row comes on the right: INTERSECT keeps as many, EXCEPT takes away as
        // many.
        std::map<Row, size_t, RowLess> counts;
        for (const Row& row : right) ++counts[row];
        const bool intersect = set.operation == logical::SetOperationKind::kIntersect;
        std::vector<Row> kept;
        for (Row& row : rows) {
          auto found = counts.find(row);
          const bool there = found != counts.end() && found->second > 0;
          if (there && set.all) --found->second;
          if (there == intersect) kept.push_back(std::move(row));
        }
        rows = std::move(kept);
      }
    }
    if (set.all) return rows;
    std::set<Row, RowLess> seen;
    std::vector<Row> distinct;
    for (Row& row : rows) {
      if (seen.insert(row).second) distinct.push_back(std::move(row));
    }
    return distinct;
  }

  Rows With(const logical::With& with, const Frame* outer) {
    LATHE_ASSIGN(std::vector<Row> rows, Run(*with.children[0], outer));
    ctes_[with.cte] = {with.children[0].get(), std::move(rows)};
    return Run(*with.children[1], outer);
  }

  Rows CteScan(const logical::CteScan& scan) {
    const auto found = ctes_.find(scan.cte);
    if (found == ctes_.end()) {
      return MakeError(SqlState::kInternalError, "scan of an unknown common table expression");
    }
    std::vector<Row> rows;
    for (const Row& source : found->second.rows) {
      Row row;
      for (expr::ColumnId id : scan.source) {
        const auto& columns = found->second.definition->outputs;
        for (size_t i = 0; i < columns.size(); ++i) {
          const Node* also = found->second.also;
          if (columns[i].id == id || (also != nullptr && also->outputs[i].id == id)) {
            row.push_back(source[i]);
          }
        }
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  Rows Modify(const logical::Modify& modify, const Frame* outer) {
    const Node& child = *modify.children[0];
    LATHE_ASSIGN(std::vector<Row> input, Run(child, outer));
    const row::Layout layout = exec::WriteLayout(*modify.relation, modify.write);
    const std::vector<uint32_t> live = modify.relation->LiveColumns();
    struct Changes {
      row::Layout layout;
      base::MemoryBudget budget{0};
      row::RowBuffer buffer{&layout, &budget};
      uint64_t affected = 0;
    };
    LATHE_ASSIGN(input, OnceEach(modify, std::move(input)));
    auto changes = std::make_shared<Changes>();
    changes->layout = layout;
    row::RowBuffer& buffer = changes->buffer;
    for (const Row& row : input) {
      std::vector<types::Datum> datums(layout.field_count());
      auto nulls = std::make_unique<bool[]>(layout.field_count());
      for (size_t field = 0; field < layout.field_count(); ++field) {
        nulls[field] = true;
        for (size_t i = 0; i < child.outputs.size(); ++i) {
          if (child.outputs[i].id != modify.source[field] || row[i].is_null()) continue;
          nulls[field] = false;
          datums[field] = row[i].datum();
        }
        if (!modify.source[field]) nulls[field] = false;  // the hidden row id, given by the sink
        if (nulls[field] && layout.field(field).null_bit < 0) {
          const schema::Column& column = modify.relation->columns[live[field % live.size()]];
          return MakeError(SqlState::kNotNullViolation,
                           "null value in column \"" + column.name + "\" of relation \"" +
                               modify.relation->name + "\" violates not-null constraint");
        }
      }
      if (!buffer.AppendRow(datums.data(), nulls.get())) {
        return MakeError(SqlState::kOutOfMemory, "out of memory");
      }
    }
    writes_.push_back([this, &modify, changes]() -> Status {
      LATHE_ASSIGN(std::unique_ptr<exec::RowSink> sink,
                   tables_->OpenWrite(modify.relation, modify.write, &changes->affected));
      for (size_t p = 0; p < changes->buffer.page_count(); ++p) {
        const char* page = changes->buffer.page(p);
        LATHE_TRY(sink->Consume({page, 0, row::HeaderOf(page).row_count}));
      }
      LATHE_TRY(sink->Finish());
      if (modify.counts) affected_ += changes->affected;
      return Ok();
    });
    return input;
  }

  /// Modify::repeats: rows of the table that come again are dropped, or an error.
  Rows OnceEach(const logical::Modify& modify, std::vector<Row> input) {
    using Repeats = logical::Modify::Repeats;
    if (modify.repeats == Repeats::kNone || modify.write == exec::WriteKind::kInsert) return input;
    const std::vector<uint32_t> live = modify.relation->LiveColumns();
    const size_t fields = exec::WriteLayout(*modify.relation, modify.write).field_count();
    const size_t old = modify.write == exec::WriteKind::kUpdate ? fields / 2 : 0;
    std::vector<size_t> key;
    if (modify.relation->has_row_id()) key.push_back(old + live.size());
    for (const schema::KeyColumn& part : modify.relation->key) {
      for (size_t i = 0; i < live.size(); ++i) {
        if (live[i] == part.column) key.push_back(old + i);
      }
    }
    std::set<Row, RowLess> seen;
    std::vector<Row> kept;
    const auto& columns = modify.children[0]->outputs;
    for (Row& row : input) {
      Row values;
      for (size_t field : key) {
        for (size_t i = 0; i < columns.size(); ++i) {
          if (columns[i].id == modify.source[field]) values.push_back(row[i]);
        }
      }
      if (seen.insert(std::move(values)).second) {
        kept.push_back(std::move(row));
      } else if (modify.repeats == Repeats::kError) {
        return MakeError(SqlState::kCardinalityViolation,
                         "MERGE command cannot affect row a second time");
      }
    }
    return kept;
  }

  struct CteRows {
    const Node* definition = nullptr;
    std::vector<Row> rows;
    const Node* also = nullptr;  // whose columns mean the same, in order
  };

  std::span<const Value> params_;
  exec::TableAccess* tables_;
  base::Arena arena_;
  func::FunctionContext functions_;
  std::map<uint32_t, CteRows> ctes_;
  std::vector<std::function<Status()>> writes_;
  uint64_t affected_ = 0;
};

}  // namespace

Result<std::vector<Row>> Run(const logical::Query& query, std::span<const Value> params,
                             exec::TableAccess* tables, const func::FunctionContext* functions,
                             uint64_t* affected) {
  Evaluator evaluator(params, tables, functions);
  Result<std::vector<Row>> rows = evaluator.Run(*query.root, nullptr);
  if (rows.ok()) LATHE_TRY(evaluator.WriteAll());
  if (rows.ok() && query.root->kind == logical::Kind::kModify) rows.value().clear();
  if (affected != nullptr) *affected = evaluator.affected();
  return rows;
}

}  // namespace lathe::oracle
