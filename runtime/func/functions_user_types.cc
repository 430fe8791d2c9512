// Enums and rows: comparison, enum_first and its kin, row_to_json, json_populate_record, and what
// row values are made and taken apart with.
#include "runtime/func/json_write.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/json.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/order.h"
#include "runtime/types/record.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::RecordReader;
using types::Shape;
using types::Type;
using types::TypeId;

bool Holds(InlineOp op, int order) {
  switch (op) {
    case InlineOp::kEq:
      return order == 0;
    case InlineOp::kNe:
      return order != 0;
    case InlineOp::kLt:
      return order < 0;
    case InlineOp::kLe:
      return order <= 0;
    case InlineOp::kGt:
      return order > 0;
    default:
      return order >= 0;
  }
}

// ---- Enums

template <InlineOp kOp>
CallStatus CompareEnums(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const int64_t a = args[0].i64, b = args[1].i64;
  return PutBool(Holds(kOp, a < b ? -1 : (b < a ? 1 : 0)), result);
}
CallStatus EnumOrder(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const int64_t a = args[0].i64, b = args[1].i64;
  return PutInt(a < b ? -1 : (b < a ? 1 : 0), result);
}
template <bool kLarger>
CallStatus EnumExtreme(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  *result = (args[0].i64 < args[1].i64) == kLarger ? args[1] : args[0];
  return CallStatus::kOk;
}

const Shape* ShapeOfCall(FunctionContext* context) {
  for (const Type& type : context->call->args) {
    if (type.shape != nullptr) return type.shape;
  }
  return nullptr;
}
template <bool kLast>
CallStatus EnumEnd(FunctionContext* context, const Datum*, const bool*, Datum* result) {
  const Shape* shape = ShapeOfCall(context);
  if (shape == nullptr) return context->Fail(NotSupported("enum_first without an enum type"));
  if (shape->labels.empty()) {
    return context->Fail(SqlState::kObjectNotInPrerequisiteState,
                         "enum " + shape->name + " contains no values");
  }
  result->i64 = kLast ? shape->labels.back().value : shape->labels.front().value;
  return CallStatus::kOk;
}
CallStatus EnumRange(FunctionContext* context, const Datum* args, const bool* nulls,
                     Datum* result) {
  const Shape* shape = ShapeOfCall(context);
  if (shape == nullptr) return context->Fail(NotSupported("enum_range without an enum type"));
  const bool bounds = context->call->args.size() == 2;
  types::ArrayBuilder builder(TypeId::kEnum);
  for (const Shape::Label& label : shape->labels) {
    if (bounds && !nulls[0] && label.value < args[0].i64) continue;
    if (bounds && !nulls[1] && label.value > args[1].i64) continue;
    Datum value;
    value.i64 = label.value;
    builder.Add(value);
  }
  *result = builder.ToDatum(context->arena);
  return CallStatus::kOk;
}

// ---- Rows

CallStatus RecordOf(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  types::RecordBuilder builder;
  for (size_t i = 0; i < context->call->args.size(); ++i) {
    const Type& type = context->call->args[i];
    if (nulls[i]) {
      builder.AddNull(type);
    } else {
      builder.Add(type, args[i]);
    }
  }
  *result = builder.ToDatum(context->arena);
  return CallStatus::kOk;
}
CallStatus RecordGet(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return types::RecordField(args[0].string.view(), static_cast<uint32_t>(args[1].i32), result)
             ? CallStatus::kOk
             : CallStatus::kNull;
}
/// IS NULL: of a NULL row and of one whose fields all are. IS NOT NULL: of one without any.
template <bool kNull>
CallStatus RecordIs(FunctionContext*, const Datum* args, const bool* nulls, Datum* result) {
  if (nulls[0]) return PutBool(kNull, result);
  RecordReader reader(args[0].string.view());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Type type;
    Datum value;
    if (reader.Next(&type, &value) == kNull) return PutBool(false, result);
  }
  return PutBool(true, result);
}

/// 42804 where PostgreSQL would not compare the rows.
Status CheckComparable(std::string_view x, std::string_view y) {
  RecordReader a(x), b(y);
  for (uint32_t i = 0; i < std::min(a.count(), b.count()); ++i) {
    Type p, q;
    Datum value;
    a.Next(&p, &value);
    b.Next(&q, &value);
    if (p.id != q.id || p.element != q.element) {
      return MakeError(SqlState::kDatatypeMismatch,
                       "cannot compare dissimilar column types " + types::FormatType(p) + " and " +
                           types::FormatType(q) + " at record column " + std::to_string(i + 1));
    }
    if (!types::HasEquality(p)) {
      return MakeError(SqlState::kUndefinedFunction,
                       "could not identify a comparison function for type " + types::FormatType(p));
    }
  }
  if (a.count() != b.count()) {
    return MakeError(SqlState::kDatatypeMismatch,
                     "cannot compare record types with different numbers of columns");
  }
  return Ok();
}
template <InlineOp kOp>
CallStatus CompareRows(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const std::string_view a = args[0].string.view(), b = args[1].string.view();
  Status comparable = CheckComparable(a, b);
  if (!comparable.ok()) return context->Fail(std::move(comparable).error());
  return PutBool(Holds(kOp, types::CompareRecords(a, b)), result);
}

CallStatus RowToJson(FunctionContext* context, const Datum* args, const bool* nulls,
                     Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  std::string text;
  AppendJsonOf(context, context->call->args[0], args[0], &text);
  const bool pretty = context->call->args.size() == 2 && !nulls[1] && args[1].b;
  if (!pretty) return PutText(context, text, result);
  // A line per field.
  RecordReader reader(args[0].string.view());
  text = "{";
  const Type& type = context->call->args[0];
  for (uint32_t i = 0; i < reader.count(); ++i) {
    if (i > 0) text += ",\n ";
    const bool known = type.shape != nullptr && i < type.shape->fields.size();
    types::AppendJsonString(known ? type.shape->fields[i].name : "f" + std::to_string(i + 1),
                            &text);
    text += ':';
    Type stored;
    Datum field;
    if (reader.Next(&stored, &field)) {
      AppendJsonOf(context, types::FieldType(type, i, stored), field, &text);
    } else {
      text += "null";
    }
  }
  return PutText(context, text + "}", result);
}

}  // namespace

void AddUserTypeFunctions(std::vector<Function>* list) {
  constexpr TypeId E = TypeId::kEnum, R = TypeId::kRecord, B = TypeId::kBool, I = TypeId::kInt4,
                   U = TypeId::kUnknown, J = TypeId::kJson, A = TypeId::kArray;
  // clang-format off
  Add(list, {3508, "enum_eq", "=", {E, E}, B, CompareEnums<InlineOp::kEq>, InlineOp::kEq});
  Add(list, {3509, "enum_ne", "<>", {E, E}, B, CompareEnums<InlineOp::kNe>, InlineOp::kNe});
  Add(list, {3510, "enum_lt", "<", {E, E}, B, CompareEnums<InlineOp::kLt>, InlineOp::kLt});
  Add(list, {3512, "enum_le", "<=", {E, E}, B, CompareEnums<InlineOp::kLe>, InlineOp::kLe});
  Add(list, {3511, "enum_gt", ">", {E, E}, B, CompareEnums<InlineOp::kGt>, InlineOp::kGt});
  Add(list, {3513, "enum_ge", ">=", {E, E}, B, CompareEnums<InlineOp::kGe>, InlineOp::kGe});
  Add(list, {3514, "enum_cmp", "", {E, E}, I, EnumOrder});
  Add(list, {3524, "enum_smaller", "", {E, E}, E, EnumExtreme<false>});
  Add(list, {3525, "enum_larger", "", {E, E}, E, EnumExtreme<true>});
  auto typed = [&](uint32_t oid, std::string_view name, std::vector<TypeId> args, TypeId result,
                   BoxedFunction boxed) {
    Row row{oid, name, "", std::move(args), result, boxed};
    row.can_fail = true;
    row.strict = false;
    row.wants_types = true;
    row.volatility = Volatility::kStable;
    Add(list, row);
    return &list->back();
  };
  typed(3528, "enum_first", {E}, E, EnumEnd<false>);
  typed(3529, "enum_last", {E}, E, EnumEnd<true>);
  typed(3531, "enum_range", {E}, A, EnumRange);
  typed(3530, "enum_range", {E, E}, A, EnumRange);
  Add(list, {2981, "record_eq", "=", {R, R}, B, CompareRows<InlineOp::kEq>, InlineOp::kNone, true});
  Add(list, {2982, "record_ne", "<>", {R, R}, B, CompareRows<InlineOp::kNe>, InlineOp::kNone, true});
  Add(list, {2983, "record_lt", "<", {R, R}, B, CompareRows<InlineOp::kLt>, InlineOp::kNone, true});
  Add(list, {2985, "record_le", "<=", {R, R}, B, CompareRows<InlineOp::kLe>, InlineOp::kNone, true});
  Add(list, {2984, "record_gt", ">", {R, R}, B, CompareRows<InlineOp::kGt>, InlineOp::kNone, true});
  Add(list, {2986, "record_ge", ">=", {R, R}, B, CompareRows<InlineOp::kGe>, InlineOp::kNone, true});
  typed(3155, "row_to_json", {R}, J, RowToJson);
  typed(3156, "row_to_json", {R, B}, J, RowToJson);
  // Not in PostgreSQL's catalog: what the binder makes calls of.
  Function* of = typed(9360, "record_of", {U}, R, RecordOf);
  of->variadic = true;
  of->can_fail = false;
  of->volatility = Volatility::kImmutable;
  Add(list, {9361, "record_get", "", {R, I}, U, RecordGet});
  Add(list, {9362, "record_is_null", "", {R}, B, RecordIs<true>, InlineOp::kNone, false, false});
  Add(list, {9363, "record_is_not_null", "", {R}, B, RecordIs<false>, InlineOp::kNone, false, false});
  // clang-format on
}

}  // namespace lathe::func
