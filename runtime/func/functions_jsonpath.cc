// The jsonb_path_ functions and the operators @? and @@.
#include <unordered_map>

#include "runtime/func/jsonpath_run.h"
#include "runtime/func/tables.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::JsonbView;
using types::JsonKind;
using types::JsonNode;
using types::JsonPath;
using types::TypeId;

/// Paths that were read are kept per thread, so that one used for every row is read once.
Result<std::shared_ptr<const JsonPath>> PathOf(std::string_view text) {
  constexpr size_t kKeptMax = 64;
  thread_local std::unordered_map<std::string, std::shared_ptr<const JsonPath>> kept;
  auto found = kept.find(std::string(text));
  if (found != kept.end()) return found->second;
  LATHE_ASSIGN(JsonPath path, types::ParseJsonPath(text));
  auto shared = std::make_shared<const JsonPath>(std::move(path));
  if (kept.size() >= kKeptMax) kept.clear();
  kept.emplace(std::string(text), shared);
  return std::shared_ptr<const JsonPath>(shared);
}

/// (target, path [, vars [, silent]])
template <int kArgs>
Result<PathCall> CallOf(FunctionContext* context, const Datum* args) {
  PathCall call;
  call.arena = context->arena;
  call.target = JsonbView(args[0].string.view());
  if (kArgs > 2) {
    call.variables = JsonbView(args[2].string.view());
    if (call.variables.kind() != JsonKind::kObject) {
      Error error =
          MakeError(SqlState::kInvalidParameterValue, "\"vars\" argument is not an object");
      error.detail = "Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.";
      return error;
    }
  }
  if (kArgs > 3) call.silent = args[3].b;
  return call;
}

/// kSilent: the operators, which have no such argument.
template <int kArgs, bool kSilent>
CallStatus Exists(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  auto path = PathOf(args[1].string.view());
  if (!path.ok()) return context->Fail(std::move(path).error());
  auto call = CallOf<kArgs>(context, args);
  if (!call.ok()) return context->Fail(std::move(call).error());
  call->silent |= kSilent;
  auto exists = PathExists(**path, *call);
  if (!exists.ok()) return context->Fail(std::move(exists).error());
  if (!exists->has_value()) return CallStatus::kNull;
  return PutBool(**exists, result);
}

template <int kArgs>
Result<std::vector<JsonbView>> Query(FunctionContext* context, const Datum* args, bool silent,
                                     bool* was_silent) {
  LATHE_ASSIGN(auto path, PathOf(args[1].string.view()));
  LATHE_ASSIGN(PathCall call, CallOf<kArgs>(context, args));
  call.silent |= silent;
  *was_silent = call.silent;
  LATHE_ASSIGN(auto found, RunPath(*path, call));
  if (!found.has_value()) return std::vector<JsonbView>();
  return std::move(*found);
}

template <int kArgs, bool kSilent>
CallStatus Match(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  bool silent = false;
  auto found = Query<kArgs>(context, args, kSilent, &silent);
  if (!found.ok()) return context->Fail(std::move(found).error());
  if (found->size() == 1) {
    const JsonKind kind = (*found)[0].kind();
    if (kind == JsonKind::kNull) return CallStatus::kNull;
    if (kind == JsonKind::kTrue || kind == JsonKind::kFalse) {
      return PutBool(kind == JsonKind::kTrue, result);
    }
  }
  if (silent) return CallStatus::kNull;
  return context->Fail(SqlState::kSingletonSqlJsonItemRequired,
                       "single boolean result is expected");
}

template <int kArgs>
CallStatus QueryArray(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  bool silent = false;
  auto found = Query<kArgs>(context, args, false, &silent);
  if (!found.ok()) return context->Fail(std::move(found).error());
  JsonNode array = JsonNode::Array();
  for (const JsonbView& value : *found) array.items.push_back(JsonNode::Encoded(value.bytes()));
  return PutBytes(context, types::EncodeJsonb(array), result);
}
template <int kArgs>
CallStatus QueryFirst(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  bool silent = false;
  auto found = Query<kArgs>(context, args, false, &silent);
  if (!found.ok()) return context->Fail(std::move(found).error());
  if (found->empty()) return CallStatus::kNull;
  return PutText(context, (*found)[0].bytes(), result);
}
template <int kArgs>
CallStatus QuerySet(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  bool silent = false;
  auto found = Query<kArgs>(context, args, false, &silent);
  if (!found.ok()) return context->Fail(std::move(found).error());
  for (const JsonbView& value : *found) {
    Datum datum;
    datum.string = {value.bytes().data(), value.bytes().size()};
    const bool null = false;
    if (!sink->Add(&datum, &null)) return CallStatus::kError;
  }
  return CallStatus::kOk;
}

constexpr TypeId J = TypeId::kJsonb, P = TypeId::kJsonPath, B = TypeId::kBool;

/// A function with 2, 3 and 4 arguments; the first oid is the one with all of them.
void AddThree(std::vector<Function>* list, uint32_t oid, uint32_t own, std::string_view name,
              TypeId type, BoxedFunction two, BoxedFunction three, BoxedFunction four) {
  auto add = [&](uint32_t o, std::vector<TypeId> args, BoxedFunction boxed) {
    Row row{o, name, "", std::move(args), type, boxed};
    row.can_fail = true;
    Add(list, row);
  };
  add(own, {J, P}, two);
  add(own + 1, {J, P, J}, three);
  add(oid, {J, P, J, B}, four);
}

}  // namespace

void AddJsonPathFunctions(std::vector<Function>* list) {
  AddThree(list, 4005, 9600, "jsonb_path_exists", B, Exists<2, false>, Exists<3, false>,
           Exists<4, false>);
  AddThree(list, 4009, 9602, "jsonb_path_match", B, Match<2, false>, Match<3, false>,
           Match<4, false>);
  AddThree(list, 4007, 9604, "jsonb_path_query_array", J, QueryArray<2>, QueryArray<3>,
           QueryArray<4>);
  AddThree(list, 4008, 9606, "jsonb_path_query_first", J, QueryFirst<2>, QueryFirst<3>,
           QueryFirst<4>);
  AddThree(list, 1177, 9608, "jsonb_path_exists_tz", B, Exists<2, false>, Exists<3, false>,
           Exists<4, false>);
  AddThree(list, 2030, 9610, "jsonb_path_match_tz", B, Match<2, false>, Match<3, false>,
           Match<4, false>);
  AddThree(list, 1180, 9612, "jsonb_path_query_array_tz", J, QueryArray<2>, QueryArray<3>,
           QueryArray<4>);
  AddThree(list, 2023, 9614, "jsonb_path_query_first_tz", J, QueryFirst<2>, QueryFirst<3>,
           QueryFirst<4>);
  Add(list,
      {4010, "jsonb_path_exists_opr", "@?", {J, P}, B, Exists<2, true>, InlineOp::kNone, true});
  Add(list, {4011, "jsonb_path_match_opr", "@@", {J, P}, B, Match<2, true>, InlineOp::kNone, true});
}

void AddJsonPathSets(std::vector<SetFunction>* list) {
  auto add = [&](uint32_t oid, std::string_view name, const std::vector<TypeId>& args,
                 decltype(SetFunction::run) run) {
    SetFunction f;
    f.oid = Oid(oid);
    f.name = name;
    for (TypeId id : args) f.args.emplace_back(id);
    f.columns = {types::Type(J)};
    f.column_names = {""};
    f.run = run;
    list->push_back(std::move(f));
  };
  for (bool tz : {false, true}) {
    const uint32_t own = tz ? 9618 : 9616;
    const std::string_view name = tz ? "jsonb_path_query_tz" : "jsonb_path_query";
    add(own, name, {J, P}, QuerySet<2>);
    add(own + 1, name, {J, P, J}, QuerySet<3>);
    add(tz ? 1179 : 4006, name, {J, P, J, B}, QuerySet<4>);
  }
}

}  // namespace lathe::func
