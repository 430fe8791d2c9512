// Joins: the meaning is that of codegen/emit/join.cc.
#include "codegen/interpret/interpreter.h"
#include "runtime/state/band_rows.h"

namespace lathe::interpret {

using ProbeRule = pipeline::JoinRule::Probe;
using pipeline::Step;

/// Walks the build rows that match the current probe row; visit gives false to end the walk. The
/// walk gives false when something failed.
struct Machine::Matches {
  std::function<bool(const std::function<bool(const char* page, const char* row)>& visit)> each;
  /// kMark: the predicate could be NULL for some row, none being a match.
  std::function<bool(bool* unknown)> maybe_null;
  uint32_t flag_offset = 0;
};

void Machine::BindBuild(const Step& step, const char* page, const char* row) {
  if (row != nullptr) {
    LoadFields(program_.objects[step.object].row_layout(), step.build_columns, page, row);
    return;
  }
  for (const pipeline::ColumnField& column : step.build_columns) {
    ColumnCell& cell = Of(column.id);
    cell.pending = nullptr;
    cell.pending_call = nullptr;
    cell.value.null = true;
  }
}

bool Machine::KeysEqual(const row::Layout& layout, const std::vector<Cell>& keys,
                        const std::vector<bool>* null_equal, const char* row) {
  const char* page = row::RowPageOf(row);
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool stored_null = layout.IsNull(row, i);
    if (stored_null || keys[i].null) {
      const bool equal = null_equal == nullptr || (i < null_equal->size() && (*null_equal)[i]);
      if (!(stored_null && keys[i].null && equal)) return false;
      continue;
    }
    const Datum stored = row::ReadField(layout, page, row, i);
    if (abi::CompareDatums(layout.field(i).type, stored, keys[i].datum) != 0) return false;
  }
  return true;
}

bool Machine::EvalKeys(const std::vector<expr::ExprPtr>& keys, const std::vector<bool>& null_equal,
                       const row::Layout& layout, ProbeKeys* out) {
  out->values.resize(keys.size());
  out->hash = abi::kHashSeed;
  for (size_t i = 0; i < keys.size(); ++i) {
    Cell& key = out->values[i];
    if (!Eval(*keys[i], &key) || !Coerce(keys[i]->type, layout.field(i).type, &key)) return false;
    out->is_null |= key.null && !(i < null_equal.size() && null_equal[i]);
    out->hash = Hash(out->hash, layout.field(i).type, key);
  }
  out->hash |= uint64_t{1} << 58;
  return true;
}

int32_t Machine::KeyFilter(const Step& step, size_t index) {
  const auto& filter = step.node->As<physical::KeyFilter>();
  const auto* table = Object<state::JoinTable::Header>(step.object);
  ProbeKeys probe;
  if (!EvalKeys(filter.keys, filter.join->null_equal, program_.objects[step.object].layout,
                &probe)) {
    return abi::kReturnError;
  }
  if (probe.is_null) return abi::kReturnOk;
  const uint64_t entry = table->directory[probe.hash & table->mask];
  return (entry & abi::TagBit(probe.hash)) == 0 ? abi::kReturnOk : Steps(index + 1);
}

int32_t Machine::Probe(const Step& step, size_t index) {
  const auto& join = step.node->As<physical::HashJoin>();
  const row::Layout& layout = program_.objects[step.object].layout;
  const auto* table = Object<state::JoinTable::Header>(step.object);
  ProbeKeys probe;
  if (!EvalKeys(join.probe_keys, join.null_equal, layout, &probe)) return abi::kReturnError;
  const std::vector<Cell>& keys = probe.values;
  const bool key_is_null = probe.is_null;
  const uint64_t hash = probe.hash;
  bool residual_null = false;
  Matches matches;
  matches.flag_offset = state::kJoinMatchedOffset;
  matches.each = [&](const std::function<bool(const char*, const char*)>& visit) -> bool {
    if (key_is_null) return true;
    const uint64_t entry = table->directory[hash & table->mask];
    if ((entry & abi::TagBit(hash)) == 0) return true;
    auto* row = reinterpret_cast<const char*>(entry & abi::kPointerMask);
    while (row != nullptr) {
      ++work_;
      if ((work_ & 0xfff) == 0 &&
          lathe_check_cancel(static_cast<state::WorkerView*>(worker_)) != abi::kReturnOk) {
        return false;
      }
      if (LoadAt<uint64_t>(row + state::kJoinHashOffset) == hash &&
          KeysEqual(layout, keys, &join.null_equal, row)) {
        const char* page = row::RowPageOf(row);
        bool accepted = true;
        if (join.residual != nullptr) {
          BindBuild(step, page, row);
          Cell value;
          if (!Eval(*join.residual, &value)) return false;
          accepted = !value.null && value.datum.b;
          residual_null |= value.null;
        }
        if (accepted && !visit(page, row)) return true;
      }
      row = reinterpret_cast<const char*>(LoadAt<uintptr_t>(row + state::kJoinNextOffset));
    }
    return true;
  };
  matches.maybe_null = [&](bool* unknown) {
    if (!join.null_aware) {
      *unknown = residual_null;
    } else {
      *unknown = key_is_null ? table->row_count != 0 : table->null_key_count != 0;
    }
    return true;
  };
  return Join(step, index, join.mark.id, &matches);
}

bool Machine::EachInBand(const Step& step,
                         const std::function<bool(const char*, const char*)>& visit) {
  const auto& join = step.node->As<physical::NestedLoopJoin>();
  const auto* inner = Object<state::BandRows::Header>(step.object);
  if (inner->count == 0) return true;
  int64_t low = INT64_MIN, high = INT64_MAX;
  auto bound = [this](const expr::ExprPtr& e, int64_t* value, bool* none) {
    if (e == nullptr) return true;
    Cell cell;
    if (!Eval(*e, &cell)) return false;
    *none |= cell.null;
    const types::Repr repr = types::ReprOf(e->type);
    *value = repr == types::Repr::kI16   ? cell.datum.i16
             : repr == types::Repr::kI32 ? cell.datum.i32
                                         : cell.datum.i64;
    return true;
  };
  bool none = false;
  if (!bound(join.band->low, &low, &none) || !bound(join.band->high, &high, &none)) return false;
  if (none) return true;
  for (uint64_t i = state::BandRows::First(*inner, low); i < inner->count; ++i) {
    if (inner->entries[i].key > high) break;
    if ((i & 1023) == 0 &&
        lathe_check_cancel(static_cast<state::WorkerView*>(worker_)) != abi::kReturnOk) {
      return false;
    }
    const char* row = inner->entries[i].row;
    const char* page = row::RowPageOf(row);
    ++work_;
    BindBuild(step, page, row);
    Cell value;
    if (!Eval(*join.predicate, &value)) return false;
    if (value.null || !value.datum.b) continue;
    if (!visit(page, row)) return true;
  }
  return true;
}

int32_t Machine::NestedLoop(const Step& step, size_t index) {
  const auto& join = step.node->As<physical::NestedLoopJoin>();
  const row::Layout& layout = program_.objects[step.object].layout;
  const auto* inner = Object<state::RowCollector::View>(step.object);
  bool predicate_null = false;
  Matches matches;
  if (join.band) {
    matches.each = [&](const std::function<bool(const char*, const char*)>& visit) {
      return EachInBand(step, visit);
    };
    return Join(step, index, join.mark.id, &matches);
  }
  matches.each = [&](const std::function<bool(const char*, const char*)>& visit) -> bool {
    for (uint64_t p = 0; p < inner->page_count; ++p) {
      if (lathe_check_cancel(static_cast<state::WorkerView*>(worker_)) != abi::kReturnOk)
        return false;
      const char* page = inner->pages[p];
      const uint32_t count = row::HeaderOf(page).row_count;
      for (uint32_t i = 0; i < count; ++i) {
        const char* row = row::RowAt(page, layout.stride(), i);
        ++work_;
        if (join.predicate != nullptr) {
          BindBuild(step, page, row);
          Cell value;
          if (!Eval(*join.predicate, &value)) return false;
          predicate_null |= value.null;
          if (value.null || !value.datum.b) continue;
        }
        if (!visit(page, row)) return true;
      }
    }
    return true;
  };
  matches.maybe_null = [&](bool* unknown) {
    *unknown = predicate_null;
    return true;
  };
  return Join(step, index, join.mark.id, &matches);
}

int32_t Machine::Join(const Step& step, size_t index, ColumnId mark, Matches* matches) {
  const pipeline::JoinRule& rule = step.join;
  auto set_flag = [&](const char* row) {
    if (!rule.flags()) return;
    reinterpret_cast<std::atomic<uint8_t>*>(const_cast<char*>(row) + matches->flag_offset)
        ->store(1, std::memory_order_relaxed);
  };
  int32_t code = abi::kReturnOk;
  switch (rule.probe) {
    case ProbeRule::kFlagOnly:
      return CodeOf(matches->each([&](const char*, const char* row) {
        set_flag(row);
        return true;
      }));
    case ProbeRule::kSemi:
    case ProbeRule::kAnti:
    case ProbeRule::kMark: {
      bool found = false;
      if (!matches->each([&](const char*, const char*) {
            found = true;
            return false;
          })) {
        return abi::kReturnError;
      }
      if (rule.probe == ProbeRule::kMark) {
        ColumnCell& cell = Of(mark);
        cell.pending = nullptr;
        cell.pending_call = nullptr;
        bool unknown = false;
        if (!found && !matches->maybe_null(&unknown)) return abi::kReturnError;
        cell.value.null = unknown;
        cell.value.datum.b = found;
        return Steps(index + 1);
      }
      return found == (rule.probe == ProbeRule::kSemi) ? Steps(index + 1) : abi::kReturnOk;
    }
    case ProbeRule::kSingle: {
      const char* single_page = nullptr;
      const char* single = nullptr;
      bool several = false;
      if (!matches->each([&](const char* page, const char* row) {
            several = single != nullptr;
            single_page = page;
            single = row;
            return !several;
          })) {
        return abi::kReturnError;
      }
      if (several) {
        return CodeOf(Fail(SqlState::kCardinalityViolation,
                           "more than one row returned by a subquery used as an expression"));
      }
      BindBuild(step, single_page, single);
      return Steps(index + 1);
    }
    case ProbeRule::kPairs:
      break;
  }
  bool any = false;
  if (!matches->each([&](const char* page, const char* row) {
        any = true;
        set_flag(row);
        BindBuild(step, page, row);
        code = Steps(index + 1);
        return code == abi::kReturnOk;
      })) {
    return abi::kReturnError;
  }
  if (code != abi::kReturnOk || any || !rule.keep_probe) return code;
  BindBuild(step, nullptr, nullptr);
  return Steps(index + 1);
}

}  // namespace lathe::interpret
