#include "codegen/driver/function_source.h"

#include "runtime/state/state.h"
#include "runtime/state/steps_call.h"

namespace lathe::driver {
namespace {

constexpr uint64_t kRowsPerSegment = 1024;

}  // namespace

/// Writes a function's row behind what is passed on.
class FunctionSource::Sink final : public func::SetSink {
 public:
  Sink(FunctionSource* source, uint32_t first, size_t count)
      : source_(source), first_(first), count_(count) {}
  bool Add(const types::Datum* values, const bool* nulls) override {
    for (size_t i = 0; i < count_; ++i) {
      const types::Type& type = source_->source_->layout.field(first_ + i).type;
      source_->nulls_[first_ + i] = nulls[i];
      if (nulls[i]) continue;
      Result<types::Datum> value = state::Unbox(type, values[i]);
      if (!value.ok()) {
        source_->context_.Fail(std::move(value).error());
        return false;
      }
      source_->datums_[first_ + i] = *value;
    }
    return source_->AddRow();
  }

 private:
  FunctionSource* source_;
  uint32_t first_;
  size_t count_;
};

FunctionSource::FunctionSource(const pipeline::Source* source, const row::Layout* input,
                               const std::vector<const char*>* pages, base::MemoryBudget* budget,
                               const func::FunctionContext* context)
    : source_(source),
      input_(input),
      pages_(pages),
      budget_(budget),
      out_(&source->layout, budget),
      datums_(source->layout.field_count() + 1),
      nulls_(new bool[source->layout.field_count() + 1]()) {
  if (context != nullptr) context_ = *context;
  context_.arena = &arena_;
  context_.error.reset();
}

Result<bool> FunctionSource::Next(exec::Morsel* morsel) {
  morsel->Clear();
  return MakeError(SqlState::kInternalError, "rows of functions are pushed");
}

bool FunctionSource::Emit() {
  for (size_t i = 0; i < out_.page_count() && !stopped_; ++i) {
    stopped_ = !(*take_)({out_.page(i), 0, row::HeaderOf(out_.page(i)).row_count});
  }
  out_.Clear();
  rows_ = 0;
  return !stopped_;
}

bool FunctionSource::AddRow() {
  ++ordinal_;
  if (source_->function.ordinality >= 0) {
    datums_[static_cast<size_t>(source_->function.ordinality)].i64 = ordinal_;
  }
  if (!out_.AppendRow(datums_.data(), nulls_.get())) {
    refused_ = true;
    return false;
  }
  return ++rows_ < kRowsPerSegment || Emit();
}

void FunctionSource::SetPassed(const char* row) {
  const auto& passed = source_->function.passed;
  for (size_t i = 0; i < passed.size(); ++i) {
    nulls_[i] = input_->IsNull(row, passed[i]);
    if (!nulls_[i]) datums_[i] = row::ReadField(*input_, row::RowPageOf(row), row, passed[i]);
  }
}

Status FunctionSource::Run(size_t i, const char* row, func::SetSink* sink) {
  const pipeline::SetCall& call = source_->function.calls[i];
  std::vector<types::Datum> args(call.args.size() + 1);
  std::unique_ptr<bool[]> nulls(new bool[call.args.size() + 1]());
  for (size_t a = 0; a < call.args.size(); ++a) {
    nulls[a] = input_->IsNull(row, call.args[a]);
    if (nulls[a] && call.function->strict) return Ok();
    if (!nulls[a]) args[a] = state::BoxField(*input_, row, call.args[a], &arena_);
  }
  func::CallTypes types;
  types.args = call.arg_types;
  types.result = source_->layout.field(call.first_output).type;
  if (call.function->wants_types) context_.call = &types;
  const func::CallStatus status = call.function->run(&context_, args.data(), nulls.get(), sink);
  if (status != func::CallStatus::kError || stopped_) return Ok();
  if (refused_) return state::OutOfMemory();
  if (!context_.error.has_value()) {
    return MakeError(SqlState::kInternalError, "a set-returning function failed without an error");
  }
  Error error = std::move(*context_.error);
  context_.error.reset();
  return error;
}

/// Several functions in step: each one's rows are kept, then put side by side.
Status FunctionSource::Zip(const char* row) {
  struct Kept final : func::SetSink {
    Kept(const row::Layout* layout, base::MemoryBudget* budget) : rows(layout, budget) {}
    bool Add(const types::Datum* values, const bool* nulls) override {
      return rows.AppendRow(values, nulls);
    }
    row::RowBuffer rows;
  };
  const auto& calls = source_->function.calls;
  std::vector<row::Layout> layouts(calls.size());
  std::vector<std::unique_ptr<Kept>> kept;
  uint64_t longest = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    std::vector<row::FieldSpec> specs;
    for (size_t c = 0; c < calls[i].function->columns.size(); ++c) {
      const types::Type& type = source_->layout.field(calls[i].first_output + c).type;
      specs.push_back({state::BoxedType(type), true});
    }
    layouts[i] = row::Layout::Make(specs);
    kept.push_back(std::make_unique<Kept>(&layouts[i], budget_));
    refused_ = false;
    Status status = Run(i, row, kept.back().get());
    if (!status.ok()) return status;
    longest = std::max(longest, kept.back()->rows.row_count());
  }
  std::vector<std::vector<const char*>> rows(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    for (size_t p = 0; p < kept[i]->rows.page_count(); ++p) {
      const char* page = kept[i]->rows.page(p);
      for (uint32_t r = 0; r < row::HeaderOf(page).row_count; ++r) {
        rows[i].push_back(row::RowAt(page, layouts[i].stride(), r));
      }
    }
  }
  for (uint64_t n = 0; n < longest; ++n) {
    for (size_t i = 0; i < calls.size(); ++i) {
      for (size_t c = 0; c < layouts[i].field_count(); ++c) {
        const size_t field = calls[i].first_output + c;
        nulls_[field] = n >= rows[i].size() || layouts[i].IsNull(rows[i][n], c);
        if (nulls_[field]) continue;
        const types::Datum boxed =
            row::ReadField(layouts[i], row::RowPageOf(rows[i][n]), rows[i][n], c);
        LATHE_ASSIGN(datums_[field], state::Unbox(source_->layout.field(field).type, boxed));
      }
    }
    if (!AddRow()) return stopped_ ? Ok() : Status(state::OutOfMemory());
  }
  return Ok();
}

Status FunctionSource::PushRow(const char* row) {
  SetPassed(row);
  ordinal_ = 0;
  const auto& calls = source_->function.calls;
  if (calls.size() != 1) return Zip(row);
  Sink sink(this, calls[0].first_output, calls[0].function->columns.size());
  return Run(0, row, &sink);
}

Status FunctionSource::Push(const Take& take) {
  take_ = &take;
  for (const char* page : *pages_) {
    for (uint32_t i = 0; i < row::HeaderOf(page).row_count && !stopped_; ++i) {
      LATHE_TRY(PushRow(row::RowAt(page, input_->stride(), i)));
      arena_.Reset();
    }
  }
  if (!stopped_) Emit();
  return Ok();
}

}  // namespace lathe::driver
