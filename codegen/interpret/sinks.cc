// Sinks: rows kept, join tables, groups; and the values of calls from their components.
#include <cmath>

#include "codegen/interpret/interpreter.h"
#include "runtime/types/codec.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"

namespace lathe::interpret {

using func::AggregateKind;
using pipeline::Sink;
using pipeline::SinkKind;
using state::ComponentKind;
using types::Repr;

namespace {

/// The row that is written, as PostgreSQL's detail shows it: values cut to 64 bytes.
std::string RowText(const std::vector<Cell>& cells, const row::Layout& layout, size_t count,
                    const types::FormatContext& format) {
  constexpr size_t kBytesMax = 64;
  std::string text = "(";
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ", ";
    std::string one = "null";
    if (!cells[i].null) {
      one.clear();
      types::AppendText(layout.field(i).type, cells[i].datum, format, &one);
    }
    if (one.size() > kBytesMax) {
      size_t end = kBytesMax;
      while (end > 0 && (static_cast<unsigned char>(one[end]) & 0xc0) == 0x80) --end;
      one.resize(end);
      one += "...";
    }
    text += one;
  }
  return text + ")";
}

Error NullInRow(const Sink& sink, size_t field, const std::vector<Cell>& cells,
                const row::Layout& layout, const types::FormatContext& format) {
  if (sink.node == nullptr || sink.node->kind != physical::Kind::kModify)
    return MakeError(SqlState::kInternalError, "null value in a column that cannot be null");
  const schema::RelationDescriptor& relation = *sink.node->As<physical::Modify>().relation;
  std::vector<uint32_t> live = relation.LiveColumns();
  const size_t position = field % (live.size() + (relation.has_row_id() ? 1 : 0));
  const std::string column = position < live.size() ? relation.columns[live[position]].name : "";
  Error error = MakeError(SqlState::kNotNullViolation, "null value in column \"" + column +
                                                           "\" of relation \"" + relation.name +
                                                           "\" violates not-null constraint");
  error.detail = "Failing row contains " + RowText(cells, layout, live.size(), format) + ".";
  error.table_name = relation.name;
  error.column_name = column;
  return error;
}

types::int128 WideSumAt(const char* address) { return LoadAt<state::WideSum>(address).value(); }

}  // namespace

int32_t Machine::Sinks() {
  for (const Sink& sink : pipeline_.sinks) {
    if (sink.guard != nullptr) {
      bool enters = false;
      if (!IsTrue(*sink.guard, &enters)) return abi::kReturnError;
      if (!enters) continue;
    }
    const int32_t code = sink.kind == SinkKind::kAggregate ? AggregateSink(sink) : RowSink(sink);
    if (code != abi::kReturnOk) return code;
  }
  return abi::kReturnOk;
}

int32_t Machine::RowSink(const Sink& sink) {
  const bool result = sink.kind == SinkKind::kResult;
  const row::Layout& layout =
      result ? program_.result_layout : program_.objects[sink.object].row_layout();
  const size_t count = sink.fields.size();
  row_cells_.resize(count);
  uint64_t heap_bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    const row::Field& field = layout.field(i);
    Cell& cell = row_cells_[i];
    if (sink.fields[i] == nullptr) {
      cell.null = false;
      cell.datum = Datum();
      continue;
    }
    if (!Eval(*sink.fields[i], &cell) || !Coerce(sink.fields[i]->type, field.type, &cell))
      return abi::kReturnError;
    if (cell.null && field.null_bit < 0) {
      // The rest of the row, for the error's detail.
      for (size_t j = i + 1; j < count; ++j) {
        Cell& other = row_cells_[j];
        other.null = true;
        if (sink.fields[j] == nullptr) continue;
        if (!Eval(*sink.fields[j], &other) ||
            !Coerce(sink.fields[j]->type, layout.field(j).type, &other)) {
          return abi::kReturnError;
        }
      }
      return CodeOf(Fail(NullInRow(sink, i, row_cells_, layout, functions_->format_or_default())));
    }
    if (!cell.null && field.repr == Repr::kString)
      heap_bytes += row::StringHeapBytes(cell.datum.string.size);
  }
  uint64_t hash = abi::kHashSeed;
  if (sink.kind == SinkKind::kJoinBuild) {
    bool key_is_null = false;
    for (uint32_t i = 0; i < sink.key_count; ++i) {
      hash = Hash(hash, layout.field(i).type, row_cells_[i]);
      key_is_null |= !sink.null_equal[i] && row_cells_[i].null;
    }
    hash = key_is_null ? 0 : hash | uint64_t{1} << 58;
  }
  auto* buffer = static_cast<row::RowBuffer*>(Local(result ? result_local_ : sink.object));
  char* row = buffer->Append(heap_bytes);
  if (row == nullptr) return CodeOf(Fail(state::OutOfMemory()));
  for (size_t i = 0; i < count; ++i) {
    if (row_cells_[i].null) {
      buffer->SetNull(row, i);
    } else {
      buffer->Set(row, i, row_cells_[i].datum);
    }
  }
  if (sink.kind == SinkKind::kJoinBuild) StoreAt(row + state::kJoinHashOffset, hash);
  return abi::kReturnOk;
}

char* Machine::FindGroup(const state::AggregateSpec& spec, state::AggregateTable::Local_* local) {
  std::vector<Datum> values(spec.group_count);
  std::unique_ptr<bool[]> nulls(new bool[spec.group_count]);
  for (uint32_t i = 0; i < spec.group_count; ++i) {
    nulls[i] = row_cells_[i].null;
    values[i] = row_cells_[i].datum;
  }
  char* row = local->Find(values.data(), nulls.get());
  if (row == nullptr) Fail(state::OutOfMemory());
  return row;
}

int32_t Machine::AggregateSink(const Sink& sink) {
  const state::AggregateSpec& spec = program_.objects[sink.object].aggregate;
  auto* local = static_cast<state::AggregateTable::Local_*>(Local(sink.object));
  char* row = local->single;
  if (spec.group_count != 0) {
    row_cells_.resize(spec.group_count);
    for (uint32_t i = 0; i < spec.group_count; ++i) {
      const row::Field& field = spec.layout.field(i);
      if (!Eval(*sink.fields[i], &row_cells_[i]) ||
          !Coerce(sink.fields[i]->type, field.type, &row_cells_[i])) {
        return abi::kReturnError;
      }
      if (row_cells_[i].null && field.null_bit < 0) {
        return CodeOf(
            Fail(SqlState::kInternalError, "null value in a group column that cannot be null"));
      }
    }
    row = FindGroup(spec, local);
    if (row == nullptr) return abi::kReturnError;
  } else if (row == nullptr) {
    return CodeOf(Fail(state::OutOfMemory()));
  }
  for (const pipeline::ArgumentUpdate& update : sink.updates) {
    if (update.filter != nullptr) {
      bool counts = false;
      if (!IsTrue(*update.filter, &counts)) return abi::kReturnError;
      if (!counts) continue;
    }
    if (!Update(spec, update, row, local)) return abi::kReturnError;
  }
  return abi::kReturnOk;
}

bool Machine::Update(const state::AggregateSpec& spec, const pipeline::ArgumentUpdate& update,
                     char* row, state::AggregateTable::Local_* local) {
  Cell value;
  value.null = false;
  Type type;
  if (update.argument != nullptr) {
    if (!Eval(*update.argument, &value)) return false;
    type = update.argument->type;
  }
  if (value.null) return true;
  // Extremes look at the count before this row is in it: components are listed in that order.
  for (uint32_t index : update.components) {
    if (!UpdateComponent(spec, spec.components[index], type, value, row, local)) return false;
  }
  return true;
}

bool Machine::UpdateComponent(const state::AggregateSpec& spec, const state::Component& component,
                              const Type& type, const Cell& value, char* row,
                              state::AggregateTable::Local_* local) {
  char* at = row + spec.layout.field(component.field).offset;
  const Datum& d = value.datum;
  auto integer = [&]() -> int64_t {
    switch (types::ReprOf(type)) {
      case Repr::kI16:
        return d.i16;
      case Repr::kI32:
        return d.i32;
      default:
        return d.i64;
    }
  };
  auto add_float = [&](auto sum, auto add) {
    auto total = sum + add;
    if (std::isinf(total) && !std::isinf(sum) && !std::isinf(add))
      return Fail(SqlState::kNumericValueOutOfRange, "value out of range: overflow");
    StoreAt(at, total);
    return true;
  };
  switch (component.kind) {
    case ComponentKind::kCount:
      StoreAt(at, LoadAt<int64_t>(at) + 1);
      return true;
    case ComponentKind::kSumI64:
      StoreAt(at, static_cast<int64_t>(LoadAt<uint64_t>(at) + static_cast<uint64_t>(integer())));
      return true;
    case ComponentKind::kSumI128: {
      const types::int128 add =
          types::ReprOf(type) == Repr::kI128 ? d.i128 : static_cast<types::int128>(integer());
      types::int128 total;
      if (__builtin_add_overflow(WideSumAt(at), add, &total))
        return Fail(SqlState::kNumericValueOutOfRange, "numeric field overflow");
      StoreAt(at, state::WideSum::Of(total));
      return true;
    }
    case ComponentKind::kSumF32:
      return add_float(LoadAt<float>(at), d.f32);
    case ComponentKind::kSumF64:
      return add_float(LoadAt<double>(at),
                       types::ReprOf(type) == Repr::kF32 ? static_cast<double>(d.f32) : d.f64);
    case ComponentKind::kSumInterval: {
      const auto bits = static_cast<types::uint128>(d.i128);
      return lathe_add_interval(static_cast<state::WorkerView*>(worker_), at,
                                static_cast<int64_t>(bits), static_cast<int64_t>(bits >> 64)) == 0;
    }
    case ComponentKind::kSumBig:
      if (lathe_aggregate_add_big(local, at, d.string.data, d.string.size) != 0)
        return Fail(state::OutOfMemory());
      return true;
    case ComponentKind::kMin:
    case ComponentKind::kMax: {
      const int64_t count = LoadAt<int64_t>(row + spec.layout.field(component.count_field).offset);
      const Repr repr = types::ReprOf(component.type);
      if (count != 0) {
        Datum best;
        if (repr == Repr::kString) {
          const auto held = LoadAt<state::HeldBytes>(at);
          best.string = {held.data, held.size};
        } else {
          std::memcpy(static_cast<void*>(&best), at, types::SlotBytes(repr));
        }
        const int order = abi::CompareDatums(component.type, d, best);
        if (component.kind == ComponentKind::kMin ? order >= 0 : order <= 0) return true;
      }
      if (repr == Repr::kString) {
        if (lathe_aggregate_keep(local, at, d.string.data, d.string.size) != 0)
          return Fail(state::OutOfMemory());
      } else {
        std::memcpy(at, &d, types::SlotBytes(repr));
      }
      return true;
    }
  }
  LATHE_UNREACHABLE("component kind");
}

bool Machine::CallResult(const pipeline::CallOutput& output, const char* row, Cell* out) {
  const row::Layout& layout = pipeline_.source.layout;
  const int64_t count = LoadAt<int64_t>(row + layout.field(output.count_field).offset);
  out->null = false;
  out->datum = Datum();
  if (output.kind == AggregateKind::kCount || output.kind == AggregateKind::kCountStar) {
    out->datum.i64 = count;
    return true;
  }
  if (output.nullable && count == 0) {
    out->null = true;
    return true;
  }
  const char* at = row + layout.field(output.value_field).offset;
  const Repr stored = layout.field(output.value_field).repr;
  const Repr wanted = types::ReprOf(output.type);
  auto held = [&] {
    const auto bytes = LoadAt<state::HeldBytes>(at);
    return types::StringRef{bytes.data, bytes.size};
  };
  auto integer = [&]() -> types::int128 {
    return stored == Repr::kI128  ? WideSumAt(at)
           : stored == Repr::kI64 ? LoadAt<int64_t>(at)
           : stored == Repr::kI32 ? LoadAt<int32_t>(at)
                                  : LoadAt<int16_t>(at);
  };
  if (output.kind != AggregateKind::kAvg) {
    if (wanted == Repr::kString) {
      out->datum.string = held();
    } else if (output.kind == AggregateKind::kSum && (stored == Repr::kI128 || stored != wanted)) {
      const types::int128 sum = integer();
      if (wanted == Repr::kI128) {
        out->datum.i128 = sum;
      } else {
        out->datum.i64 = static_cast<int64_t>(sum);
      }
    } else {
      std::memcpy(static_cast<void*>(&out->datum), at, types::SlotBytes(stored));
    }
    return true;
  }
  auto* worker = static_cast<state::WorkerView*>(worker_);
  if (wanted == Repr::kF64) {
    out->datum.f64 = LoadAt<double>(at) / static_cast<double>(count);
    return true;
  }
  if (wanted == Repr::kInterval) {
    const auto bits = LoadAt<types::uint128>(at);
    return lathe_average_interval(worker, static_cast<int64_t>(bits),
                                  static_cast<int64_t>(bits >> 64), count, &out->datum) == 0;
  }
  if (output.arg_type.is_big_numeric()) {
    const types::StringRef sum = held();
    return lathe_average_big(worker, sum.data, sum.size, count, &out->datum) == 0;
  }
  const auto sum = static_cast<types::uint128>(integer());
  lathe_average_fixed(worker, static_cast<int64_t>(sum), static_cast<int64_t>(sum >> 64), count,
                      output.arg_type.scale, &out->datum);
  return true;
}

}  // namespace lathe::interpret
