// Functions about the session, the server and the catalog, of sizes and privileges.
#include <cstdio>

#include "runtime/func/compare.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/numeric.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Type;
using types::TypeId;

Oid OidOfArg(const Datum& datum) { return Oid(static_cast<uint32_t>(datum.i32)); }

CallStatus PutOptional(FunctionContext* context, const std::optional<std::string>& text,
                       Datum* result) {
  return text ? PutText(context, *text, result) : CallStatus::kNull;
}
CallStatus NoSession(FunctionContext* context) {
  return context->Fail(NotSupported("this function without a session"));
}

/// Runs the body with the session's facts.
template <CallStatus (*kBody)(FunctionContext*, SessionFacts*, const Datum*, Datum*)>
CallStatus WithFacts(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (context->facts == nullptr) return NoSession(context);
  return kBody(context, context->facts, args, result);
}

CallStatus Version(FunctionContext* c, SessionFacts* f, const Datum*, Datum* r) {
  return PutText(c, f->Version(), r);
}
CallStatus CurrentDatabase(FunctionContext* c, SessionFacts* f, const Datum*, Datum* r) {
  return PutText(c, f->CurrentDatabase(), r);
}
CallStatus CurrentUser(FunctionContext* c, SessionFacts* f, const Datum*, Datum* r) {
  return PutText(c, f->CurrentUser(), r);
}
CallStatus SessionUser(FunctionContext* c, SessionFacts* f, const Datum*, Datum* r) {
  return PutText(c, f->SessionUser(), r);
}
CallStatus CurrentSchema(FunctionContext* c, SessionFacts* f, const Datum*, Datum* r) {
  std::string schema = f->CurrentSchema();
  return schema.empty() ? CallStatus::kNull : PutText(c, schema, r);
}
CallStatus CurrentSchemas(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  types::ArrayBuilder array(TypeId::kName);
  for (const std::string& schema : f->CurrentSchemas(args[0].b)) {
    Datum name;
    name.string = {schema.data(), schema.size()};
    array.Add(name);
  }
  *r = array.ToDatum(c->arena);
  return CallStatus::kOk;
}
CallStatus BackendPid(FunctionContext*, SessionFacts* f, const Datum*, Datum* r) {
  return PutInt(f->BackendPid(), r);
}
CallStatus CurrentSetting(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<std::string> value = f->CurrentSetting(args[0].string.view());
  if (!value.ok()) return c->Fail(std::move(value).error());
  return PutText(c, *value, r);
}
CallStatus CurrentSettingOrNull(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<std::string> value = f->CurrentSetting(args[0].string.view());
  if (value.ok()) return PutText(c, *value, r);
  if (args[1].b && value.error().state == SqlState::kUndefinedObject) return CallStatus::kNull;
  return c->Fail(std::move(value).error());
}
CallStatus SetConfig(FunctionContext* context, const Datum* args, const bool* nulls,
                     Datum* result) {
  if (context->facts == nullptr) return NoSession(context);
  if (nulls[0]) {
    return context->Fail(SqlState::kNullValueNotAllowed, "SET requires parameter name");
  }
  std::optional<std::string_view> value;
  if (!nulls[1]) value = args[1].string.view();
  Result<std::string> shown =
      context->facts->SetConfig(args[0].string.view(), value, !nulls[2] && args[2].b);
  if (!shown.ok()) return context->Fail(std::move(shown).error());
  return PutText(context, *shown, result);
}
CallStatus Sleep(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  if (Status slept = f->Sleep(args[0].f64); !slept.ok()) {
    return c->Fail(std::move(slept).error());
  }
  return PutInt(0, r);
}
uint64_t AdvisoryKey(const Datum* args, bool two_numbers) {
  if (!two_numbers) return static_cast<uint64_t>(args[0].i64);
  return static_cast<uint64_t>(static_cast<uint32_t>(args[0].i32)) << 32 |
         static_cast<uint32_t>(args[1].i32);
}
template <bool kTwo, bool kShared, bool kTransaction, bool kWait>
CallStatus TakeAdvisory(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<bool> taken = f->TakeAdvisory(AdvisoryKey(args, kTwo), kTwo, kShared, kTransaction, kWait);
  if (!taken.ok()) return c->Fail(std::move(taken).error());
  return kWait ? PutInt(0, r) : PutBool(*taken, r);
}
template <bool kTwo, bool kShared>
CallStatus GiveAdvisory(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<bool> given = f->GiveAdvisory(AdvisoryKey(args, kTwo), kTwo, kShared);
  if (!given.ok()) return c->Fail(std::move(given).error());
  return PutBool(*given, r);
}
CallStatus GiveAllAdvisory(FunctionContext*, SessionFacts* f, const Datum*, Datum* r) {
  f->GiveAllAdvisory();
  return PutInt(0, r);
}
CallStatus TableIsVisible(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  if (!f->RelationName(OidOfArg(args[0]))) return CallStatus::kNull;
  return PutBool(f->TableIsVisible(OidOfArg(args[0])), r);
}
CallStatus ViewDefinition(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutOptional(c, f->ViewDefinition(OidOfArg(args[0])), r);
}
CallStatus ViewDefinitionByName(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<Oid> view = f->RelationOid(args[0].string.view());
  if (!view.ok()) return c->Fail(std::move(view).error());
  return PutOptional(c, f->ViewDefinition(*view), r);
}
CallStatus ConstraintDefinition(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutOptional(c, f->ConstraintDefinition(OidOfArg(args[0]), false), r);
}
CallStatus ConstraintDefinitionAs(FunctionContext* c, SessionFacts* f, const Datum* args,
                                  Datum* r) {
  return PutOptional(c, f->ConstraintDefinition(OidOfArg(args[0]), args[1].b), r);
}
CallStatus IndexDefinition(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutOptional(c, f->IndexDefinition(OidOfArg(args[0]), 0, false), r);
}
CallStatus IndexColumnDefinition(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutOptional(c, f->IndexDefinition(OidOfArg(args[0]), args[1].i32, args[2].b), r);
}
CallStatus UserById(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  std::optional<std::string> name = f->RoleName(OidOfArg(args[0]));
  return PutText(c, name ? *name : "unknown (OID=" + std::to_string(OidOfArg(args[0]).value) + ")",
                 r);
}
CallStatus RelationBytes(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  std::optional<int64_t> bytes = f->RelationBytes(OidOfArg(args[0]));
  if (!bytes) return CallStatus::kNull;
  r->i64 = *bytes;
  return CallStatus::kOk;
}
CallStatus ToRegclass(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  Result<Oid> oid = f->RelationOid(args[0].string.view());
  if (!oid.ok()) return CallStatus::kNull;
  return PutInt(static_cast<int32_t>(oid->value), r);
}
CallStatus ToRegtype(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  Result<Oid> oid = f->TypeOid(args[0].string.view());
  if (!oid.ok()) return CallStatus::kNull;
  return PutInt(static_cast<int32_t>(oid->value), r);
}
/// There is one database, which has this oid in pg_database.
constexpr int32_t kDatabaseOid = 5;
CallStatus DatabaseBytes(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  if (args[0].i32 != kDatabaseOid) return CallStatus::kNull;
  r->i64 = f->DatabaseBytes();
  return CallStatus::kOk;
}
CallStatus DatabaseBytesByName(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  if (args[0].string.view() != f->CurrentDatabase()) {
    return c->Fail(SqlState::kInvalidCatalogName,
                   "database \"" + std::string(args[0].string.view()) + "\" does not exist");
  }
  r->i64 = f->DatabaseBytes();
  return CallStatus::kOk;
}
/// A primary key has no storage of its own: the table is its index.
CallStatus IndexBytes(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  if (!f->RelationBytes(OidOfArg(args[0]))) return CallStatus::kNull;
  r->i64 = 0;
  return CallStatus::kOk;
}
CallStatus PutSequenceValue(FunctionContext* c, Result<int64_t> value, Datum* r) {
  if (!value.ok()) return c->Fail(std::move(value).error());
  r->i64 = *value;
  return CallStatus::kOk;
}
CallStatus NextValue(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutSequenceValue(c, f->NextValue(OidOfArg(args[0])), r);
}
CallStatus CurrentValue(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutSequenceValue(c, f->CurrentValue(OidOfArg(args[0])), r);
}
CallStatus LastValue(FunctionContext* c, SessionFacts* f, const Datum*, Datum* r) {
  return PutSequenceValue(c, f->LastValue(), r);
}
CallStatus SetValue(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutSequenceValue(c, f->SetValue(OidOfArg(args[0]), args[1].i64, true), r);
}
CallStatus SetValueCalled(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutSequenceValue(c, f->SetValue(OidOfArg(args[0]), args[1].i64, args[2].b), r);
}
CallStatus SerialSequence(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<std::optional<std::string>> name =
      f->SerialSequence(args[0].string.view(), args[1].string.view());
  if (!name.ok()) return c->Fail(std::move(name).error());
  return PutOptional(c, *name, r);
}
CallStatus ObjectComment(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutOptional(c, f->Comment(OidOfArg(args[0]), 0), r);
}
CallStatus ColumnComment(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutOptional(c, f->Comment(OidOfArg(args[0]), args[1].i32), r);
}
CallStatus PartitionKeyOf(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutOptional(c, f->PartitionKey(OidOfArg(args[0])), r);
}
CallStatus PartitionConstraintOf(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<std::optional<std::string>> text = f->PartitionConstraint(OidOfArg(args[0]));
  if (!text.ok()) return c->Fail(std::move(text).error());
  return PutOptional(c, *text, r);
}
/// Stored expressions are kept as SQL text.
CallStatus GetExpr(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutText(c, f->ShownExpression(args[0].string.view(), OidOfArg(args[1]), false), r);
}
CallStatus GetExprAs(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  return PutText(c, f->ShownExpression(args[0].string.view(), OidOfArg(args[1]), args[2].b), r);
}
/// Every role may do everything yet; only whether the relation is there counts.
CallStatus TablePrivilegeByName(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<Oid> oid = f->RelationOid(args[0].string.view());
  if (!oid.ok()) return c->Fail(std::move(oid).error());
  return PutBool(true, r);
}
CallStatus TablePrivilegeByOid(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  if (!f->RelationName(OidOfArg(args[0]))) return CallStatus::kNull;
  return PutBool(true, r);
}
CallStatus SchemaPrivilegeByName(FunctionContext* c, SessionFacts* f, const Datum* args, Datum* r) {
  Result<Oid> oid = f->SchemaOid(args[0].string.view());
  if (!oid.ok()) return c->Fail(std::move(oid).error());
  return PutBool(true, r);
}
CallStatus SchemaPrivilegeByOid(FunctionContext*, SessionFacts* f, const Datum* args, Datum* r) {
  if (!f->SchemaName(OidOfArg(args[0]))) return CallStatus::kNull;
  return PutBool(true, r);
}

CallStatus TypeIsVisible(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  Type type;
  if (!types::TypeFromOid(OidOfArg(args[0]), &type)) return CallStatus::kNull;
  return PutBool(true, result);
}
const Aggregate* AggregateByOid(Oid oid) {
  for (const Aggregate& aggregate : AllAggregates()) {
    if (aggregate.oid == oid) return &aggregate;
  }
  return nullptr;
}
CallStatus FunctionIsVisible(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const Oid oid = OidOfArg(args[0]);
  if (FunctionByOid(oid) == nullptr && AggregateByOid(oid) == nullptr) return CallStatus::kNull;
  return PutBool(true, result);
}
CallStatus OperatorIsVisible(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const Function* function = FunctionByOid(OidOfArg(args[0]));
  if (function == nullptr || function->op.empty()) return CallStatus::kNull;
  return PutBool(true, result);
}
CallStatus CollationIsVisible(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  constexpr int32_t kDefault = 100, kC = 950;
  if (args[0].i32 != kDefault && args[0].i32 != kC) return CallStatus::kNull;
  return PutBool(true, result);
}

/// A declared type as in the list of a function's arguments.
std::string DeclaredType(const Type& type) {
  if (type.id == TypeId::kUnknown) return "\"any\"";
  if (type.id == TypeId::kArray && type.element == TypeId::kUnknown) return "anyarray";
  return type.id == TypeId::kBpChar ? "character" : types::FormatType(type);
}
CallStatus FunctionResult(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Oid oid = OidOfArg(args[0]);
  if (const Function* function = FunctionByOid(oid))
    return PutText(context, DeclaredType(function->result), result);
  const Aggregate* aggregate = AggregateByOid(oid);
  return aggregate == nullptr ? CallStatus::kNull
                              : PutText(context, DeclaredType(aggregate->result), result);
}
CallStatus FunctionArguments(FunctionContext* context, const Datum* args, const bool*,
                             Datum* result) {
  const Oid oid = OidOfArg(args[0]);
  const Function* function = FunctionByOid(oid);
  const Aggregate* aggregate = function == nullptr ? AggregateByOid(oid) : nullptr;
  if (function == nullptr && aggregate == nullptr) return CallStatus::kNull;
  const std::vector<Type>& types = function != nullptr ? function->args : aggregate->args;
  std::string text;
  for (size_t i = 0; i < types.size(); ++i) {
    if (i != 0) text += ", ";
    if (function != nullptr && function->variadic && i + 1 == types.size()) text += "VARIADIC ";
    text += DeclaredType(types[i]);
  }
  return PutText(context, text, result);
}
CallStatus FormatTypeOf(FunctionContext* context, const Datum* args, const bool* nulls,
                        Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  if (args[0].i32 == 0) return PutText(context, "-", result);
  Type type;
  if (!types::TypeFromOid(OidOfArg(args[0]), &type)) {
    std::string name;
    if (context->facts != nullptr) name = context->facts->UserTypeName(OidOfArg(args[0]));
    return PutText(context, name.empty() ? "???" : name, result);
  }
  if (!nulls[1]) type.typmod = args[1].i32;
  // Without a modifier to show, char is spelled as in SQL.
  if (type.id == TypeId::kBpChar && nulls[1]) return PutText(context, "character", result);
  return PutText(context, types::FormatType(type), result);
}
CallStatus AlwaysNull(FunctionContext*, const Datum*, const bool*, Datum*) {
  return CallStatus::kNull;
}
CallStatus AlwaysFalse(FunctionContext*, const Datum*, const bool*, Datum* result) {
  return PutBool(false, result);
}
CallStatus AlwaysTrue(FunctionContext*, const Datum*, const bool*, Datum* result) {
  return PutBool(true, result);
}
CallStatus ZeroOid(FunctionContext*, const Datum*, const bool*, Datum* result) {
  return PutInt(0, result);
}
CallStatus EncodingName(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutText(context, args[0].i32 == 6 ? "UTF8" : args[0].i32 == 0 ? "SQL_ASCII" : "", result);
}
CallStatus EncodingNumber(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  std::string name;
  for (char c : args[0].string.view()) {
    if (c == '-' || c == '_') continue;
    name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return PutInt(name == "utf8" || name == "unicode" ? 6 : name == "sqlascii" ? 0 : -1, result);
}
/// The two tablespaces lie in the data directory.
CallStatus TablespaceLocation(FunctionContext* context, const Datum* args, const bool*,
                              Datum* result) {
  constexpr int32_t kDefault = 1663, kGlobal = 1664;
  if (args[0].i32 != kDefault && args[0].i32 != kGlobal) return CallStatus::kNull;
  return PutText(context, "", result);
}
CallStatus Utf8Name(FunctionContext* context, const Datum*, const bool*, Datum* result) {
  return PutText(context, "UTF8", result);
}
CallStatus TypeOf(FunctionContext* context, const Datum*, const bool*, Datum*) {
  // The type is known when the call is bound; the binder puts a constant in its place.
  return context->Fail(NotSupported("pg_typeof of this expression"));
}

/// Whole units, rounded half up, in the largest unit that keeps at least 10240 of the next smaller
/// one.
CallStatus SizePretty(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  static constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  int64_t size = args[0].i64;
  int unit = 0;
  constexpr int kLast = 5;
  int64_t limit = 10 * 1024;
  // After the first step sizes are kept doubled, so that the last bit rounds.
  bool doubled = false;
  auto magnitude = [](int64_t n) { return n == INT64_MIN ? INT64_MAX : n < 0 ? -n : n; };
  while (true) {
    if (unit == kLast || magnitude(size) < limit) break;
    size /= doubled ? 1024 : 512;
    doubled = true;
    limit = 20 * 1024 - 1;
    ++unit;
  }
  if (doubled) size = size < 0 ? (size - 1) / 2 : (size + 1) / 2;
  return PutText(context, std::to_string(size) + " " + kUnits[unit], result);
}

}  // namespace

void AddSystemFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, I = TypeId::kInt4, B = TypeId::kBool, N = TypeId::kName,
                   O = TypeId::kOid, L = TypeId::kInt8, A = TypeId::kArray, C = TypeId::kRegclass;
  auto add = [&](uint32_t oid, std::string_view name, std::vector<TypeId> args, TypeId type,
                 BoxedFunction boxed, Volatility volatility = Volatility::kStable,
                 bool can_fail = true, bool strict = true) {
    Row row{oid, name, "", std::move(args), type, boxed};
    row.can_fail = can_fail;
    row.volatility = volatility;
    row.strict = strict;
    Add(list, row);
  };
  constexpr auto kImm = Volatility::kImmutable, kStable = Volatility::kStable,
                 kVolatile = Volatility::kVolatile;
  add(89, "version", {}, T, WithFacts<Version>);
  add(861, "current_database", {}, N, WithFacts<CurrentDatabase>);
  add(745, "current_user", {}, N, WithFacts<CurrentUser>);
  add(746, "session_user", {}, N, WithFacts<SessionUser>);
  add(710, "getpgusername", {}, N, WithFacts<CurrentUser>);
  add(1402, "current_schema", {}, N, WithFacts<CurrentSchema>);
  add(1403, "current_schemas", {B}, A, WithFacts<CurrentSchemas>);
  list->back().result = Type::ArrayOf(N);
  add(2026, "pg_backend_pid", {}, I, WithFacts<BackendPid>);
  add(2077, "current_setting", {T}, T, WithFacts<CurrentSetting>);
  add(3294, "current_setting", {T, B}, T, WithFacts<CurrentSettingOrNull>);
  add(2078, "set_config", {T, T, B}, T, SetConfig, kVolatile, true, false);
  add(2626, "pg_sleep", {TypeId::kFloat8}, TypeId::kVoid, WithFacts<Sleep>, kVolatile);
  constexpr auto kNothing = TypeId::kVoid;
  add(2880, "pg_advisory_lock", {L}, kNothing, WithFacts<TakeAdvisory<false, false, false, true>>,
      kVolatile);
  add(2881, "pg_advisory_lock_shared", {L}, kNothing,
      WithFacts<TakeAdvisory<false, true, false, true>>, kVolatile);
  add(2882, "pg_try_advisory_lock", {L}, B, WithFacts<TakeAdvisory<false, false, false, false>>,
      kVolatile);
  add(2883, "pg_try_advisory_lock_shared", {L}, B,
      WithFacts<TakeAdvisory<false, true, false, false>>, kVolatile);
  add(2884, "pg_advisory_unlock", {L}, B, WithFacts<GiveAdvisory<false, false>>, kVolatile);
  add(2885, "pg_advisory_unlock_shared", {L}, B, WithFacts<GiveAdvisory<false, true>>, kVolatile);
  add(2886, "pg_advisory_lock", {I, I}, kNothing, WithFacts<TakeAdvisory<true, false, false, true>>,
      kVolatile);
  add(2887, "pg_advisory_lock_shared", {I, I}, kNothing,
      WithFacts<TakeAdvisory<true, true, false, true>>, kVolatile);
  add(2888, "pg_try_advisory_lock", {I, I}, B, WithFacts<TakeAdvisory<true, false, false, false>>,
      kVolatile);
  add(2889, "pg_try_advisory_lock_shared", {I, I}, B,
      WithFacts<TakeAdvisory<true, true, false, false>>, kVolatile);
  add(2890, "pg_advisory_unlock", {I, I}, B, WithFacts<GiveAdvisory<true, false>>, kVolatile);
  add(2891, "pg_advisory_unlock_shared", {I, I}, B, WithFacts<GiveAdvisory<true, true>>, kVolatile);
  add(2892, "pg_advisory_unlock_all", {}, kNothing, WithFacts<GiveAllAdvisory>, kVolatile);
  add(3089, "pg_advisory_xact_lock", {L}, kNothing,
      WithFacts<TakeAdvisory<false, false, true, true>>, kVolatile);
  add(3090, "pg_advisory_xact_lock_shared", {L}, kNothing,
      WithFacts<TakeAdvisory<false, true, true, true>>, kVolatile);
  add(3091, "pg_try_advisory_xact_lock", {L}, B, WithFacts<TakeAdvisory<false, false, true, false>>,
      kVolatile);
  add(3092, "pg_try_advisory_xact_lock_shared", {L}, B,
      WithFacts<TakeAdvisory<false, true, true, false>>, kVolatile);
  add(3093, "pg_advisory_xact_lock", {I, I}, kNothing,
      WithFacts<TakeAdvisory<true, false, true, true>>, kVolatile);
  add(3094, "pg_advisory_xact_lock_shared", {I, I}, kNothing,
      WithFacts<TakeAdvisory<true, true, true, true>>, kVolatile);
  add(3095, "pg_try_advisory_xact_lock", {I, I}, B,
      WithFacts<TakeAdvisory<true, false, true, false>>, kVolatile);
  add(3096, "pg_try_advisory_xact_lock_shared", {I, I}, B,
      WithFacts<TakeAdvisory<true, true, true, false>>, kVolatile);
  add(2079, "pg_table_is_visible", {O}, B, WithFacts<TableIsVisible>);
  add(2080, "pg_type_is_visible", {O}, B, TypeIsVisible);
  add(2081, "pg_function_is_visible", {O}, B, FunctionIsVisible);
  add(2082, "pg_operator_is_visible", {O}, B, OperatorIsVisible);
  add(3815, "pg_collation_is_visible", {O}, B, CollationIsVisible);
  // There are none of these, so none is visible.
  add(2083, "pg_opclass_is_visible", {O}, B, AlwaysNull);
  add(3829, "pg_opfamily_is_visible", {O}, B, AlwaysNull);
  add(2093, "pg_conversion_is_visible", {O}, B, AlwaysNull);
  add(3403, "pg_statistics_obj_is_visible", {O}, B, AlwaysNull);
  add(2165, "pg_get_function_result", {O}, T, FunctionResult);
  add(2162, "pg_get_function_arguments", {O}, T, FunctionArguments);
  add(2232, "pg_get_function_identity_arguments", {O}, T, FunctionArguments);
  add(1081, "format_type", {O, I}, T, FormatTypeOf, kStable, false, false);
  add(1716, "pg_get_expr", {T, O}, T, WithFacts<GetExpr>);
  add(2509, "pg_get_expr", {T, O, B}, T, WithFacts<GetExprAs>);
  add(1387, "pg_get_constraintdef", {O}, T, WithFacts<ConstraintDefinition>);
  add(2508, "pg_get_constraintdef", {O, B}, T, WithFacts<ConstraintDefinitionAs>);
  add(1643, "pg_get_indexdef", {O}, T, WithFacts<IndexDefinition>);
  add(2507, "pg_get_indexdef", {O, I, B}, T, WithFacts<IndexColumnDefinition>);
  add(1642, "pg_get_userbyid", {O}, N, WithFacts<UserById>);
  add(1641, "pg_get_viewdef", {O}, T, WithFacts<ViewDefinition>);
  add(2506, "pg_get_viewdef", {O, B}, T, WithFacts<ViewDefinition>);
  add(1640, "pg_get_viewdef", {T}, T, WithFacts<ViewDefinitionByName>);
  add(2505, "pg_get_viewdef", {T, B}, T, WithFacts<ViewDefinitionByName>);
  add(3352, "pg_get_partkeydef", {O}, T, WithFacts<PartitionKeyOf>);
  add(3408, "pg_get_partition_constraintdef", {O}, T, WithFacts<PartitionConstraintOf>);
  add(6174, "pg_get_statisticsobjdef_columns", {O}, T, AlwaysNull);
  add(1662, "pg_get_triggerdef", {O}, T, AlwaysNull);
  add(2730, "pg_get_triggerdef", {O, B}, T, AlwaysNull);
  add(1573, "pg_get_ruledef", {O}, T, AlwaysNull);
  add(2504, "pg_get_ruledef", {O, B}, T, AlwaysNull);
  add(1665, "pg_get_serial_sequence", {T, T}, T, WithFacts<SerialSequence>);
  add(1574, "nextval", {C}, L, WithFacts<NextValue>, kVolatile);
  add(1575, "currval", {C}, L, WithFacts<CurrentValue>, kVolatile);
  add(2559, "lastval", {}, L, WithFacts<LastValue>, kVolatile);
  add(1576, "setval", {C, L}, L, WithFacts<SetValue>, kVolatile);
  add(1765, "setval", {C, L, B}, L, WithFacts<SetValueCalled>, kVolatile);
  add(1215, "obj_description", {O, N}, T, WithFacts<ObjectComment>);
  add(1348, "obj_description", {O}, T, WithFacts<ObjectComment>);
  add(1216, "col_description", {O, I}, T, WithFacts<ColumnComment>);
  add(1993, "shobj_description", {O, N}, T, AlwaysNull);
  add(6121, "pg_relation_is_publishable", {C}, B, AlwaysFalse);
  add(3810, "pg_is_in_recovery", {}, B, AlwaysFalse, kVolatile, false);
  add(2854, "pg_my_temp_schema", {}, O, ZeroOid, kStable, false);
  add(2855, "pg_is_other_temp_schema", {O}, B, AlwaysFalse, kStable, false);
  add(1597, "pg_encoding_to_char", {I}, N, EncodingName, kStable, false);
  add(1264, "pg_char_to_encoding", {N}, I, EncodingNumber, kStable, false);
  add(3778, "pg_tablespace_location", {O}, T, TablespaceLocation, kStable, false);
  add(1039, "getdatabaseencoding", {}, N, Utf8Name, kStable, false);
  add(810, "pg_client_encoding", {}, N, Utf8Name, kStable, false);
  add(2325, "pg_relation_size", {C}, L, WithFacts<RelationBytes>, kVolatile);
  add(2332, "pg_relation_size", {C, T}, L, WithFacts<RelationBytes>, kVolatile);
  add(2997, "pg_table_size", {C}, L, WithFacts<RelationBytes>, kVolatile);
  add(2286, "pg_total_relation_size", {C}, L, WithFacts<RelationBytes>, kVolatile);
  add(2324, "pg_database_size", {O}, L, WithFacts<DatabaseBytes>, kVolatile);
  add(2168, "pg_database_size", {N}, L, WithFacts<DatabaseBytesByName>, kVolatile);
  add(2998, "pg_indexes_size", {C}, L, WithFacts<IndexBytes>, kVolatile);
  add(2288, "pg_size_pretty", {L}, T, SizePretty, kImm, false);
  add(3495, "to_regclass", {T}, C, WithFacts<ToRegclass>);
  add(3493, "to_regtype", {T}, TypeId::kRegtype, WithFacts<ToRegtype>);
  add(1926, "has_table_privilege", {T, T}, B, WithFacts<TablePrivilegeByName>);
  add(1927, "has_table_privilege", {O, T}, B, WithFacts<TablePrivilegeByOid>);
  add(2272, "has_schema_privilege", {T, T}, B, WithFacts<SchemaPrivilegeByName>);
  add(2273, "has_schema_privilege", {O, T}, B, WithFacts<SchemaPrivilegeByOid>);
  add(2254, "has_database_privilege", {T, T}, B, AlwaysTrue, kStable, false);
  add(2255, "has_database_privilege", {O, T}, B, AlwaysTrue, kStable, false);
  add(2709, "pg_has_role", {N, T}, B, AlwaysTrue, kStable, false);
  add(2710, "pg_has_role", {O, T}, B, AlwaysTrue, kStable, false);
  add(1619, "pg_typeof", {TypeId::kUnknown}, TypeId::kRegtype, TypeOf, kStable, true, false);
}

}  // namespace lathe::func
