#include "runtime/state/window.h"

#include <algorithm>
#include <cstring>

#include "runtime/state/segment_tree.h"
#include "runtime/state/window_frame.h"
#include "runtime/types/datetime.h"
#include "runtime/types/numeric.h"

namespace lathe::state {
namespace {

constexpr size_t kTaskRows = 16 * 1024;
constexpr size_t kRowsPerCancelCheck = 1024;

/// A call's results for the rows of one partition.
struct Column {
  std::vector<types::Datum> values;
  std::vector<uint8_t> nulls;
};

/// One thread's work on some whole partitions.
class Task {
 public:
  Task(const WindowSpec* spec, const std::vector<FrameOffsets>* offsets, base::MemoryBudget* budget,
       const func::FunctionContext* context, QueryState* query, row::RowBuffer* out)
      : spec_(spec), offsets_(offsets), budget_(budget), query_(query), out_(out) {
    if (context != nullptr) context_ = *context;
    context_.error.reset();
  }

  size_t from = 0, to = 0;  // rows
  Status status;

  /// Computes the calls of one partition and links the results to its rows.
  Status Run(const char* const* rows, size_t count) {
    const uint64_t bytes = count * spec_->calls.size() * (sizeof(types::Datum) + 1);
    if (budget_ != nullptr && !budget_->TryChargeSmall(bytes)) return OutOfMemory();
    Status done = Compute(rows, count);
    if (budget_ != nullptr) budget_->Release(bytes);
    results_.Reset();
    return done;
  }

 private:
  Status Compute(const char* const* rows, size_t count) {
    Partition partition(spec_, rows, count);
    std::vector<Column> columns(spec_->calls.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      columns[i].values.resize(count);
      columns[i].nulls.assign(count, 0);
      const WindowCallSpec& call = spec_->calls[i];
      if (call.function == nullptr) {
        LATHE_TRY(Aggregate(call, (*offsets_)[i], &partition, &columns[i]));
      } else {
        LATHE_TRY(Function(call, (*offsets_)[i], &partition, &columns[i]));
      }
    }
    return Write(rows, count, columns);
  }

  Status Write(const char* const* rows, size_t count, const std::vector<Column>& columns) {
    const row::Layout& layout = spec_->results;
    for (size_t i = 0; i < count; ++i) {
      uint64_t heap_bytes = 0;
      for (size_t c = 0; c < columns.size(); ++c) {
        if (layout.field(c).repr == types::Repr::kString && !columns[c].nulls[i]) {
          heap_bytes += row::StringHeapBytes(columns[c].values[i].string.size);
        }
      }
      char* row = out_->Append(heap_bytes);
      if (row == nullptr) return OutOfMemory();
      for (size_t c = 0; c < columns.size(); ++c) {
        if (columns[c].nulls[i]) {
          out_->SetNull(row, c);
        } else {
          out_->Set(row, c, columns[c].values[i]);
        }
      }
      StoreAt(const_cast<char*>(rows[i]) + kWindowResultOffset, reinterpret_cast<uint64_t>(row));
    }
    return Ok();
  }

  Status CheckCancel(size_t row) {
    if (row % kRowsPerCancelCheck != kRowsPerCancelCheck - 1 || !Cancelled(*query_)) return Ok();
    return CancelError(query_->cancel->load(std::memory_order_relaxed));
  }

  // --- functions

  Status Function(const WindowCallSpec& call, const FrameOffsets& offsets, Partition* partition,
                  Column* out) {
    using Kind = func::WindowKind;
    const size_t count = partition->count();
    auto each = [&](auto&& value_of) {
      for (size_t i = 0; i < count; ++i) value_of(i, &out->values[i]);
    };
    switch (call.function->kind) {
      case Kind::kRowNumber:
        each([](size_t i, types::Datum* v) { v->i64 = static_cast<int64_t>(i) + 1; });
        return Ok();
      case Kind::kRank:
        each([&](size_t i, types::Datum* v) {
          v->i64 = static_cast<int64_t>(partition->peers(i).from) + 1;
        });
        return Ok();
      case Kind::kDenseRank:
        each([&](size_t i, types::Datum* v) {
          v->i64 = static_cast<int64_t>(partition->group_of(i)) + 1;
        });
        return Ok();
      case Kind::kPercentRank:
        each([&](size_t i, types::Datum* v) {
          const auto rank = static_cast<double>(partition->peers(i).from);
          v->f64 = count <= 1 ? 0 : rank / static_cast<double>(count - 1);
        });
        return Ok();
      case Kind::kCumeDist:
        each([&](size_t i, types::Datum* v) {
          v->f64 = static_cast<double>(partition->peers(i).to) / static_cast<double>(count);
        });
        return Ok();
      case Kind::kNtile:
        return Ntile(call, partition, out);
      case Kind::kLag:
      case Kind::kLead:
        return Shift(call, partition, call.function->kind == Kind::kLag ? -1 : 1, out);
      case Kind::kFirstValue:
      case Kind::kLastValue:
      case Kind::kNthValue:
        return OfFrame(call, offsets, partition, out);
    }
    return Ok();
  }

  /// Copies an argument of a row into a result.
  Status Take(const WindowCallSpec& call, size_t arg, Partition* partition, size_t row, size_t to,
              Column* out) {
    const row::Layout& layout = partition->layout();
    const uint32_t field = call.call.args[arg];
    out->nulls[to] = layout.IsNull(partition->row(row), field);
    if (out->nulls[to]) return Ok();
    const types::Type& type = layout.field(field).type;
    if (type.id != types::TypeId::kNumeric || type == call.call.type) {
      out->values[to] =
          row::ReadField(layout, row::RowPageOf(partition->row(row)), partition->row(row), field);
      return Ok();
    }
    LATHE_ASSIGN(out->values[to],
                 Unbox(call.call.type, BoxField(layout, partition->row(row), field, &results_)));
    return Ok();
  }

  int64_t IntegerArgument(const WindowCallSpec& call, size_t arg, Partition* partition, size_t row,
                          bool* null) {
    const row::Layout& layout = partition->layout();
    const uint32_t field = call.call.args[arg];
    const char* at = partition->row(row);
    *null = layout.IsNull(at, field);
    if (*null) return 0;
    return row::ReadField(layout, row::RowPageOf(at), at, field).i32;
  }

  Status Ntile(const WindowCallSpec& call, Partition* partition, Column* out) {
    const size_t count = partition->count();
    bool null;
    const int64_t buckets = IntegerArgument(call, 0, partition, 0, &null);
    if (null) {
      out->nulls.assign(count, 1);
      return Ok();
    }
    if (buckets <= 0) {
      return MakeError(SqlState::kInvalidArgumentForNtile,
                       "argument of ntile must be greater than zero");
    }
    const size_t size = count / static_cast<size_t>(buckets);
    const size_t longer = count % static_cast<size_t>(buckets);  // buckets with one row more
    for (size_t i = 0; i < count; ++i) {
      const size_t in_longer = longer * (size + 1);
      const size_t bucket =
          i < in_longer ? i / (size + 1) : longer + (i - in_longer) / std::max<size_t>(size, 1);
      out->values[i].i32 = static_cast<int32_t>(bucket) + 1;
    }
    return Ok();
  }

  Status Shift(const WindowCallSpec& call, Partition* partition, int direction, Column* out) {
    const auto count = static_cast<int64_t>(partition->count());
    for (size_t i = 0; i < partition->count(); ++i) {
      int64_t offset = 1;
      bool null = false;
      if (call.call.args.size() > 1) offset = IntegerArgument(call, 1, partition, i, &null);
      if (null) {
        out->nulls[i] = 1;
        continue;
      }
      const int64_t row = static_cast<int64_t>(i) + direction * offset;
      if (row >= 0 && row < count) {
        LATHE_TRY(Take(call, 0, partition, static_cast<size_t>(row), i, out));
      } else if (call.call.args.size() > 2) {
        LATHE_TRY(Take(call, 2, partition, i, i, out));
      } else {
        out->nulls[i] = 1;
      }
    }
    return Ok();
  }

  Status OfFrame(const WindowCallSpec& call, const FrameOffsets& offsets, Partition* partition,
                 Column* out) {
    Frames frames(&call.frame, &offsets, partition, &context_, &scratch_);
    for (size_t i = 0; i < partition->count(); ++i) {
      LATHE_TRY(CheckCancel(i));
      RowRange frame, parts[3];
      LATHE_TRY(frames.FrameOf(i, &frame));
      scratch_.Reset();
      const size_t part_count = frames.Parts(i, frame, parts);
      int64_t wanted = 1;
      bool null = false;
      if (call.function->kind == func::WindowKind::kNthValue) {
        wanted = IntegerArgument(call, 1, partition, i, &null);
        if (!null && wanted <= 0) {
          return MakeError(SqlState::kInvalidArgumentForNthValue,
                           "argument of nth_value must be greater than zero");
        }
      }
      out->nulls[i] = 1;
      if (null || part_count == 0) continue;
      if (call.function->kind == func::WindowKind::kLastValue) {
        LATHE_TRY(Take(call, 0, partition, parts[part_count - 1].to - 1, i, out));
        continue;
      }
      auto skip = static_cast<size_t>(wanted - 1);
      for (size_t p = 0; p < part_count; ++p) {
        const size_t size = parts[p].to - parts[p].from;
        if (skip < size) {
          LATHE_TRY(Take(call, 0, partition, parts[p].from + skip, i, out));
          break;
        }
        skip -= size;
      }
    }
    return Ok();
  }

  // --- aggregates

  Status Aggregate(const WindowCallSpec& call, const FrameOffsets& offsets, Partition* partition,
                   Column* out) {
    base::Arena states;
    StepsRunner runner(&call.call, &partition->layout(), &context_, budget_);
    Frames frames(&call.frame, &offsets, partition, &context_, &scratch_);
    const bool moves = !frames.excludes() && (frames.starts_fixed() || runner.has_inverse());
    if (moves) return Moving(&runner, &frames, partition, &states, out);
    return OverRanges(&runner, &frames, partition, &states, out);
  }

  /// One state that takes rows in at the frames' ends and out at their beginnings.
  Status Moving(StepsRunner* runner, Frames* frames, Partition* partition, base::Arena* states,
                Column* out) {
    void* state = states->Allocate(runner->state_bytes());
    runner->Init(state, states);
    RowRange held;
    for (size_t i = 0; i < partition->count(); ++i) {
      LATHE_TRY(CheckCancel(i));
      RowRange frame;
      LATHE_TRY(frames->FrameOf(i, &frame));
      scratch_.Reset();
      if (i > 0 && frame.from == held.from && frame.to == held.to) {
        out->values[i] = out->values[i - 1];
        out->nulls[i] = out->nulls[i - 1];
        continue;
      }
      if (frame.from >= held.to && held.to > held.from) {
        runner->Init(state, states);
        held = {frame.from, frame.from};
      }
      if (held.empty()) held = {frame.from, frame.from};
      for (; held.from < frame.from; ++held.from) {
        LATHE_TRY(runner->Inverse(state, partition->row(held.from), states));
      }
      for (; held.to < frame.to; ++held.to) {
        LATHE_TRY(CheckCancel(held.to));
        LATHE_TRY(runner->Step(state, partition->row(held.to), states));
      }
      bool null = false;
      LATHE_TRY(Finish(runner, state, &out->values[i], &null));
      out->nulls[i] = null;
    }
    return Ok();
  }

  /// A new state for each frame, over a segment tree where frames are long.
  Status OverRanges(StepsRunner* runner, Frames* frames, Partition* partition, base::Arena* states,
                    Column* out) {
    void* state = states->Allocate(runner->state_bytes());
    std::unique_ptr<SegmentTree> tree;
    base::Arena held;
    RowRange last;
    for (size_t i = 0; i < partition->count(); ++i) {
      LATHE_TRY(CheckCancel(i));
      RowRange frame, parts[3];
      LATHE_TRY(frames->FrameOf(i, &frame));
      scratch_.Reset();
      if (i > 0 && !frames->excludes() && frame.from == last.from && frame.to == last.to) {
        out->values[i] = out->values[i - 1];
        out->nulls[i] = out->nulls[i - 1];
        continue;
      }
      last = frame;
      runner->Init(state, &held);
      const size_t part_count = frames->Parts(i, frame, parts);
      for (size_t p = 0; p < part_count; ++p) {
        const RowRange& part = parts[p];
        if (part.to - part.from > kShortFrame && runner->has_combine()) {
          if (tree == nullptr) {
            tree = std::make_unique<SegmentTree>(runner, partition->rows(), partition->count());
            LATHE_TRY(tree->Build(query_));
          }
          LATHE_TRY(tree->Add(part.from, part.to, state, &held));
          continue;
        }
        for (size_t r = part.from; r < part.to; ++r) {
          LATHE_TRY(CheckCancel(r));
          LATHE_TRY(runner->Step(state, partition->row(r), &held));
        }
      }
      bool null = false;
      LATHE_TRY(Finish(runner, state, &out->values[i], &null));
      out->nulls[i] = null;
      held.Reset();
    }
    return Ok();
  }

  /// The result's bytes are kept until the partition is written: they may lie in the state.
  Status Finish(StepsRunner* runner, const void* state, types::Datum* value, bool* null) {
    LATHE_TRY(runner->Finish(state, &finished_, value, null));
    if (!*null && types::ReprOf(runner->type()) == types::Repr::kString) {
      const std::string_view kept = results_.Copy(value->string.view());
      value->string = {kept.data(), kept.size()};
    }
    finished_.Reset();
    return Ok();
  }

  static constexpr size_t kShortFrame = 32;  // rows: stepping through them is as good as a tree

  const WindowSpec* spec_;
  const std::vector<FrameOffsets>* offsets_;
  base::MemoryBudget* budget_;
  QueryState* query_;
  row::RowBuffer* out_;
  func::FunctionContext context_;
  base::Arena results_, scratch_, finished_;
};

/// A negative offset of a RANGE frame, or NaN.
bool IsNegative(const types::Value& value) {
  const types::Type& type = value.type();
  switch (types::ReprOf(type)) {
    case types::Repr::kF32:
    case types::Repr::kF64:
      return !(value.AsDouble() >= 0);
    case types::Repr::kInterval:
      return types::IntervalSpan(value.datum().interval) < 0;
    case types::Repr::kString:
      return type.id == types::TypeId::kNumeric &&
             (types::Numeric::FromDatum(value.datum()).is_nan() ||
              types::Numeric::FromDatum(value.datum()).sign() < 0);
    case types::Repr::kI128:
      return value.datum().i128 < 0;
    default:
      return value.AsInt64() < 0;
  }
}

}  // namespace

WindowState::WindowState(const WindowSpec* spec, base::MemoryBudget* budget,
                         const func::FunctionContext* context)
    : spec_(spec), budget_(budget), context_(context), sort_(&spec->sort, budget) {
  offsets_.resize(spec->calls.size());
}

WindowState::~WindowState() = default;

Status WindowState::SetOffsets(size_t call, FrameOffsets offsets) {
  const FrameSpec& frame = spec_->calls[call].frame;
  auto check = [&](FrameBoundKind kind, types::Value* value, const char* which) -> Status {
    if (kind != FrameBoundKind::kPreceding && kind != FrameBoundKind::kFollowing) {
      *value = types::Value();
      return Ok();
    }
    if (value->is_null()) {
      return MakeError(SqlState::kNullValueNotAllowed,
                       std::string("frame ") + which + " offset must not be null");
    }
    if (!IsNegative(*value)) return Ok();
    return MakeError(SqlState::kInvalidPrecedingOrFollowingSize,
                     frame.mode == FrameMode::kRange
                         ? std::string("invalid preceding or following size in window function")
                         : std::string("frame ") + which + " offset must not be negative");
  };
  LATHE_TRY(check(frame.start, &offsets.start, "starting"));
  LATHE_TRY(check(frame.end, &offsets.end, "ending"));
  // Boxed, as range_minus and range_plus take them.
  for (types::Value* value : {&offsets.start, &offsets.end}) {
    if (value->is_null() || !value->type().is_fixed_numeric()) continue;
    base::Arena arena;
    *value = types::Value::FromDatum(types::TypeId::kNumeric,
                                     types::BigFromFixed(value->type(), value->datum(), &arena));
  }
  offsets_[call] = std::move(offsets);
  return Ok();
}

Status WindowState::Finish(QueryState* query, const ParallelFor& parallel) {
  LATHE_TRY(sort_.Finish(query, parallel));
  const RowList& rows = sort_.rows();
  auto same_partition = [&](size_t a, size_t b) {
    return SameKeys(spec_->sort.layout, spec_->sort.keys, 0, spec_->partition_keys, rows[a],
                    rows[b]);
  };
  std::vector<std::unique_ptr<Task>> tasks;
  for (size_t from = 0; from < rows.size();) {
    size_t to = spec_->partition_keys == 0 ? rows.size() : std::min(rows.size(), from + kTaskRows);
    while (to < rows.size() && same_partition(to - 1, to)) ++to;
    results_.push_back(std::make_unique<row::RowBuffer>(&spec_->results, budget_));
    tasks.push_back(
        std::make_unique<Task>(spec_, &offsets_, budget_, context_, query, results_.back().get()));
    tasks.back()->from = from;
    tasks.back()->to = to;
    from = to;
  }
  auto run = [&](size_t t) {
    Task& task = *tasks[t];
    for (size_t from = task.from; from < task.to && task.status.ok();) {
      size_t to = spec_->partition_keys == 0 ? task.to : from + 1;
      while (to < task.to && same_partition(from, to)) ++to;
      task.status = task.Run(rows.data() + from, to - from);
      if (Cancelled(*query)) return;
      Relieve(budget_);
      from = to;
    }
  };
  if (tasks.size() == 1) {
    run(0);
  } else if (!tasks.empty()) {
    parallel(tasks.size(), run);
  }
  for (const auto& task : tasks) LATHE_TRY(std::move(task->status));
  return Ok();
}

uint64_t WindowState::memory_bytes() const {
  uint64_t bytes = sort_.memory_bytes();
  for (const auto& buffer : results_) bytes += buffer->allocated_bytes();
  return bytes;
}

}  // namespace lathe::state
