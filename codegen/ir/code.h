// Front door of codegen/ir: words for emitting a function on top of LLVM's IRBuilder: SQL values
// with their null bit, structured control flow, calls into the runtime by name, row access, errors
// with a site number. Code is emitted as SSA at once, without stack slots for values, so that tier
// 1 needs no passes.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "runtime/abi/abi.h"
#include "runtime/row/layout.h"
#include "runtime/state/state.h"
#include "runtime/types/type.h"

namespace lathe::ir {

using types::Repr;

/// One SQL value in registers. null == nullptr: known not to be NULL. By repr:
///   kBool: i1; kI8..kI64: the integer; kI128: i128, or i64 when proved to fit (Code::Widen); kF32,
///   kF64; kInterval: i128 of its 16 bytes; kString: value = pointer and size = i64; or, not yet
///   decoded, slot = i32 bits of its row slot (Code::Decode gives the rest).
struct SqlValue {
  types::Type type;
  Repr repr = Repr::kBool;
  llvm::Value* value = nullptr;
  llvm::Value* size = nullptr;
  llvm::Value* null = nullptr;
  // kString from a row:
  llvm::Value* slot = nullptr;          // i32
  llvm::Value* slot_address = nullptr;  // where it lies
  llvm::Value* page = nullptr;          // the start of its page
  bool decoded() const { return value != nullptr; }
};

/// The functions of functions.def.
enum class Abi : uint16_t {
#define LATHE_ABI(result, name, args, cost) name,
#include "runtime/abi/functions.def"
#undef LATHE_ABI
};

/// Emits one function. Holds the insertion point; not copyable.
class Code {
 public:
  /// Begins `i32 name(ptr query, ptr worker, ptr page, i32 from, i32 to)` in the module. sites:
  /// where the places that can fail are listed; outlives this.
  Code(llvm::Module* module, const std::string& name, std::vector<state::ErrorSite>* sites);

  llvm::IRBuilder<> b;    // at the insertion point
  llvm::IRBuilder<> top;  // at the end of the prologue, which runs once per call

  llvm::Module& module() { return *module_; }
  llvm::LLVMContext& context() { return module_->getContext(); }
  llvm::Function* function() { return function_; }
  llvm::Value* query() { return function_->getArg(0); }
  llvm::Value* worker() { return function_->getArg(1); }
  llvm::Value* page() { return function_->getArg(2); }
  llvm::Value* from() { return function_->getArg(3); }
  llvm::Value* to() { return function_->getArg(4); }

  // Types and constants.
  llvm::Type* I1() { return b.getInt1Ty(); }
  llvm::Type* I8() { return b.getInt8Ty(); }
  llvm::Type* I32() { return b.getInt32Ty(); }
  llvm::Type* I64() { return b.getInt64Ty(); }
  llvm::Type* I128() { return b.getInt128Ty(); }
  llvm::Type* Ptr() { return b.getPtrTy(); }
  llvm::Value* Int32(int64_t n) {
    return llvm::ConstantInt::get(I32(), static_cast<uint64_t>(n), true);
  }
  llvm::Value* Int64(int64_t n) {
    return llvm::ConstantInt::get(I64(), static_cast<uint64_t>(n), true);
  }
  llvm::Value* UInt64(uint64_t n) { return llvm::ConstantInt::get(I64(), n); }
  llvm::Value* Int128(types::int128 n);
  llvm::Value* Bool(bool value) { return b.getInt1(value); }
  llvm::Type* TypeOf(Repr repr);  // of SqlValue::value
  /// A private constant of these bytes; its address.
  llvm::Value* Bytes(std::string_view bytes, const std::string& name);

  // Memory. All accesses unaligned.
  llvm::Value* At(llvm::Value* base, uint64_t offset, const std::string& name = "");
  llvm::Value* Load(llvm::Type* type, llvm::Value* address, const std::string& name = "");
  void Store(llvm::Value* value, llvm::Value* address);
  /// 16-byte aligned stack room, made in the prologue.
  llvm::Value* StackRoom(uint64_t bytes, const std::string& name);

  // Control flow. Bodies may end in a return.
  llvm::BasicBlock* Block(const std::string& name);
  bool Terminated() { return b.GetInsertBlock()->getTerminator() != nullptr; }
  void Jump(llvm::BasicBlock* to) {
    if (!Terminated()) b.CreateBr(to);
  }
  enum class Hint : uint8_t { kNone, kLikely, kUnlikely };
  void Branch(llvm::Value* condition, llvm::BasicBlock* yes, llvm::BasicBlock* no,
              Hint hint = Hint::kNone);
  void If(llvm::Value* condition, const std::string& name, const std::function<void()>& then,
          const std::function<void()>& otherwise = {}, Hint hint = Hint::kNone);
  /// The value of one of two branches, both of one type; strings come out decoded.
  SqlValue Choose(llvm::Value* condition, const std::string& name,
                  const std::function<SqlValue()>& then, const std::function<SqlValue()>& otherwise,
                  Hint hint = Hint::kNone);
  /// A value where the code of one of several branches ends.
  struct Ended {
    SqlValue value;
    llvm::BasicBlock* block;  // its last one, not terminated
  };
  /// Goes on behind all of them with the value of the one that ran; at least one, all of one type.
  SqlValue Merge(std::vector<Ended> branches, const std::string& name);
  llvm::Value* ChooseRaw(llvm::Value* condition, const std::string& name,
                         const std::function<llvm::Value*()>& then,
                         const std::function<llvm::Value*()>& otherwise, Hint hint = Hint::kNone);
  void Return(int32_t code) { b.CreateRet(Int32(code)); }

  // The runtime.
  llvm::Value* Call(Abi function, const std::vector<llvm::Value*>& args,
                    const std::string& name = "");
  llvm::Function* Declare(Abi function);
  /// Goes to the function's one error block with this site when the condition holds.
  void FailIf(llvm::Value* condition, SqlState state, const std::string& message);
  /// Returns from the function when the code (i32) is not 0.
  void ReturnIfError(llvm::Value* code);
  /// Where expressions being emitted come from, for error sites.
  int32_t location = -1;
  uint32_t node = 0;

  // SQL values.
  SqlValue Null(const types::Type& type);
  /// An integer value in the full width of its representation; values proved small may travel in 64
  /// bits.
  SqlValue Widen(SqlValue v);
  /// Fills value and size of a string.
  SqlValue Decode(SqlValue v);
  /// i1: is NULL.
  llvm::Value* IsNull(const SqlValue& v) { return v.null == nullptr ? Bool(false) : v.null; }
  /// i1 of a boolean: is true.
  llvm::Value* IsTrue(const SqlValue& v);
  llvm::Value* IsFalse(const SqlValue& v);
  llvm::Value* OrNull(llvm::Value* a, llvm::Value* b_);  // of two null bits, either may be nullptr
  /// The halves of an i128.
  std::pair<llvm::Value*, llvm::Value*> Halves(llvm::Value* wide);
  /// Stores a value as a Datum; loads one.
  void StoreDatum(const SqlValue& v, llvm::Value* address);
  SqlValue LoadDatum(const types::Type& type, llvm::Value* address, const std::string& name);

  // Rows.
  /// Field of a row; row_null (may be nullptr): the whole row is NULL.
  SqlValue LoadField(const row::Layout& layout, uint32_t field, llvm::Value* row,
                     llvm::Value* page_start, llvm::Value* row_null, const std::string& name);
  /// Bytes of heap that the strings among the values need; i64.
  llvm::Value* HeapBytes(const std::vector<SqlValue>& values);
  /// Writes values[i] into field first + i of a row just appended to buffer. A NULL for a field
  /// that cannot be: see not_null_error.
  void StoreFields(const row::Layout& layout, uint32_t first, const std::vector<SqlValue>& values,
                   llvm::Value* row, llvm::Value* buffer);

  /// Ends the function: emits the error block and joins the prologue to the body.
  void Finish();

 private:
  llvm::Module* module_;
  llvm::Function* function_;
  llvm::BasicBlock* prologue_;
  llvm::BasicBlock* body_;
  void EndErrorBlock();
  /// Ends the branches with jumps to `done` and goes on there; values decoded and widened.
  SqlValue MergeAt(llvm::BasicBlock* done, std::span<const Ended> branches,
                   const std::string& name);

  llvm::BasicBlock* error_block_ = nullptr;
  llvm::PHINode* error_site_ = nullptr;
  std::vector<state::ErrorSite>* sites_;
  std::map<std::tuple<SqlState, std::string, int32_t, uint32_t>, size_t> site_of_;
};

}  // namespace lathe::ir
