#include "frontend/bind/later.h"

#include "runtime/func/context.h"

namespace lathe::bind {
namespace {

func::CallStatus Refuse(func::FunctionContext* context, const types::Datum* args, const bool*,
                        types::Datum*) {
  return context->Fail(NotSupported(args[0].string.view()));
}

constexpr uint32_t kOid = 9999;

/// One function per result type: it lives for ever, as those of runtime/func do.
const func::Function* RefusingFunction(const Type& type) {
  static const std::vector<func::Function> functions = [] {
    std::vector<func::Function> list;
    for (TypeId id : {TypeId::kBool, TypeId::kText, TypeId::kInt2, TypeId::kInt4, TypeId::kInt8,
                      TypeId::kOid, TypeId::kName, TypeId::kArray, TypeId::kChar}) {
      func::Function function;
      function.oid = Oid(kOid);
      function.name = "not_supported";
      function.args = {Type(TypeId::kText), Type()};
      function.result = Type(id);
      function.strict = false;
      function.variadic = true;
      function.volatility = func::Volatility::kStable;
      function.can_fail = true;
      function.boxed = Refuse;
      list.push_back(std::move(function));
    }
    return list;
  }();
  for (const func::Function& function : functions) {
    if (function.result.id == type.id) return &function;
  }
  return nullptr;
}

}  // namespace

bool ReadsCatalog(const Scope& scope) {
  for (const Scope* level = &scope; level; level = level->parent) {
    for (const std::shared_ptr<RangeTable>& table : level->tables) {
      if (table->relation && table->relation->kind == schema::RelationKind::kVirtual) return true;
    }
  }
  return false;
}

ExprPtr Later(std::string_view what, const Type& type, std::vector<ExprPtr> args,
              int32_t location) {
  const func::Function* function = RefusingFunction(type);
  const Type result = function ? type : Type(TypeId::kText);
  if (!function) function = RefusingFunction(result);
  args.insert(args.begin(), expr::MakeConst(types::Value::Text(std::string(what))));
  ExprPtr call = expr::MakeCall(function, result, std::move(args));
  call->location = location;
  return call;
}

}  // namespace lathe::bind
