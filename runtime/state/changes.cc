#include "runtime/state/changes.h"

#include <unordered_set>

#include "runtime/func/compare.h"

namespace lathe::state {

Status ChangeRows::Finish(QueryState* query, const ParallelFor& parallel) {
  LATHE_TRY(RowCollector::Finish(query, parallel));
  if (spec_->repeats == ChangeSpec::Repeats::kNone || view_.row_count < 2) return Ok();
  auto hash = [this](const char* row) {
    uint64_t h = abi::kHashSeed;
    for (uint32_t field : spec_->key) {
      h = abi::HashWord(h, func::Hash(layout_->field(field).type,
                                      row::ReadField(*layout_, row::RowPageOf(row), row, field)));
    }
    return static_cast<size_t>(h);
  };
  auto same = [this](const char* a, const char* b) {
    for (uint32_t field : spec_->key) {
      if (abi::CompareDatums(layout_->field(field).type,
                             row::ReadField(*layout_, row::RowPageOf(a), a, field),
                             row::ReadField(*layout_, row::RowPageOf(b), b, field)) != 0) {
        return false;
      }
    }
    return true;
  };
  std::unordered_set<const char*, decltype(hash), decltype(same)> seen(view_.row_count, hash, same);
  std::vector<const char*> kept;
  for (const char* page : pages_) {
    for (uint32_t i = 0; i < row::HeaderOf(page).row_count; ++i) {
      const char* row = row::RowAt(page, layout_->stride(), i);
      if (seen.insert(row).second) {
        kept.push_back(row);
      } else if (spec_->repeats == ChangeSpec::Repeats::kError) {
        Error error = MakeError(SqlState::kCardinalityViolation,
                                "MERGE command cannot affect row a second time");
        error.hint = "Ensure that not more than one source row matches any one target row.";
        return error;
      }
    }
  }
  if (kept.size() == view_.row_count) return Ok();
  row::RowBuffer rows(layout_, budget_);
  const size_t fields = layout_->field_count();
  std::vector<types::Datum> datums(fields + 1);
  std::unique_ptr<bool[]> nulls(new bool[fields + 1]);
  for (const char* row : kept) {
    for (size_t i = 0; i < fields; ++i) {
      nulls[i] = layout_->IsNull(row, i);
      if (!nulls[i]) datums[i] = row::ReadField(*layout_, row::RowPageOf(row), row, i);
    }
    if (!rows.AppendRow(datums.data(), nulls.get())) return OutOfMemory();
  }
  const std::vector<row::RowBuffer> gone = TakeBuffers();
  static_cast<row::RowBuffer*>(Local(0))->Absorb(std::move(rows));
  return RowCollector::Finish(query, parallel);
}

}  // namespace lathe::state
