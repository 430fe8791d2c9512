// One pipeline under construction: where its columns are, and one method per operator and kind of
// expression. Each operator's file opens with the code that it generates.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "codegen/emit/emit.h"
#include "codegen/ir/code.h"
#include "codegen/pipeline/pipeline.h"

namespace lathe::emit {

using expr::ColumnId;
using expr::Expr;
using ir::Abi;
using ir::Code;
using ir::Repr;
using ir::SqlValue;
using pipeline::ColumnField;
using pipeline::Sink;
using pipeline::Step;

/// Columns are loaded where they are first used and remembered for as long as that place dominates
/// the code being emitted: values made within a scope are forgotten at its end.
class Columns {
 public:
  Columns() : scopes_(1) {}
  /// stored: it lies in a row, and loading it is all there is to do.
  void Bind(ColumnId id, std::function<SqlValue()> load, bool stored = false) {
    sources_[id] = std::move(load);
    loaded_.erase(id);
    if (stored) {
      stored_.insert(id);
    } else {
      stored_.erase(id);
    }
  }
  bool stored(ColumnId id) const { return stored_.contains(id); }
  SqlValue Get(ColumnId id) {
    auto found = loaded_.find(id);
    if (found != loaded_.end()) return found->second.value;
    auto source = sources_.find(id);
    LATHE_CHECK_NOTE(source != sources_.end(), "column is not bound");
    SqlValue v = source->second();
    loaded_[id] = {v, scopes_.size()};
    scopes_.back().push_back(id);
    return v;
  }
  bool bound(ColumnId id) const { return sources_.contains(id); }
  void Push() { scopes_.emplace_back(); }
  void Pop() {
    for (ColumnId id : scopes_.back()) {
      auto found = loaded_.find(id);
      if (found != loaded_.end() && found->second.depth == scopes_.size()) loaded_.erase(found);
    }
    scopes_.pop_back();
  }

 private:
  struct Loaded {
    SqlValue value;
    size_t depth = 0;  // of the scope that it was loaded in
  };
  std::map<ColumnId, std::function<SqlValue()>> sources_;
  std::map<ColumnId, Loaded> loaded_;
  std::set<ColumnId> stored_;
  std::vector<std::vector<ColumnId>> scopes_;  // what each has loaded
};

class Emitter {
 public:
  Emitter(const pipeline::Program& program, const pipeline::Pipeline& pipeline,
          const EmitOptions& options, llvm::Module* module, EmittedPipeline* out);

  /// Emits the whole function.
  void Run();
  const std::optional<Error>& error() const { return error_; }

 private:
  // --- operators (one file each) ---
  void EmitSource();  // scan.cc
  void EmitPrefetch(const std::vector<uint32_t>& offsets);
  void EmitSteps(size_t index);  // emitter.cc: step index and all after it, then the sinks
  void EmitFilter(const Step& step, size_t index);
  void EmitProject(const Step& step, size_t index);
  void EmitRename(const Step& step, size_t index);
  void EmitProbe(const Step& step, size_t index);
  void EmitKeyFilter(const Step& step, size_t index);
  /// The keys in the types of the join table's fields, their hash, and whether one is NULL that
  /// matches nothing (null: none can be).
  struct ProbeKeys {
    std::vector<SqlValue> values;
    llvm::Value* hash = nullptr;
    llvm::Value* is_null = nullptr;
  };
  ProbeKeys EmitProbeKeys(const std::vector<expr::ExprPtr>& keys,
                          const std::vector<bool>& null_equal, const row::Layout& layout);
  /// Goes to `maybe` when the directory's tag bits leave it open that the hash is there, else to
  /// `no`; gives the directory's entry.
  llvm::Value* EmitTagTest(llvm::Value* directory, llvm::Value* mask, llvm::Value* hash,
                           llvm::BasicBlock* maybe, llvm::BasicBlock* no);
  void EmitNestedLoop(const Step& step, size_t index);
  using RowBody = std::function<void(llvm::Value* row, llvm::Value* page, llvm::BasicBlock* leave,
                                     llvm::Value* is_null)>;
  void EmitBand(const Step& step, const RowBody& body, llvm::Value* any_match,
                llvm::Value* null_row);
  struct BandRange {
    llvm::Value* first = nullptr;  // i64: index of the first entry
    llvm::Value* high = nullptr;   // i64: the last key that counts; null = no bound
  };
  BandRange EmitBandRange(const Step& step, llvm::Value* inner, llvm::Value* count);
  void EmitFlagged(const Step& step, size_t index);
  void EmitAggregateOutput(const Step& step, size_t index);
  void EmitSetOutput(const Step& step, size_t index);
  void EmitWindowOutput(const Step& step, size_t index);
  void EmitLimit(const Step& step, size_t index);
  void EmitCount(const Step& step, size_t index);
  void EmitRowSink(const Sink& sink);
  void EmitAggregateSink(const Sink& sink);

  // Joins (join.cc, probe.cc, nested_loop.cc).
  void BindBuildColumns(const Step& step, llvm::Value* row, llvm::Value* row_is_null,
                        llvm::Value* page);
  /// A match: the build row, where to jump to end the loop, and i1 that it is the null row
  /// (nullptr: never).
  using MatchBody =
      std::function<void(llvm::Value* row, llvm::BasicBlock* leave, llvm::Value* is_null_row)>;
  struct MatchLoop {
    /// Emits code that runs body for each match. any_match, unless nullptr: a byte that body sets;
    /// if it is still 0 at the end body runs once more, for the null row.
    std::function<void(const MatchBody& body, llvm::Value* any_match)> each_match;
    /// i1: whether the predicate could be NULL for some build row, given that no match was found;
    /// kMark only.
    std::function<llvm::Value*()> maybe_null;
    llvm::Value* null_row = nullptr;
    uint32_t flag_offset = 0;
  };
  /// At the end of a match: what its steps allocated goes, when nothing made before the loop is in
  /// the arena.
  void EmitInnerRowDone(bool allocates_before) {
    if (!allocates_before && out_->resets_arena) code_.Call(Abi::lathe_row_done, {code_.worker()});
  }
  /// Runs body where the row is the null row or the condition (nullptr: always true) holds.
  void EmitAccepted(const Step& step, const Expr* condition, llvm::Value* row, llvm::Value* page,
                    llvm::BasicBlock* leave, llvm::Value* is_null_row, const MatchBody& body);
  void EmitJoin(const Step& step, size_t index, ColumnId mark, const MatchLoop& loop);
  /// i1: the keys of a build row equal the values.
  llvm::Value* KeysEqual(const row::Layout& layout, const std::vector<SqlValue>& keys,
                         const std::vector<bool>& null_equal, llvm::Value* row, llvm::Value* page);

  // Aggregation (aggregate.cc).
  /// The value of one group in the type of its field.
  SqlValue EmitGroup(const Sink& sink, const state::AggregateSpec& spec, uint32_t i);
  /// groups: the keys; those that they determine are evaluated where a row is new.
  llvm::Value* FindGroup(const Sink& sink, const state::AggregateSpec& spec,
                         const std::vector<SqlValue>& groups, llvm::Value* local);
  /// The same for groups of a few short strings: the common case compares words and has one way
  /// out.
  llvm::Value* FindShortGroup(const state::AggregateSpec& spec, const std::vector<SqlValue>& groups,
                              llvm::Value* local);
  void UpdateComponents(const state::AggregateSpec& spec, const pipeline::ArgumentUpdate& update,
                        llvm::Value* row, llvm::Value* local);
  llvm::Value* LoadWideSum(llvm::Value* address);  // state::WideSum as i128
  SqlValue CallResult(const pipeline::CallOutput& output, const row::Layout& layout,
                      llvm::Value* row);

  // --- expressions (expression.cc) ---
  SqlValue Emit(const Expr& e);
  SqlValue EmitKind(const Expr& e);
  SqlValue EmitConst(const types::Value& value);
  SqlValue EmitConstant(uint32_t index, const types::Type& type);
  SqlValue EmitAndOr(const Expr& e, bool is_and);
  SqlValue EmitCase(const Expr& e);
  SqlValue EmitCoalesce(const Expr& e);
  SqlValue EmitGreatestLeast(const Expr& e);
  SqlValue EmitInList(const Expr& e);
  SqlValue EmitInSet(const Expr& operand, uint32_t index);
  SqlValue EmitAnyArray(const Expr& e);  // any_array.cc
  SqlValue EmitIsDistinct(const Expr& e);
  llvm::Value* EmitIsTrue(const Expr& e) { return code_.IsTrue(Emit(e)); }
  /// Goes on where the condition is true, jumps to no otherwise.
  void EmitCondition(const Expr& e, llvm::BasicBlock* no);
  void EmitBranch(llvm::Value* condition, llvm::BasicBlock* no, bool together = false);
  /// Worth a branch to avoid: may fail or calls a function.
  static bool Costly(const Expr& e);
  /// Neighbouring conditions that are cheap and cannot fail are tested together: several badly
  /// predicted branches are worse than one.
  void EmitConjuncts(const std::vector<expr::ExprPtr>& conjuncts, llvm::BasicBlock* no);
  /// Is it a comparison, or a few of them, that takes an instruction or two and cannot fail?
  /// leaves: counts the comparisons.
  bool IsCheap(const Expr& e, size_t* leaves) const;
  /// For a stored column of strings that equals a constant, or one of a few: may it be so by the
  /// slot alone (the bytes of a short string, the size of a longer one)? Null: not such a
  /// condition.
  llvm::Value* EmitSlotTest(const Expr& e);
  SqlValue MakeBool(llvm::Value* value, llvm::Value* null = nullptr);
  SqlValue Choose(llvm::Value* condition, const std::string& name,
                  const std::function<SqlValue()>& then, const std::function<SqlValue()>& otherwise,
                  Code::Hint hint = Code::Hint::kNone);
  void If(llvm::Value* condition, const std::string& name, const std::function<void()>& then,
          const std::function<void()>& otherwise = {}, Code::Hint hint = Code::Hint::kNone);

  // Calls (call.cc).
  SqlValue EmitCall(const Expr& e);
  /// The comparison that an operator is, by its symbol; kNone for others.
  static func::InlineOp ComparisonOf(const func::Function& f);
  SqlValue EmitLike(const Expr& e, bool negate);
  /// Tells the function that is called next what types it is called with (Function::wants_types).
  void StoreCallTypes(const std::vector<SqlValue>& args, const types::Type& result);
  SqlValue EmitBoxedCall(const func::Function& f, const types::Type& type,
                         std::vector<SqlValue> args);
  /// As Compare, by the operator's C++ form where there is no inline one. A NULL operand's result
  /// is meaningless.
  llvm::Value* CompareBy(const func::Function* f, func::InlineOp op, const SqlValue& a,
                         const SqlValue& b);
  SqlValue EmitBoxedCast(const Expr& e, SqlValue v);
  void StoreBoxed(const SqlValue& v, llvm::Value* address);           // fixed numerics become big
  SqlValue LoadBoxed(const types::Type& type, llvm::Value* address);  // and back
  llvm::Value* FunctionContext();
  llvm::FunctionCallee BoxedFunction(const std::string& name, const void* address,
                                     llvm::FunctionType* type);

  // Proofs of ranges (range.cc).
  using Range = pipeline::Range;
  std::optional<Range> RangeOf(const Expr& e) const;
  static std::optional<Range> RangeOfType(const types::Type& type);

  // Arithmetic (arithmetic.cc): operands are not NULL, or their values harmless.
  bool CanInlineArithmetic(const Expr& e) const;
  SqlValue EmitArithmetic(const Expr& e);
  llvm::Value* IntArithmetic(func::InlineOp op, llvm::Value* a, llvm::Value* b, Repr repr,
                             llvm::Value* null, bool fits);
  llvm::Value* FloatArithmetic(func::InlineOp op, llvm::Value* a, llvm::Value* b,
                               llvm::Value* null);
  /// In 64 bits without checks where ranges prove that it fits; value == nullptr where they do not.
  SqlValue NarrowArithmetic(const Expr& e, func::InlineOp op, const SqlValue& a, const SqlValue& b,
                            llvm::Value* null);
  SqlValue FixedArithmetic(const Expr& e, func::InlineOp op, const SqlValue& a, const SqlValue& b,
                           llvm::Value* null);
  /// Fixed numeric as i64 or i128 at another scale, unchecked: the caller knows that it fits.
  llvm::Value* RescaleUp(llvm::Value* v, int digits, Repr to);
  void FailUnlessNull(llvm::Value* condition, llvm::Value* null, SqlState state,
                      const std::string& message);

  // Comparison and hashing (compare.cc).
  static bool CanInlineComparison(const types::Type& a, const types::Type& b);
  /// i1 of a <op> b for values that are not NULL.
  llvm::Value* Compare(func::InlineOp op, const SqlValue& a, const SqlValue& b);
  /// A date against a timestamp known before the first row; nullptr when it is not.
  llvm::Value* CompareDateWith(func::InlineOp op, const SqlValue& date, const SqlValue& timestamp);
  llvm::Value* MidnightOf(const SqlValue& v);  // of a date, as a timestamp; timestamps as they are
  /// Makes a char(n) of a form whose bytes compare as the values do: without trailing blanks, as
  /// those of known length are already. False = *v is of unknown length and no constant.
  bool WithoutBlanks(SqlValue* v);
  llvm::Value* EqualStrings(const SqlValue& a, const SqlValue& b);
  llvm::Value* HashWord(llvm::Value* h, llvm::Value* word);
  llvm::Value* Hash(llvm::Value* h, const SqlValue& v);

  // Casts (cast.cc).
  SqlValue EmitCast(const Expr& e);
  SqlValue FixedToBig(const SqlValue& v);
  /// The value in the form of a type that means the same: other widths of numerics. Anything else
  /// that differs is a bug.
  SqlValue Coerce(const SqlValue& v, const types::Type& type);
  SqlValue BigToFixed(const SqlValue& v, const types::Type& type);

  // --- surroundings ---
  void InPrologue(const std::function<void()>& body);
  llvm::Value* Object(uint32_t index);  // shared state, loaded in the prologue
  llvm::Value* Local(uint32_t index);
  void Fail(Error error) {
    if (!error_) error_ = std::move(error);
  }
  std::string Name(ColumnId id) const { return program_.NameOf(id); }
  const std::vector<Step>& steps() const { return pipeline_.steps; }
  llvm::Value* PageOf(llvm::Value* row);  // of a row in a RowBuffer

  const pipeline::Program& program_;
  const pipeline::Pipeline& pipeline_;
  const EmitOptions options_;
  EmittedPipeline* out_;
  Code code_;
  llvm::IRBuilder<>& b_;  // code_.b
  Columns columns_;
  std::map<ColumnId, Range> ranges_;  // of computed columns
  std::optional<Error> error_;

  llvm::Value* row_ = nullptr;       // of the source
  llvm::Value* row_page_ = nullptr;  // its page
  std::map<uint32_t, llvm::Value*> objects_, locals_;
  llvm::Value* constants_ = nullptr;
  llvm::Value* function_context_ = nullptr;
  llvm::Value* row_counts_ = nullptr;
  std::map<uint32_t, SqlValue> constant_values_;
  std::map<uint32_t, llvm::Value*> constant_errors_;  // i1
  std::map<uint32_t, SqlValue> trimmed_constants_;    // char(n) without trailing blanks
};

}  // namespace lathe::emit
