// Rows of set-returning functions. A function cannot be stopped half-way, so it drives the pipeline
// that reads its rows instead of being asked for them: the rows are never all in memory.
#pragma once

#include "codegen/pipeline/pipeline.h"
#include "runtime/exec/exec.h"
#include "runtime/func/context.h"
#include "runtime/row/row_buffer.h"

namespace lathe::driver {

/// A source that pushes. Next is not called; RowsLeft is that of the arguments.
class FunctionSource final : public exec::RowSource {
 public:
  /// Takes a segment; false: no more rows are wanted.
  using Take = std::function<bool(const exec::Segment&)>;

  /// All outlive it; context: copied. pages: the rows with the functions' arguments.
  FunctionSource(const pipeline::Source* source, const row::Layout* input,
                 const std::vector<const char*>* pages, base::MemoryBudget* budget,
                 const func::FunctionContext* context);

  Result<bool> Next(exec::Morsel* morsel) override;
  double RowsLeft() override { return 0; }

  /// Runs the functions over all rows. Errors: the functions', 53200.
  Status Push(const Take& take);

 private:
  class Sink;
  Status PushRow(const char* row);
  /// Runs call number i over a row into the sink.
  Status Run(size_t i, const char* row, func::SetSink* sink);
  Status Zip(const char* row);
  bool Emit();  // passes on the rows made so far; false: enough
  bool AddRow();
  void SetPassed(const char* row);

  const pipeline::Source* source_;
  const row::Layout* input_;
  const std::vector<const char*>* pages_;
  base::MemoryBudget* budget_;
  func::FunctionContext context_;
  base::Arena arena_;
  row::RowBuffer out_;
  uint64_t rows_ = 0;  // in out_
  std::vector<types::Datum> datums_;
  std::unique_ptr<bool[]> nulls_;
  const Take* take_ = nullptr;
  int64_t ordinal_ = 0;
  bool stopped_ = false, refused_ = false;
};

}  // namespace lathe::driver
