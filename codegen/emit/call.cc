// Calls of SQL functions: inline where there is a form for these types, otherwise the function's
// C++ form with its arguments boxed:
//
//   if (any argument is NULL) result = NULL;                      strict functions
//   else { args[i] = ...; status = f(context, args, nulls, &result); if (status == kError) return
//   fail_function(); }
#include <cstring>
#include <span>

#include "codegen/emit/emitter.h"
#include "runtime/func/context.h"

namespace lathe::emit {

using func::InlineOp;

InlineOp Emitter::ComparisonOf(const func::Function& f) {
  if (f.args.size() != 2 || f.result.id != types::TypeId::kBool) return InlineOp::kNone;
  static constexpr std::pair<std::string_view, InlineOp> kSymbols[] = {
      {"=", InlineOp::kEq},  {"<>", InlineOp::kNe}, {"<", InlineOp::kLt},
      {"<=", InlineOp::kLe}, {">", InlineOp::kGt},  {">=", InlineOp::kGe}};
  for (const auto& [symbol, op] : kSymbols) {
    if (f.op == symbol) return op;
  }
  return InlineOp::kNone;
}

SqlValue Emitter::EmitCall(const Expr& e) {
  const func::Function& f = *e.function;
  if (const InlineOp op = ComparisonOf(f);
      op != InlineOp::kNone && CanInlineComparison(e.children[0]->type, e.children[1]->type)) {
    SqlValue x = Emit(*e.children[0]), y = Emit(*e.children[1]);
    llvm::Value* null = code_.OrNull(x.null, y.null);
    return MakeBool(Compare(op, x, y), null);
  }
  switch (f.inline_op) {
    case InlineOp::kLike:
    case InlineOp::kNotLike:
      if (e.children.size() == 2 && program_.constant_of.contains(e.children[1].get()) &&
          e.children[0]->type.id != types::TypeId::kBpChar) {
        return EmitLike(e, f.inline_op == InlineOp::kNotLike);
      }
      break;
    case InlineOp::kLength:
      if (e.children.size() == 1 && e.type.id == types::TypeId::kInt4 &&
          e.children[0]->type.is_string_like() &&
          e.children[0]->type.id != types::TypeId::kBpChar) {
        SqlValue text = code_.Decode(Emit(*e.children[0]));
        SqlValue result;
        result.type = e.type;
        result.repr = Repr::kI32;
        result.null = text.null;
        result.value =
            b_.CreateTrunc(code_.Call(Abi::lathe_char_count, {text.value, text.size}), code_.I32());
        return result;
      }
      break;
    default:
      if (CanInlineArithmetic(e)) return EmitArithmetic(e);
  }
  std::vector<SqlValue> args;
  for (const auto& child : e.children) args.push_back(code_.Decode(Emit(*child)));
  return EmitBoxedCall(f, e.type, std::move(args));
}

SqlValue Emitter::EmitLike(const Expr& e, bool negate) {
  SqlValue text = code_.Decode(Emit(*e.children[0]));
  SqlValue pattern = Emit(*e.children[1]);
  const uint32_t index = program_.constant_of.at(e.children[1].get());
  llvm::Value* prepared = nullptr;
  InPrologue([&] {
    prepared = code_.Load(
        code_.Ptr(), code_.At(constants_, index * sizeof(state::ConstantSlot) + 24), "pattern");
  });
  llvm::Value* null = code_.OrNull(text.null, pattern.null);
  auto match = [&]() -> llvm::Value* {
    llvm::Value* hit = code_.Call(Abi::lathe_like, {prepared, text.value, text.size}, "like");
    return b_.CreateICmp(negate ? llvm::CmpInst::ICMP_EQ : llvm::CmpInst::ICMP_NE, hit,
                         code_.Int32(0));
  };
  if (pattern.null == nullptr) return MakeBool(match(), null);
  // Without a pattern there is nothing prepared.
  return MakeBool(
      code_.ChooseRaw(
          pattern.null, "null", [&]() -> llvm::Value* { return code_.Bool(false); }, match),
      null);
}

llvm::Value* Emitter::FunctionContext() {
  if (function_context_ == nullptr) {
    InPrologue([&] {
      function_context_ = code_.Load(code_.Ptr(), code_.At(code_.worker(), 16), "functions");
    });
  }
  out_->resets_arena = true;
  return function_context_;
}

llvm::FunctionCallee Emitter::BoxedFunction(const std::string& name, const void* address,
                                            llvm::FunctionType* type) {
  if (code_.module().getFunction(name) == nullptr) out_->symbols.push_back({name, address});
  llvm::FunctionCallee callee = code_.module().getOrInsertFunction(name, type);
  llvm::cast<llvm::Function>(callee.getCallee())->addFnAttr(llvm::Attribute::NoUnwind);
  return callee;
}

void Emitter::StoreBoxed(const SqlValue& v, llvm::Value* address) {
  code_.StoreDatum(FixedToBig(v), address);
}

SqlValue Emitter::LoadBoxed(const types::Type& type, llvm::Value* address) {
  if (!type.is_fixed_numeric()) return code_.LoadDatum(type, address, "result");
  return BigToFixed(code_.LoadDatum(types::TypeId::kNumeric, address, "result"), type);
}

llvm::Value* Emitter::CompareBy(const func::Function* f, InlineOp op, const SqlValue& x,
                                const SqlValue& y) {
  if (CanInlineComparison(x.type, y.type)) return Compare(op, x, y);
  if (f == nullptr) {
    Fail(NotSupported("this comparison of " + types::FormatType(x.type) + " and " +
                      types::FormatType(y.type)));
    return code_.Bool(false);
  }
  return EmitBoxedCall(*f, types::TypeId::kBool, {code_.Decode(x), code_.Decode(y)}).value;
}

void Emitter::StoreCallTypes(const std::vector<SqlValue>& args, const types::Type& result) {
  static_assert(sizeof(types::Type) == 16 && sizeof(std::span<const types::Type>) == 16 &&
                sizeof(func::CallTypes) == 48);
  static const uint64_t kCallOffset = [] {
    const func::FunctionContext context;
    return static_cast<uint64_t>(reinterpret_cast<const char*>(&context.call) -
                                 reinterpret_cast<const char*>(&context));
  }();
  std::string bytes;
  for (const SqlValue& arg : args)
    bytes.append(reinterpret_cast<const char*>(&arg.type), sizeof arg.type);
  uint64_t result_bits[2];
  std::memcpy(result_bits, &result, sizeof result_bits);
  llvm::Value* call = code_.StackRoom(sizeof(func::CallTypes), "call_types");
  code_.Store(code_.Bytes(bytes, "arg_types"), call);
  code_.Store(code_.UInt64(args.size()), code_.At(call, 8));
  code_.Store(code_.UInt64(result_bits[0]), code_.At(call, 16));
  code_.Store(code_.UInt64(result_bits[1]), code_.At(call, 24));
  code_.Store(code_.UInt64(0), code_.At(call, 32));
  code_.Store(code_.UInt64(0), code_.At(call, 40));
  code_.Store(call, code_.At(FunctionContext(), kCallOffset));
}

SqlValue Emitter::EmitBoxedCall(const func::Function& f, const types::Type& result_type,
                                std::vector<SqlValue> args) {
  if (f.boxed == nullptr) {
    Fail(NotSupported("function " + std::string(f.name)));
    return code_.Null(result_type);
  }
  llvm::Value* any_null = nullptr;
  if (f.strict) {
    for (const SqlValue& arg : args) any_null = code_.OrNull(any_null, arg.null);
  }
  const size_t count = args.size();
  llvm::Value* room = code_.StackRoom(16 * std::max<size_t>(count, 1), "args");
  llvm::Value* nulls = code_.StackRoom(std::max<size_t>(count, 1), "nulls");
  llvm::Value* result_room = code_.StackRoom(16, "result");
  auto* type = llvm::FunctionType::get(code_.I32(),
                                       {code_.Ptr(), code_.Ptr(), code_.Ptr(), code_.Ptr()}, false);
  std::string name = "sql_" + std::string(f.name) + "_" + std::to_string(f.oid.value);
  llvm::FunctionCallee callee = BoxedFunction(name, reinterpret_cast<const void*>(f.boxed), type);
  auto call = [&]() -> SqlValue {
    for (size_t i = 0; i < count; ++i) {
      // A NULL argument of a function that is not strict has no value to convert.
      llvm::Value* address = code_.At(room, 16 * i);
      if (!f.strict && args[i].null != nullptr && args[i].type.is_fixed_numeric()) {
        code_.If(args[i].null, "null_argument", [] {}, [&] { StoreBoxed(args[i], address); });
      } else {
        StoreBoxed(args[i], address);
      }
      llvm::Value* null = f.strict || args[i].null == nullptr
                              ? static_cast<llvm::Value*>(b_.getInt8(0))
                              : b_.CreateZExt(args[i].null, code_.I8());
      code_.Store(null, code_.At(nulls, i));
    }
    if (f.wants_types) StoreCallTypes(args, result_type);
    llvm::Value* status =
        b_.CreateCall(callee, {FunctionContext(), room, nulls, result_room}, "status");
    code_.If(
        b_.CreateICmpEQ(status, code_.Int32(static_cast<int>(func::CallStatus::kError))), "failed",
        [&] { b_.CreateRet(code_.Call(Abi::lathe_fail_function, {code_.worker()})); }, {},
        Code::Hint::kUnlikely);
    llvm::Value* is_null =
        b_.CreateICmpEQ(status, code_.Int32(static_cast<int>(func::CallStatus::kNull)));
    if (result_type.is_fixed_numeric() || types::ReprOf(result_type) == Repr::kString) {
      return Choose(
          is_null, "null_result", [&] { return code_.Null(result_type); },
          [&] { return LoadBoxed(result_type, result_room); });
    }
    SqlValue v = LoadBoxed(result_type, result_room);
    v.null = is_null;
    return v;
  };
  if (any_null == nullptr) return call();
  return Choose(any_null, "null_argument", [&] { return code_.Null(result_type); }, call);
}

SqlValue Emitter::EmitBoxedCast(const Expr& e, SqlValue v) {
  const types::Type &from = e.children[0]->type, &to = e.type;
  if (e.cast == nullptr || e.cast->boxed == nullptr) {
    Fail(NotSupported("the cast from " + types::FormatType(from) + " to " + types::FormatType(to)));
    return code_.Null(to);
  }
  llvm::Value* arg = code_.StackRoom(16, "value");
  llvm::Value* result_room = code_.StackRoom(16, "result");
  auto type_bytes = [&](const types::Type& type, const std::string& name) {
    return code_.Bytes({reinterpret_cast<const char*>(&type), sizeof type}, name);
  };
  // The big form carries what is left to do of a fixed type: its typmod.
  auto* type = llvm::FunctionType::get(
      code_.I32(),
      {code_.Ptr(), code_.Ptr(), code_.Ptr(), code_.Ptr(), b_.getInt8Ty(), code_.Ptr()}, false);
  std::string name = "cast_" + std::string(types::CatalogName(types::Type(e.cast->from))) + "_" +
                     std::string(types::CatalogName(types::Type(e.cast->to)));
  llvm::FunctionCallee callee =
      BoxedFunction(name, reinterpret_cast<const void*>(e.cast->boxed), type);
  auto call = [&]() -> SqlValue {
    StoreBoxed(v, arg);
    llvm::CallInst* status =
        b_.CreateCall(callee,
                      {FunctionContext(), arg, type_bytes(from, "from_type"),
                       type_bytes(to, "to_type"), b_.getInt8(e.explicit_cast ? 1 : 0), result_room},
                      "status");
    status->addParamAttr(4, llvm::Attribute::ZExt);
    code_.If(
        b_.CreateICmpEQ(status, code_.Int32(static_cast<int>(func::CallStatus::kError))), "failed",
        [&] { b_.CreateRet(code_.Call(Abi::lathe_fail_function, {code_.worker()})); }, {},
        Code::Hint::kUnlikely);
    llvm::Value* is_null =
        b_.CreateICmpEQ(status, code_.Int32(static_cast<int>(func::CallStatus::kNull)));
    return Choose(
        is_null, "null_result", [&] { return code_.Null(to); },
        [&] { return LoadBoxed(to, result_room); });
  };
  if (v.null == nullptr) return call();
  v = code_.Decode(v);
  return Choose(v.null, "null_argument", [&] { return code_.Null(to); }, call);
}

}  // namespace lathe::emit
