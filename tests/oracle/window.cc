#include "tests/oracle/window.h"

#include <algorithm>

#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"
#include "tests/oracle/aggregate.h"

namespace lathe::oracle {
namespace {

using logical::FrameBoundKind;
using types::Datum;
using types::Type;
using types::Value;

Type BoxedType(const Type& type) {
  return type.is_fixed_numeric() ? Type(types::TypeId::kNumeric, type.typmod) : type;
}

Value Boxed(const Value& value, base::Arena* arena) {
  if (value.is_null() || !value.type().is_fixed_numeric()) return value;
  return Value::FromDatum(BoxedType(value.type()),
                          types::BigFromFixed(value.type(), value.datum(), arena));
}

Result<Value> As(const Type& type, const Value& value) {
  if (value.is_null()) return Value::Null(type);
  if (!(value.type().id == types::TypeId::kNumeric) || value.type() == type) {
    Value same = value;
    return same;
  }
  base::Arena arena;
  const Value big = Boxed(value, &arena);
  if (!type.is_fixed_numeric()) return big;
  LATHE_ASSIGN(Datum fixed, types::FixedFromNumeric(type, types::Numeric::FromDatum(big.datum())));
  return Value::FromDatum(type, fixed);
}

class WindowCalls {
 public:
  WindowCalls(const logical::WindowCall& call, const WindowInput& input,
              func::FunctionContext* functions)
      : call_(call), input_(input), functions_(functions), count_(input.args.size()) {
    size_t group = 0;
    for (size_t i = 0; i < count_; ++i) {
      if (i > 0 && CompareKeys(*input.order, input.keys[i - 1], input.keys[i]) != 0) ++group;
      group_of_.push_back(group);
    }
  }

  Result<std::vector<Value>> Run() {
    LATHE_TRY(CheckOffset(call_.frame.start, input_.start, "starting"));
    LATHE_TRY(CheckOffset(call_.frame.end, input_.end, "ending"));
    std::vector<Value> column;
    for (size_t i = 0; i < count_; ++i) {
      LATHE_ASSIGN(Value value, call_.function != nullptr ? Function(i) : Aggregate(i));
      column.push_back(std::move(value));
    }
    return column;
  }

 private:
  /// Of ROWS and GROUPS.
  Status CheckOffset(const logical::FrameBound& bound, const Value& offset, const char* which) {
    if (bound.offset == nullptr) return Ok();
    const std::string what = std::string("frame ") + which + " offset must not be ";
    if (offset.is_null()) return MakeError(SqlState::kNullValueNotAllowed, what + "null");
    if (call_.frame.mode != logical::FrameMode::kRange && offset.AsInt64() < 0) {
      return MakeError(SqlState::kInvalidPrecedingOrFollowingSize, what + "negative");
    }
    return Ok();
  }

  Result<Value> Aggregate(size_t row) {
    LATHE_ASSIGN(std::vector<size_t> frame, FrameOf(row));
    std::vector<Row> rows;
    std::vector<Type> types;
    for (const auto& arg : call_.args) types.push_back(arg->type);
    for (size_t i : frame) {
      if (input_.passes[i]) rows.push_back(input_.args[i]);
    }
    return RunSteps(*call_.aggregate, call_.output.type, rows, types, nullptr, functions_);
  }

  Result<Value> Function(size_t row) {
    using Kind = func::WindowKind;
    const auto number = [](size_t n) { return Value::Int8(static_cast<int64_t>(n)); };
    const auto peers = std::count(group_of_.begin(), group_of_.end(), group_of_[row]);
    const auto first_peer = static_cast<size_t>(
        std::find(group_of_.begin(), group_of_.end(), group_of_[row]) - group_of_.begin());
    const double total = static_cast<double>(count_);
    switch (call_.function->kind) {
      case Kind::kRowNumber:
        return number(row + 1);
      case Kind::kRank:
        return number(first_peer + 1);
      case Kind::kDenseRank:
        return number(group_of_[row] + 1);
      case Kind::kPercentRank:
        return Value::Float8(count_ < 2 ? 0 : static_cast<double>(first_peer) / (total - 1));
      case Kind::kCumeDist:
        return Value::Float8(static_cast<double>(first_peer + static_cast<size_t>(peers)) / total);
      case Kind::kNtile:
        return Ntile(row);
      case Kind::kLag:
        return Shifted(row, -1);
      case Kind::kLead:
        return Shifted(row, 1);
      case Kind::kFirstValue:
      case Kind::kLastValue:
      case Kind::kNthValue:
        return OfFrame(row);
    }
    return MakeError(SqlState::kInternalError, "unknown window function");
  }

  Result<Value> Ntile(size_t row) {
    const Value& buckets = input_.args[0][0];
    if (buckets.is_null()) return Value::Null(call_.output.type);
    if (buckets.AsInt64() <= 0) {
      return MakeError(SqlState::kInvalidArgumentForNtile,
                       "argument of ntile must be greater than zero");
    }
    // Deals the rows out: the first buckets get one more.
    const auto n = static_cast<size_t>(buckets.AsInt64());
    size_t bucket = 0, left = count_ / n + (count_ % n > 0 ? 1 : 0);
    for (size_t i = 0; i < row; ++i) {
      if (--left > 0) continue;
      ++bucket;
      left = count_ / n + (bucket < count_ % n ? 1 : 0);
    }
    return Value::Int4(static_cast<int32_t>(bucket + 1));
  }

  Result<Value> Shifted(size_t row, int direction) {
    int64_t by = 1;
    if (call_.args.size() > 1) {
      if (input_.args[row][1].is_null()) return Value::Null(call_.output.type);
      by = input_.args[row][1].AsInt64();
    }
    const int64_t at = static_cast<int64_t>(row) + direction * by;
    if (at >= 0 && at < static_cast<int64_t>(count_)) {
      return As(call_.output.type, input_.args[static_cast<size_t>(at)][0]);
    }
    if (call_.args.size() > 2) return As(call_.output.type, input_.args[row][2]);
    return Value::Null(call_.output.type);
  }

  Result<Value> OfFrame(size_t row) {
    LATHE_ASSIGN(std::vector<size_t> frame, FrameOf(row));
    size_t nth = 0;
    if (call_.function->kind == func::WindowKind::kNthValue) {
      const Value& n = input_.args[row][1];
      if (n.is_null()) return Value::Null(call_.output.type);
      if (n.AsInt64() <= 0) {
        return MakeError(SqlState::kInvalidArgumentForNthValue,
                         "argument of nth_value must be greater than zero");
      }
      nth = static_cast<size_t>(n.AsInt64()) - 1;
    }
    if (nth >= frame.size()) return Value::Null(call_.output.type);
    if (call_.function->kind == func::WindowKind::kLastValue) nth = frame.size() - 1;
    return As(call_.output.type, input_.args[frame[nth]][0]);
  }

  Result<std::vector<size_t>> FrameOf(size_t row) {
    std::vector<size_t> frame;
    for (size_t i = 0; i < count_; ++i) {
      LATHE_ASSIGN(bool after, Within(call_.frame.start, input_.start, row, i, true));
      LATHE_ASSIGN(bool before, Within(call_.frame.end, input_.end, row, i, false));
      if (!after || !before) continue;
      const bool peer = group_of_[i] == group_of_[row];
      switch (call_.frame.exclusion) {
        case logical::FrameExclusion::kNone:
          break;
        case logical::FrameExclusion::kCurrentRow:
          if (i == row) continue;
          break;
        case logical::FrameExclusion::kGroup:
          if (peer) continue;
          break;
        case logical::FrameExclusion::kTies:
          if (peer && i != row) continue;
          break;
      }
      frame.push_back(i);
    }
    return frame;
  }

  /// Whether row i lies on the right side of a bound of the frame of `row`.
  Result<bool> Within(const logical::FrameBound& bound, const Value& offset, size_t row, size_t i,
                      bool is_start) {
    auto side = [is_start](auto at, auto limit) { return is_start ? at >= limit : at <= limit; };
    const bool preceding = bound.kind == FrameBoundKind::kPreceding;
    switch (bound.kind) {
      case FrameBoundKind::kUnboundedPreceding:
      case FrameBoundKind::kUnboundedFollowing:
        return true;
      case FrameBoundKind::kCurrentRow:
        if (call_.frame.mode == logical::FrameMode::kRows) return side(i, row);
        return side(group_of_[i], group_of_[row]);
      case FrameBoundKind::kPreceding:
      case FrameBoundKind::kFollowing:
        break;
    }
    if (call_.frame.mode == logical::FrameMode::kRange) {
      return WithinRange(offset, row, i, is_start, preceding);
    }
    const auto by = static_cast<types::int128>(offset.AsInt64()) * (preceding ? -1 : 1);
    const bool rows = call_.frame.mode == logical::FrameMode::kRows;
    const auto at = static_cast<types::int128>(rows ? i : group_of_[i]);
    return side(at, static_cast<types::int128>(rows ? row : group_of_[row]) + by);
  }

  Result<bool> WithinRange(const Value& offset, size_t row, size_t i, bool is_start,
                           bool preceding) {
    const logical::SortKey& key = (*input_.order)[0];
    const Value& own = input_.keys[row][0];
    const Value& other = input_.keys[i][0];
    if (own.is_null()) return other.is_null() || (i < row) != is_start;
    if (other.is_null()) return (i < row) != is_start;
    const func::Function& step =
        preceding != key.descending ? *call_.frame.range_minus : *call_.frame.range_plus;
    base::Arena arena;
    const Value key_boxed = Boxed(own, &arena), offset_boxed = Boxed(offset, &arena),
                other_boxed = Boxed(other, &arena);
    const Datum args[2] = {key_boxed.datum(), offset_boxed.datum()};
    const bool nulls[2] = {false, false};
    Datum limit;
    if (step.boxed(functions_, args, nulls, &limit) == func::CallStatus::kError) {
      functions_->error.reset();
      return preceding == is_start;  // the limit lies beyond all values
    }
    int order = CompareValues(other_boxed, Value::FromDatum(other_boxed.type(), limit));
    if (key.descending) order = -order;
    return is_start ? order >= 0 : order <= 0;
  }

  const logical::WindowCall& call_;
  const WindowInput& input_;
  func::FunctionContext* functions_;
  size_t count_;
  std::vector<size_t> group_of_;
};

}  // namespace

int CompareKeys(const std::vector<logical::SortKey>& order, const Row& a, const Row& b) {
  for (size_t k = 0; k < order.size(); ++k) {
    if (a[k].is_null() && b[k].is_null()) continue;
    if (a[k].is_null() || b[k].is_null()) return a[k].is_null() == order[k].nulls_first ? -1 : 1;
    if (const int c = CompareValues(a[k], b[k])) return order[k].descending ? -c : c;
  }
  return 0;
}

Result<std::vector<Value>> WindowColumn(const logical::WindowCall& call, const WindowInput& input,
                                        func::FunctionContext* functions) {
  return WindowCalls(call, input, functions).Run();
}

Result<Value> RunSteps(const func::Aggregate& function, const Type& result,
                       const std::vector<Row>& rows, const std::vector<Type>& arg_types,
                       const std::vector<logical::SortKey>* order,
                       func::FunctionContext* functions) {
  base::Arena arena;
  base::Arena* const before = functions->arena;
  functions->arena = &arena;
  std::vector<Type> boxed_types;
  for (const Type& type : arg_types) boxed_types.push_back(BoxedType(type));
  func::CallTypes types;
  types.args = boxed_types;
  types.result = BoxedType(result);
  std::vector<func::CallTypes::SortedBy> sorted_by;
  if (order != nullptr) {
    for (const logical::SortKey& key : *order) {
      sorted_by.push_back({key.descending, key.nulls_first});
    }
  }
  if (function.within_group) types.order = sorted_by;
  functions->call = &types;
  const func::AggregateSteps& steps = *function.steps;
  void* state = arena.Allocate(steps.state_bytes);
  std::fill_n(static_cast<char*>(state), steps.state_bytes, 0);
  if (steps.init != nullptr) steps.init(functions, state);
  auto status = func::CallStatus::kOk;
  for (const Row& row : rows) {
    std::vector<Value> values;
    std::vector<Datum> datums(row.size() + 1);
    const auto nulls = std::make_unique<bool[]>(row.size() + 1);
    bool any_null = false;
    for (size_t i = 0; i < row.size(); ++i) {
      values.push_back(Boxed(row[i], &arena));
      nulls[i] = row[i].is_null();
      any_null |= nulls[i];
    }
    for (size_t i = 0; i < row.size(); ++i) {
      if (!nulls[i]) datums[i] = values[i].datum();
    }
    if (any_null && function.strict) continue;
    status = steps.step(functions, state, datums.data(), nulls.get());
    if (status == func::CallStatus::kError) break;
  }
  Datum datum;
  if (status != func::CallStatus::kError) status = steps.finish(functions, state, &datum);
  functions->arena = before;
  if (status == func::CallStatus::kNull) return Value::Null(result);
  if (status == func::CallStatus::kError) {
    Error error = std::move(*functions->error);
    functions->error.reset();
    return error;
  }
  return As(result, Value::FromDatum(BoxedType(result), datum));
}

}  // namespace lathe::oracle
