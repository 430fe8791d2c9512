// json_populate_record(set): rows from JSON objects by PostgreSQL's rules. jsonb goes through its
// text.
#include <map>

#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/json.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/record.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::JsonKind;
using types::JsonSlice;
using types::Type;
using types::TypeId;

using Parts = std::vector<std::pair<std::string, JsonSlice>>;

constexpr int kDepthMax = 1000;

class Populate {
 public:
  explicit Populate(FunctionContext* context) : context_(context) {}

  /// One value of the type; *null tells that it is NULL. key: for hints.
  Status Value(const Type& type, const JsonSlice& json, std::string_view key, int depth,
               Datum* datum, bool* null) {
    *null = json.kind == JsonKind::kNull;
    if (depth > kDepthMax) {
      return MakeError(SqlState::kStatementTooComplex, "stack depth limit exceeded");
    }
    if (type.id == TypeId::kJson || type.id == TypeId::kJsonb) {
      // null is a value of json's own only within; at the top it is NULL.
      if (*null) return Ok();
      return Parse(type, json.text, datum);
    }
    if (*null) return Ok();
    if (type.id == TypeId::kArray && json.kind != JsonKind::kString) {
      return Array(type, json, key, depth, datum);
    }
    if (type.id == TypeId::kRecord && json.kind != JsonKind::kString) {
      if (json.kind != JsonKind::kObject) {
        return MakeError(SqlState::kInvalidParameterValue,
                         std::string("cannot call populate_composite on ") +
                             (json.kind == JsonKind::kArray ? "an array" : "a scalar"));
      }
      return Record(type, nullptr, json.text, depth, datum);
    }
    if (json.kind == JsonKind::kString) {
      LATHE_ASSIGN(std::string text, types::JsonUnescape(json.text));
      return Parse(type, text, datum);
    }
    return Parse(type, json.text, datum);
  }

  /// base: what fields that are not in the object are taken from; null = NULL.
  Status Record(const Type& type, const Datum* base, std::string_view object, int depth,
                Datum* datum) {
    LATHE_ASSIGN(Parts parts, types::JsonParts(object));
    std::map<std::string_view, const JsonSlice*> members;
    for (const auto& [key, value] : parts) members[key] = &value;
    types::RecordBuilder builder;
    const std::vector<types::Shape::Field>& fields = type.shape->fields;
    for (uint32_t i = 0; i < fields.size(); ++i) {
      const Type field = fields[i].type.id == TypeId::kNumeric
                             ? Type(TypeId::kNumeric, fields[i].type.typmod)
                             : fields[i].type;
      Datum value;
      bool null = true;
      auto found = members.find(fields[i].name);
      if (found != members.end()) {
        LATHE_TRY(Value(field, *found->second, fields[i].name, depth + 1, &value, &null));
      } else if (base != nullptr) {
        null = !types::RecordField(base->string.view(), i, &value);
      }
      if (null) {
        builder.AddNull(field);
      } else {
        builder.Add(field, value);
      }
    }
    *datum = builder.ToDatum(context_->arena);
    return Ok();
  }

 private:
  Status Parse(const Type& type, std::string_view text, Datum* datum) {
    return types::ParseText(type, context_->arena->Copy(text), context_->format_or_default(),
                            context_->arena, datum);
  }

  Status Array(const Type& type, const JsonSlice& json, std::string_view key, int depth,
               Datum* datum) {
    if (json.kind != JsonKind::kArray) {
      Error error = MakeError(SqlState::kInvalidTextRepresentation, "expected JSON array");
      if (!key.empty()) error.hint = "See the value of key \"" + std::string(key) + "\".";
      return error;
    }
    types::ArrayBuilder builder(type.element);
    std::vector<int32_t> lengths;
    size_t leaf = 0;
    LATHE_TRY(Level(type, json, key, depth, 0, &lengths, &leaf, &builder));
    std::vector<types::ArrayDimension> dimensions;
    for (int32_t length : lengths) dimensions.push_back({length, 1});
    *datum = builder.count() == 0 ? builder.ToDatum(context_->arena)
                                  : builder.ToDatum(dimensions, context_->arena);
    return Ok();
  }

  Status Level(const Type& type, const JsonSlice& json, std::string_view key, int depth,
               size_t level, std::vector<int32_t>* lengths, size_t* leaf,
               types::ArrayBuilder* builder) {
    auto ragged = [] {
      Error error = MakeError(SqlState::kInvalidTextRepresentation, "malformed JSON array");
      error.detail = "Multidimensional arrays must have sub-arrays with matching dimensions.";
      return error;
    };
    if (level >= types::kArrayDimensionsMax) {
      return MakeError(SqlState::kProgramLimitExceeded, "number of array dimensions (" +
                                                            std::to_string(level + 1) +
                                                            ") exceeds the maximum allowed (6)");
    }
    LATHE_ASSIGN(Parts parts, types::JsonParts(json.text));
    const auto length = static_cast<int32_t>(parts.size());
    if (lengths->size() == level) {
      lengths->push_back(length);
    } else if ((*lengths)[level] != length) {
      return ragged();
    }
    Type element = type.Element();
    element.typmod = type.typmod;
    const bool json_items = element.id == TypeId::kJson || element.id == TypeId::kJsonb;
    for (const auto& [unused, part] : parts) {
      if (part.kind == JsonKind::kArray && !json_items) {
        if (*leaf != 0 && *leaf <= level + 1) return ragged();
        LATHE_TRY(Level(type, part, key, depth, level + 1, lengths, leaf, builder));
        continue;
      }
      if (*leaf == 0) *leaf = level + 1;
      if (*leaf != level + 1 || lengths->size() > level + 1) return ragged();
      Datum value;
      bool null = true;
      LATHE_TRY(Value(element, part, key, depth + 1, &value, &null));
      if (null) {
        builder->AddNull();
      } else {
        builder->Add(value);
      }
    }
    return Ok();
  }

  FunctionContext* const context_;
};

/// The JSON text of an argument.
std::string TextOf(const Type& type, const Datum& datum) {
  if (type.id != TypeId::kJsonb) return std::string(datum.string.view());
  std::string text;
  types::AppendJsonb(types::JsonbView(datum.string.view()), &text);
  return text;
}

Status CheckRow(FunctionContext* context, std::string_view function) {
  const Type& type = context->call->args[0];
  if (type.id == TypeId::kRecord && type.shape != nullptr) return Ok();
  return MakeError(SqlState::kDatatypeMismatch,
                   "first argument of " + std::string(function) + " must be a row type");
}

CallStatus PopulateRecord(FunctionContext* context, const Datum* args, const bool* nulls,
                          Datum* result) {
  const bool binary = context->call->args[1].id == TypeId::kJsonb;
  const std::string_view name = binary ? "jsonb_populate_record" : "json_populate_record";
  Status row = CheckRow(context, name);
  if (!row.ok()) return context->Fail(std::move(row).error());
  if (nulls[1]) {
    if (nulls[0]) return CallStatus::kNull;
    *result = args[0];
    return CallStatus::kOk;
  }
  const std::string text = TextOf(context->call->args[1], args[1]);
  const JsonKind kind = types::JsonKindOf(text);
  if (kind != JsonKind::kObject) {
    return context->Fail(SqlState::kInvalidParameterValue,
                         "cannot call " + std::string(name) + " on " +
                             (kind == JsonKind::kArray ? "an array" : "a scalar"));
  }
  Status done = Populate(context).Record(context->call->args[0], nulls[0] ? nullptr : &args[0],
                                         text, 0, result);
  return done.ok() ? CallStatus::kOk : context->Fail(std::move(done).error());
}

CallStatus PopulateSet(FunctionContext* context, const Datum* args, const bool* nulls,
                       SetSink* sink) {
  const bool binary = context->call->args[1].id == TypeId::kJsonb;
  const std::string name = binary ? "jsonb_populate_recordset" : "json_populate_recordset";
  Status row = CheckRow(context, name);
  if (!row.ok()) return context->Fail(std::move(row).error());
  if (nulls[1]) return CallStatus::kOk;
  const std::string text = TextOf(context->call->args[1], args[1]);
  const JsonKind kind = types::JsonKindOf(text);
  if (kind != JsonKind::kArray) {
    return context->Fail(
        SqlState::kInvalidParameterValue,
        "cannot call " + name + " on " + (kind == JsonKind::kObject ? "an object" : "a scalar"));
  }
  Result<Parts> parts = types::JsonParts(text);
  if (!parts.ok()) return context->Fail(std::move(parts).error());
  for (const auto& [key, part] : *parts) {
    if (part.kind != JsonKind::kObject) {
      return context->Fail(SqlState::kInvalidParameterValue,
                           "argument of " + name + " must be an array of objects");
    }
    Datum value;
    Status done = Populate(context).Record(context->call->args[0], nulls[0] ? nullptr : &args[0],
                                           part.text, 0, &value);
    if (!done.ok()) return context->Fail(std::move(done).error());
    const bool not_null = false;
    if (!sink->Add(&value, &not_null)) return CallStatus::kError;
  }
  return CallStatus::kOk;
}

}  // namespace

void AddJsonPopulateFunctions(std::vector<Function>* list) {
  constexpr TypeId E = TypeId::kAnyElement;
  auto add = [&](uint32_t oid, std::string_view name, TypeId json) {
    Row row{oid, name, "", {E, json}, E, PopulateRecord};
    row.can_fail = true;
    row.strict = false;
    row.wants_types = true;
    row.volatility = Volatility::kStable;
    Add(list, row);
  };
  add(3960, "json_populate_record", TypeId::kJson);
  add(3209, "jsonb_populate_record", TypeId::kJsonb);
}

void AddJsonPopulateSets(std::vector<SetFunction>* list) {
  auto add = [&](uint32_t oid, std::string_view name, TypeId json) {
    SetFunction f;
    f.oid = Oid(oid);
    f.name = name;
    f.args = {Type(TypeId::kAnyElement), Type(json)};
    f.columns = {Type(TypeId::kAnyElement)};
    f.column_names = {""};
    f.strict = false;
    f.wants_types = true;
    f.volatility = Volatility::kStable;
    f.rows = 100;
    f.run = PopulateSet;
    list->push_back(std::move(f));
  };
  add(3961, "json_populate_recordset", TypeId::kJson);
  add(3475, "jsonb_populate_recordset", TypeId::kJsonb);
}

}  // namespace lathe::func
