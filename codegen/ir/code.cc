// Constants, memory, control flow, errors, SQL values. Rows: row_access.cc; runtime functions:
// abi_functions.cc.
#include "codegen/ir/code.h"

#include <llvm/IR/MDBuilder.h>

#include <algorithm>

namespace lathe::ir {
namespace {

constexpr size_t kMergedMax = 32;    // branches that end in one block
constexpr unsigned kErrorsMax = 64;  // checks that share an error block

}  // namespace

Code::Code(llvm::Module* module, const std::string& name, std::vector<state::ErrorSite>* sites)
    : b(module->getContext()), top(module->getContext()), module_(module), sites_(sites) {
  auto* type = llvm::FunctionType::get(I32(), {Ptr(), Ptr(), Ptr(), I32(), I32()}, false);
  function_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, module);
  function_->addFnAttr(llvm::Attribute::NoUnwind);
  function_->addFnAttr("frame-pointer", "all");
  const char* names[] = {"query", "worker", "page", "from", "to"};
  for (unsigned i = 0; i < 5; ++i) function_->getArg(i)->setName(names[i]);
  prologue_ = llvm::BasicBlock::Create(context(), "prologue", function_);
  body_ = llvm::BasicBlock::Create(context(), "body", function_);
  top.SetInsertPoint(prologue_);
  b.SetInsertPoint(body_);
}

llvm::Value* Code::Int128(types::int128 n) {
  uint64_t words[2] = {static_cast<uint64_t>(n),
                       static_cast<uint64_t>(static_cast<types::uint128>(n) >> 64)};
  return llvm::ConstantInt::get(context(), llvm::APInt(128, words));
}

llvm::Type* Code::TypeOf(Repr repr) {
  switch (repr) {
    case Repr::kBool:
      return I1();
    case Repr::kI8:
      return I8();
    case Repr::kI16:
      return b.getInt16Ty();
    case Repr::kI32:
      return I32();
    case Repr::kI64:
      return I64();
    case Repr::kI128:
    case Repr::kInterval:
      return I128();
    case Repr::kF32:
      return b.getFloatTy();
    case Repr::kF64:
      return b.getDoubleTy();
    case Repr::kString:
      return Ptr();
  }
  return nullptr;
}

llvm::Value* Code::Bytes(std::string_view bytes, const std::string& name) {
  auto* data = llvm::ConstantDataArray::getString(
      context(), llvm::StringRef(bytes.data(), bytes.size()), false);
  auto* global = new llvm::GlobalVariable(*module_, data->getType(), true,
                                          llvm::GlobalValue::PrivateLinkage, data, name);
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  global->setAlignment(llvm::Align(8));
  return global;
}

llvm::Value* Code::At(llvm::Value* base, uint64_t offset, const std::string& name) {
  if (offset == 0) return base;
  return b.CreateConstInBoundsGEP1_64(I8(), base, offset, name);
}

llvm::Value* Code::Load(llvm::Type* type, llvm::Value* address, const std::string& name) {
  return b.CreateAlignedLoad(type, address, llvm::Align(1), name);
}

void Code::Store(llvm::Value* value, llvm::Value* address) {
  b.CreateAlignedStore(value, address, llvm::Align(1));
}

llvm::Value* Code::StackRoom(uint64_t bytes, const std::string& name) {
  llvm::AllocaInst* room = top.CreateAlloca(llvm::ArrayType::get(I8(), bytes), nullptr, name);
  room->setAlignment(llvm::Align(16));
  return room;
}

llvm::BasicBlock* Code::Block(const std::string& name) {
  return llvm::BasicBlock::Create(context(), name, function_);
}

void Code::Branch(llvm::Value* condition, llvm::BasicBlock* yes, llvm::BasicBlock* no, Hint hint) {
  llvm::MDNode* weights = nullptr;
  if (hint == Hint::kLikely) weights = llvm::MDBuilder(context()).createBranchWeights(2000, 1);
  if (hint == Hint::kUnlikely) weights = llvm::MDBuilder(context()).createBranchWeights(1, 2000);
  b.CreateCondBr(condition, yes, no, weights);
}

void Code::If(llvm::Value* condition, const std::string& name, const std::function<void()>& then,
              const std::function<void()>& otherwise, Hint hint) {
  if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
    if (known->isOne()) {
      then();
    } else if (otherwise) {
      otherwise();
    }
    return;
  }
  llvm::BasicBlock* yes = Block(name);
  llvm::BasicBlock* done = Block(name + ".done");
  llvm::BasicBlock* no = otherwise ? Block(name + ".else") : done;
  Branch(condition, yes, no, hint);
  b.SetInsertPoint(yes);
  then();
  Jump(done);
  if (otherwise) {
    b.SetInsertPoint(no);
    otherwise();
    Jump(done);
  }
  b.SetInsertPoint(done);
}

llvm::Value* Code::ChooseRaw(llvm::Value* condition, const std::string& name,
                             const std::function<llvm::Value*()>& then,
                             const std::function<llvm::Value*()>& otherwise, Hint hint) {
  llvm::BasicBlock* yes = Block(name);
  llvm::BasicBlock* no = Block(name + ".else");
  llvm::BasicBlock* done = Block(name + ".done");
  Branch(condition, yes, no, hint);
  b.SetInsertPoint(yes);
  llvm::Value* x = then();
  llvm::BasicBlock* x_end = b.GetInsertBlock();
  b.CreateBr(done);
  b.SetInsertPoint(no);
  llvm::Value* y = otherwise();
  llvm::BasicBlock* y_end = b.GetInsertBlock();
  b.CreateBr(done);
  b.SetInsertPoint(done);
  llvm::PHINode* phi = b.CreatePHI(x->getType(), 2, name + ".value");
  phi->addIncoming(x, x_end);
  phi->addIncoming(y, y_end);
  return phi;
}

SqlValue Code::Choose(llvm::Value* condition, const std::string& name,
                      const std::function<SqlValue()>& then,
                      const std::function<SqlValue()>& otherwise, Hint hint) {
  if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(condition))
    return known->isOne() ? then() : otherwise();
  llvm::BasicBlock* yes = Block(name);
  llvm::BasicBlock* no = Block(name + ".else");
  llvm::BasicBlock* done = Block(name + ".done");
  Branch(condition, yes, no, hint);
  b.SetInsertPoint(yes);
  SqlValue x = Widen(Decode(then()));
  llvm::BasicBlock* x_end = b.GetInsertBlock();
  b.SetInsertPoint(no);
  SqlValue y = Widen(Decode(otherwise()));
  const Ended ends[] = {{x, x_end}, {y, b.GetInsertBlock()}};
  return MergeAt(done, ends, name);
}

SqlValue Code::MergeAt(llvm::BasicBlock* done, std::span<const Ended> branches,
                       const std::string& name) {
  bool nullable = false;
  for (const Ended& branch : branches) {
    nullable |= branch.value.null != nullptr;
    b.SetInsertPoint(branch.block);
    b.CreateBr(done);
  }
  b.SetInsertPoint(done);
  auto merge = [&](const char* part, auto&& value_of) -> llvm::Value* {
    llvm::Value* first = value_of(branches[0].value);
    if (std::all_of(branches.begin(), branches.end(),
                    [&](const Ended& branch) { return value_of(branch.value) == first; })) {
      return first;
    }
    llvm::PHINode* phi =
        b.CreatePHI(first->getType(), static_cast<unsigned>(branches.size()), name + part);
    for (const Ended& branch : branches) phi->addIncoming(value_of(branch.value), branch.block);
    return phi;
  };
  SqlValue result;
  result.type = branches[0].value.type;
  result.repr = branches[0].value.repr;
  if (nullable) result.null = merge(".null", [&](const SqlValue& v) { return IsNull(v); });
  result.value = merge(".value", [](const SqlValue& v) { return v.value; });
  if (branches[0].value.size != nullptr) {
    result.size = merge(".size", [](const SqlValue& v) { return v.size; });
  }
  return result;
}

SqlValue Code::Merge(std::vector<Ended> branches, const std::string& name) {
  for (Ended& branch : branches) {
    b.SetInsertPoint(branch.block);
    branch.value = Widen(Decode(branch.value));
    branch.block = b.GetInsertBlock();
  }
  // Few at a time: LLVM takes time by the square of a phi's inputs.
  while (branches.size() > 1) {
    std::vector<Ended> merged;
    for (size_t i = 0; i < branches.size(); i += kMergedMax) {
      const size_t count = std::min(kMergedMax, branches.size() - i);
      if (count == 1) {
        merged.push_back(branches[i]);
        continue;
      }
      SqlValue value = MergeAt(Block(name + ".done"), std::span(branches).subspan(i, count), name);
      merged.push_back({value, b.GetInsertBlock()});
    }
    branches = std::move(merged);
  }
  b.SetInsertPoint(branches[0].block);
  return branches[0].value;
}

void Code::FailIf(llvm::Value* condition, SqlState state, const std::string& message) {
  if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(condition);
      known != nullptr && known->isZero())
    return;
  const size_t site =
      site_of_.emplace(std::tuple(state, message, location, node), sites_->size()).first->second;
  if (site == sites_->size()) sites_->push_back({state, message, location, node});
  if (error_block_ != nullptr && error_site_->getNumIncomingValues() >= kErrorsMax) EndErrorBlock();
  if (error_block_ == nullptr) {
    error_block_ = Block("error");
    llvm::IRBuilder<> at(error_block_);
    error_site_ = at.CreatePHI(I32(), 4, "site");
  }
  llvm::BasicBlock* fine = Block("ok");
  error_site_->addIncoming(Int32(static_cast<int64_t>(site)), b.GetInsertBlock());
  Branch(condition, error_block_, fine, Hint::kUnlikely);
  b.SetInsertPoint(fine);
}

void Code::ReturnIfError(llvm::Value* code) {
  llvm::BasicBlock* failed = Block("failed");
  llvm::BasicBlock* fine = Block("ok");
  Branch(b.CreateICmpNE(code, Int32(0)), failed, fine, Hint::kUnlikely);
  b.SetInsertPoint(failed);
  b.CreateRet(code);
  b.SetInsertPoint(fine);
}

SqlValue Code::Null(const types::Type& type) {
  SqlValue v;
  v.type = type;
  v.repr = types::ReprOf(type);
  v.value = llvm::Constant::getNullValue(TypeOf(v.repr));
  if (v.repr == Repr::kString) v.size = Int64(0);
  v.null = Bool(true);
  return v;
}

SqlValue Code::Widen(SqlValue v) {
  if (v.repr == Repr::kI128 && v.value->getType() != I128())
    v.value = b.CreateSExt(v.value, I128());
  return v;
}

llvm::Value* Code::IsTrue(const SqlValue& v) {
  return v.null == nullptr ? v.value : b.CreateAnd(v.value, b.CreateNot(v.null));
}

llvm::Value* Code::IsFalse(const SqlValue& v) {
  llvm::Value* no = b.CreateNot(v.value);
  return v.null == nullptr ? no : b.CreateAnd(no, b.CreateNot(v.null));
}

llvm::Value* Code::OrNull(llvm::Value* x, llvm::Value* y) {
  if (x == nullptr) return y;
  if (y == nullptr) return x;
  return b.CreateOr(x, y);
}

std::pair<llvm::Value*, llvm::Value*> Code::Halves(llvm::Value* wide) {
  return {b.CreateTrunc(wide, I64()), b.CreateTrunc(b.CreateLShr(wide, 64), I64())};
}

void Code::StoreDatum(const SqlValue& given, llvm::Value* address) {
  SqlValue v = Widen(Decode(given));
  if (v.repr == Repr::kBool) {
    Store(b.CreateZExt(v.value, I8()), address);
    return;
  }
  Store(v.value, address);
  if (v.repr == Repr::kString) Store(v.size, At(address, 8));
}

SqlValue Code::LoadDatum(const types::Type& type, llvm::Value* address, const std::string& name) {
  SqlValue v;
  v.type = type;
  v.repr = types::ReprOf(type);
  if (v.repr == Repr::kBool) {
    v.value = b.CreateTrunc(Load(I8(), address), I1(), name);
    return v;
  }
  v.value = Load(TypeOf(v.repr), address, name);
  if (v.repr == Repr::kString) v.size = Load(I64(), At(address, 8), name + ".size");
  return v;
}

void Code::EndErrorBlock() {
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  b.SetInsertPoint(error_block_);
  llvm::Value* code = Call(Abi::lathe_fail, {worker(), error_site_}, "code");
  b.CreateRet(code);
  error_block_ = nullptr;
}

void Code::Finish() {
  if (error_block_ != nullptr) EndErrorBlock();
  top.CreateBr(body_);
}

}  // namespace lathe::ir
