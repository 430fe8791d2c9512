// The runtime's functions as LLVM declarations, derived from functions.def by their C++ types.
#include <tuple>
#include <type_traits>

#include "codegen/ir/code.h"

namespace lathe::ir {
namespace {

template <class T>
llvm::Type* LlvmTypeOf(llvm::LLVMContext& context) {
  if constexpr (std::is_void_v<T>) {
    return llvm::Type::getVoidTy(context);
  } else if constexpr (std::is_pointer_v<T>) {
    return llvm::PointerType::get(context, 0);
  } else if constexpr (std::is_same_v<T, double>) {
    return llvm::Type::getDoubleTy(context);
  } else {
    static_assert(
        std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t> || std::is_same_v<T, uint64_t>,
        "a type that functions.def does not allow");
    return llvm::Type::getIntNTy(context, sizeof(T) * 8);
  }
}

template <class R, class... A>
llvm::FunctionType* FunctionTypeOf(R (*)(A...), llvm::LLVMContext& context) {
  return llvm::FunctionType::get(LlvmTypeOf<R>(context), {LlvmTypeOf<A>(context)...}, false);
}

struct Entry {
  const char* name;
  abi::Cost cost;
  llvm::FunctionType* (*type)(llvm::LLVMContext&);
};

const Entry kEntries[] = {
#define LATHE_ABI(result, name, args, cost)                                \
  {#name, abi::Cost::cost, [](llvm::LLVMContext& context) {                \
     return FunctionTypeOf(static_cast<result(*) args>(nullptr), context); \
   }},
#include "runtime/abi/functions.def"
#undef LATHE_ABI
};

}  // namespace

llvm::Function* Code::Declare(Abi function) {
  const Entry& entry = kEntries[static_cast<size_t>(function)];
  if (llvm::Function* known = module_->getFunction(entry.name)) return known;
  auto* made = llvm::Function::Create(entry.type(context()), llvm::Function::ExternalLinkage,
                                      entry.name, module_);
  made->addFnAttr(llvm::Attribute::NoUnwind);
  if (entry.cost == abi::Cost::kCold) made->addFnAttr(llvm::Attribute::Cold);
  return made;
}

llvm::Value* Code::Call(Abi function, const std::vector<llvm::Value*>& args,
                        const std::string& name) {
  llvm::Function* callee = Declare(function);
  llvm::CallInst* call =
      b.CreateCall(callee, args, callee->getReturnType()->isVoidTy() ? "" : name);
  call->setDoesNotThrow();
  return call;
}

}  // namespace lathe::ir
