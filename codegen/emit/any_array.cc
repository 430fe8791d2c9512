// operand op ANY (array), operand op ALL (array):
//
//   status = any_array(context, oid of op, all, {operand, array}, nulls, &result)
//   if (status == kError) return fail_function();   NULL by status
#include "runtime/func/any_array.h"

#include "codegen/emit/emitter.h"

namespace lathe::emit {

SqlValue Emitter::EmitAnyArray(const Expr& e) {
  llvm::Value* room = code_.StackRoom(32, "args");
  llvm::Value* nulls = code_.StackRoom(2, "nulls");
  llvm::Value* result = code_.StackRoom(16, "result");
  for (uint32_t i = 0; i < 2; ++i) {
    const SqlValue v = code_.Decode(Emit(*e.children[i]));
    llvm::Value* address = code_.At(room, 16 * i);
    if (v.null == nullptr) {
      StoreBoxed(v, address);
      code_.Store(b_.getInt8(0), code_.At(nulls, i));
    } else {
      code_.If(v.null, "null_argument", [] {}, [&] { StoreBoxed(v, address); });
      code_.Store(b_.CreateZExt(v.null, code_.I8()), code_.At(nulls, i));
    }
  }
  auto* type = llvm::FunctionType::get(
      code_.I32(), {code_.Ptr(), code_.I32(), code_.I32(), code_.Ptr(), code_.Ptr(), code_.Ptr()},
      false);
  llvm::FunctionCallee callee =
      BoxedFunction("any_array", reinterpret_cast<const void*>(&func::AnyArray), type);
  const int all = e.subquery_kind == expr::SubqueryKind::kAll ? 1 : 0;
  llvm::Value* status =
      b_.CreateCall(callee,
                    {FunctionContext(), code_.Int32(static_cast<int>(e.function->oid.value)),
                     code_.Int32(all), room, nulls, result},
                    "status");
  code_.If(
      b_.CreateICmpEQ(status, code_.Int32(static_cast<int>(func::CallStatus::kError))), "failed",
      [&] { b_.CreateRet(code_.Call(Abi::lathe_fail_function, {code_.worker()})); }, {},
      Code::Hint::kUnlikely);
  SqlValue value = code_.LoadDatum(e.type, result, "any");
  value.null = b_.CreateICmpEQ(status, code_.Int32(static_cast<int>(func::CallStatus::kNull)));
  return value;
}

}  // namespace lathe::emit
