// The machine of tier 0: a cell per column, one method per step, sink and kind of expression.
#pragma once

#include <memory>
#include <vector>

#include "codegen/interpret/interpret.h"
#include "runtime/abi/abi.h"
#include "runtime/func/context.h"
#include "runtime/row/row_buffer.h"
#include "runtime/state/aggregate_table.h"
#include "runtime/state/join_table.h"
#include "runtime/state/window.h"

namespace lathe::interpret {

using expr::ColumnId;
using expr::Expr;
using types::Datum;
using types::Type;

/// A value: its bits, or NULL. Strings point into pages, the worker's arena or the program.
struct Cell {
  Datum datum;
  bool null = true;
};

/// A column's value, or how to get it when it is first used.
struct ColumnCell {
  Cell value;
  const Expr* pending = nullptr;                       // an expression over other columns
  const pipeline::CallOutput* pending_call = nullptr;  // an aggregate's value in call_row
  const char* call_row = nullptr;
};

class Machine final : public Interpreter {
 public:
  Machine(const pipeline::Program& program, const pipeline::Pipeline& pipeline,
          state::QueryState* query, state::WorkerState* worker, uint32_t result_local,
          bool count_rows);

  int32_t Run(const char* page, int32_t from, int32_t to, uint64_t work_max,
              int32_t* reached) override;
  uint64_t work() const override { return work_; }

 private:
  // --- steps (steps.cc): run step `index` and all after it for the current row. Give a return code
  // of abi.h. ---
  int32_t Steps(size_t index);
  int32_t Filter(const pipeline::Step& step, size_t index);
  int32_t Project(const pipeline::Step& step, size_t index);
  /// What a projection does, worked out once.
  struct ProjectShape {
    struct Made {
      const Expr* expr;
      ColumnId id;
      bool reads_redefined = false;  // it reads a column that the projection gives a new value
      bool is_volatile = false;
    };
    std::vector<Made> made;       // columns with a new value, in order
    std::vector<ColumnId> saved;  // those of them that the child has
    bool any_reads = false;
  };
  const ProjectShape& ShapeOf(const pipeline::Step& step, size_t index);
  int32_t Rename(const pipeline::Step& step, size_t index);
  int32_t Limit(const pipeline::Step& step, size_t index);
  int32_t SetOutput(const pipeline::Step& step, size_t index);
  int32_t Flagged(const pipeline::Step& step, size_t index);
  void LoadFields(const row::Layout& layout, const std::vector<pipeline::ColumnField>& columns,
                  const char* page, const char* row);

  // --- joins (join.cc) ---
  /// The build rows of one join as seen from one probe row.
  struct Matches;
  int32_t Probe(const pipeline::Step& step, size_t index);
  int32_t KeyFilter(const pipeline::Step& step, size_t index);
  /// The keys in the types of the join table's fields, their hash, and whether one is NULL that
  /// matches nothing.
  struct ProbeKeys {
    std::vector<Cell> values;
    uint64_t hash = 0;
    bool is_null = false;
  };
  bool EvalKeys(const std::vector<expr::ExprPtr>& keys, const std::vector<bool>& null_equal,
                const row::Layout& layout, ProbeKeys* out);
  int32_t NestedLoop(const pipeline::Step& step, size_t index);
  bool EachInBand(const pipeline::Step& step,
                  const std::function<bool(const char*, const char*)>& visit);
  int32_t Join(const pipeline::Step& step, size_t index, ColumnId mark, Matches* matches);
  void BindBuild(const pipeline::Step& step, const char* page, const char* row);
  bool KeysEqual(const row::Layout& layout, const std::vector<Cell>& keys,
                 const std::vector<bool>* null_equal, const char* row);

  // --- sinks (sinks.cc) ---
  int32_t Sinks();
  int32_t RowSink(const pipeline::Sink& sink);
  int32_t AggregateSink(const pipeline::Sink& sink);
  char* FindGroup(const state::AggregateSpec& spec, state::AggregateTable::Local_* local);
  bool Update(const state::AggregateSpec& spec, const pipeline::ArgumentUpdate& update, char* row,
              state::AggregateTable::Local_* local);
  bool UpdateComponent(const state::AggregateSpec& spec, const state::Component& component,
                       const Type& type, const Cell& value, char* row,
                       state::AggregateTable::Local_* local);
  bool CallResult(const pipeline::CallOutput& output, const char* row, Cell* out);

  // --- expressions (evaluate.cc, call.cc): false = failed, the error is in the worker's state ---
  bool Eval(const Expr& e, Cell* out);
  bool EvalKind(const Expr& e, Cell* out);
  bool Column(ColumnId id, Cell* out);
  bool Constant(uint32_t index, Cell* out);
  bool Connective(const Expr& e, bool decisive, Cell* out);
  bool Case(const Expr& e, Cell* out);
  bool Extreme(const Expr& e, Cell* out);
  bool InList(const Expr& e, Cell* out);
  bool IsDistinct(const Expr& e, Cell* out);
  bool IsTrue(const Expr& e, bool* out);
  bool Call(const Expr& e, Cell* out);
  bool InlineCall(const Expr& e, const Cell* args, Cell* out, bool* done);
  bool InlineInteger(const Expr& e, int64_t a, int64_t b, Cell* out, bool* done);
  bool BoxedCall(const Expr& e, Cell* args, Cell* out);
  bool Like(const Expr& e, Cell* out, bool* done);
  bool Cast(const Expr& e, Cell* out);
  /// a <op> b for values that are not NULL, by the operator f where types differ.
  bool Compare(const func::Function* f, func::InlineOp op, const Type& a_type, const Datum& a,
               const Type& b_type, const Datum& b, bool* out);
  /// The value in another form of its type (numerics); everything else stays as it is.
  bool Coerce(const Type& from, const Type& to, Cell* value);
  Datum ToBig(const Type& type, const Datum& datum);
  static uint64_t Hash(uint64_t h, const Type& type, const Cell& value) {
    return abi::HashDatum(h, type, value.datum, value.null);
  }

  bool Fail(Error error);
  bool Fail(SqlState state, std::string message) {
    return Fail(MakeError(state, std::move(message)));
  }
  bool FailFunction();
  int32_t CodeOf(bool ok) const { return ok ? abi::kReturnOk : abi::kReturnError; }
  /// Ids come in two dense ranges: the query's, and those that only pipelines know.
  ColumnCell& Of(ColumnId id) {
    return id.value < pipeline::kMadeColumns ? cells_[id.value]
                                             : made_cells_[id.value - pipeline::kMadeColumns];
  }
  template <class T>
  T* Object(uint32_t index) const {
    return static_cast<T*>(query_->objects[index]);
  }
  void* Local(uint32_t index) const { return worker_->locals[index]; }

  const pipeline::Program& program_;
  const pipeline::Pipeline& pipeline_;
  state::QueryState* query_;
  state::WorkerState* worker_;
  func::FunctionContext* functions_;
  base::Arena* arena_;
  const uint32_t result_local_;
  const bool count_rows_;
  std::vector<ColumnCell> cells_, made_cells_;                 // by column id
  std::vector<std::unique_ptr<ProjectShape>> project_shapes_;  // by step; null = not yet
  uint64_t work_ = 0;
  const char* row_ = nullptr;    // of the source
  std::vector<Cell> row_cells_;  // of a sink's row; reused
};

/// The comparison that an operator is, by its symbol; kNone for others.
func::InlineOp ComparisonOf(const func::Function& f);

}  // namespace lathe::interpret
