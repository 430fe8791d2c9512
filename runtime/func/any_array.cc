#include "runtime/func/any_array.h"

#include "runtime/func/context.h"
#include "runtime/types/array.h"

namespace lathe::func {

namespace {

/// What context->call was, again when this goes: the types of the operator's calls are a local.
class KeptCall {
 public:
  explicit KeptCall(FunctionContext* context) : context_(context), kept_(context->call) {}
  KeptCall(const KeptCall&) = delete;
  KeptCall& operator=(const KeptCall&) = delete;
  ~KeptCall() { context_->call = kept_; }

 private:
  FunctionContext* context_;
  const CallTypes* kept_;
};

}  // namespace

CallStatus AnyArray(FunctionContext* context, uint32_t function_oid, uint32_t all,
                    const types::Datum* args, const bool* nulls, types::Datum* result) {
  if (nulls[1]) return CallStatus::kNull;
  types::ArrayReader array(args[1].string.view());
  const bool decisive = all == 0;  // the comparison's result that settles it
  result->b = !decisive;
  if (array.count() == 0) return CallStatus::kOk;
  if (nulls[0]) return CallStatus::kNull;
  const Function* function = FunctionByOid(Oid(function_oid));
  if (function == nullptr || function->boxed == nullptr) {
    return context->Fail(NotSupported("this operator with ANY or ALL"));
  }
  const types::Type element(array.element());
  const types::Type types_of_call[2] = {
      function->args.empty() ? element : types::Type(function->args[0]), element};
  CallTypes call;
  call.args = types_of_call;
  call.result = types::TypeId::kBool;
  const KeptCall kept(context);
  if (function->wants_types) context->call = &call;
  bool any_null = false;
  types::Datum pair[2] = {args[0], types::Datum()};
  const bool present[2] = {false, false};
  for (uint32_t i = 0; i < array.count(); ++i) {
    types::Datum holds;
    if (!array.Next(&pair[1])) {
      any_null = true;
      continue;
    }
    switch (function->boxed(context, pair, present, &holds)) {
      case CallStatus::kError:
        return CallStatus::kError;
      case CallStatus::kNull:
        any_null = true;
        break;
      case CallStatus::kOk:
        if (holds.b != decisive) break;
        result->b = decisive;
        return CallStatus::kOk;
    }
  }
  return any_null ? CallStatus::kNull : CallStatus::kOk;
}

}  // namespace lathe::func
