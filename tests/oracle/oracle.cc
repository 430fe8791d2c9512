// The evaluator: one function per operator, each computing all its rows from all rows of its
// children.
#include "tests/oracle/oracle.h"

#include <algorithm>
#include <map>
#include <set>

#include "codegen/expr/evaluate.h"
#include "runtime/base/memory.h"
#include "runtime/func/compare.h"
#include "runtime/row/row_buffer.h"
#include "tests/oracle/aggregate.h"

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
    std::map<Row, std::vector<size_t>, RowLess> members;  // group -> input rows
    std::vector<Row> keys;                                // in the order of their first row
    for (size_t i = 0; i < input.size(); ++i) {
      const Frame frame{&child.outputs, &input[i], outer};
      Row key;
      for (const expr::ExprPtr& group : aggregate.groups) {
        LATHE_ASSIGN(Value value, Eval(*group, &frame));
        key.push_back(std::move(value));
      }
      std::vector<size_t>& rows = members[key];
      if (rows.empty()) keys.push_back(key);
      rows.push_back(i);
    }
    if (aggregate.groups.empty() && keys.empty()) keys.emplace_back();
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
          if (columns[i].id == id) row.push_back(source[i]);
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
    LATHE_ASSIGN(std::unique_ptr<exec::RowSink> sink,
                 tables_->OpenWrite(modify.relation, modify.write, &affected_));
    base::MemoryBudget budget(0);
    row::RowBuffer buffer(&layout, &budget);
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
    for (size_t p = 0; p < buffer.page_count(); ++p) {
      const char* page = buffer.page(p);
      LATHE_TRY(sink->Consume({page, 0, row::HeaderOf(page).row_count}));
    }
    LATHE_TRY(sink->Finish());
    return std::vector<Row>();
  }

  struct CteRows {
    const Node* definition = nullptr;
    std::vector<Row> rows;
  };

  std::span<const Value> params_;
  exec::TableAccess* tables_;
  base::Arena arena_;
  func::FunctionContext functions_;
  std::map<uint32_t, CteRows> ctes_;
  uint64_t affected_ = 0;
};

}  // namespace

Result<std::vector<Row>> Run(const logical::Query& query, std::span<const Value> params,
                             exec::TableAccess* tables, const func::FunctionContext* functions,
                             uint64_t* affected) {
  Evaluator evaluator(params, tables, functions);
  Result<std::vector<Row>> rows = evaluator.Run(*query.root, nullptr);
  if (affected != nullptr) *affected = evaluator.affected();
  return rows;
}

}  // namespace lathe::oracle
