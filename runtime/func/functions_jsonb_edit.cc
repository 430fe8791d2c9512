// Functions and operators that make a changed jsonb: || - #-, jsonb_set, jsonb_insert.
#include <algorithm>
#include <charconv>

#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/jsonb.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::JsonbView;
using types::JsonKind;
using types::JsonNode;
using types::Type;
using types::TypeId;

JsonbView ViewOf(const Datum& datum) { return JsonbView(datum.string.view()); }
CallStatus Put(FunctionContext* context, const JsonNode& node, Datum* result) {
  return PutBytes(context, types::EncodeJsonb(node), result);
}
CallStatus Invalid(FunctionContext* context, const char* message) {
  return context->Fail(SqlState::kInvalidParameterValue, message);
}

// ---- ||

CallStatus Concatenate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const JsonbView a = ViewOf(args[0]), b = ViewOf(args[1]);
  const bool objects = a.kind() == JsonKind::kObject && b.kind() == JsonKind::kObject;
  JsonNode node = objects ? JsonNode::Object() : JsonNode::Array();
  for (const JsonbView& side : {a, b}) {
    const JsonNode parts = types::JsonbNode(side);
    if (objects) {
      for (size_t i = 0; i < parts.keys.size(); ++i) node.AddMember(parts.keys[i], parts.items[i]);
    } else if (side.kind() == JsonKind::kArray) {
      node.items.insert(node.items.end(), parts.items.begin(), parts.items.end());
    } else {
      node.items.push_back(JsonNode::Encoded(side.bytes()));
    }
  }
  return Put(context, node, result);
}

// ---- -

/// Without the members, or string items, of which drop(key) is true.
template <class Drop>
JsonNode Without(const JsonbView& value, Drop drop) {
  const bool object = value.kind() == JsonKind::kObject;
  JsonNode node = object ? JsonNode::Object() : JsonNode::Array();
  for (uint32_t i = 0; i < value.count(); ++i) {
    const JsonbView part = value.value(i);
    if (object ? drop(value.key(i)) : part.kind() == JsonKind::kString && drop(part.text()))
      continue;
    if (object) {
      node.AddMember(std::string(value.key(i)), JsonNode::Encoded(part.bytes()));
    } else {
      node.items.push_back(JsonNode::Encoded(part.bytes()));
    }
  }
  return node;
}
CallStatus DeleteKey(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const JsonbView value = ViewOf(args[0]);
  if (!value.is_container()) return Invalid(context, "cannot delete from scalar");
  const std::string_view key = args[1].string.view();
  return Put(context, Without(value, [key](std::string_view k) { return k == key; }), result);
}
CallStatus DeleteKeys(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const JsonbView value = ViewOf(args[0]);
  if (types::ArrayReader(args[1].string.view()).dimension_count() > 1)
    return context->Fail(SqlState::kArraySubscriptError, "wrong number of array subscripts");
  if (!value.is_container()) return Invalid(context, "cannot delete from scalar");
  auto drop = [&](std::string_view k) {
    types::ArrayReader keys(args[1].string.view());
    for (uint32_t i = 0; i < keys.count(); ++i) {
      Datum key;
      if (keys.Next(&key) && key.string.view() == k) return true;
    }
    return false;
  };
  return Put(context, Without(value, drop), result);
}
CallStatus DeleteItem(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const JsonbView value = ViewOf(args[0]);
  if (!value.is_container()) return Invalid(context, "cannot delete from scalar");
  if (value.kind() == JsonKind::kObject)
    return Invalid(context, "cannot delete from object using integer index");
  int64_t at = args[1].i32;
  if (at < 0) at += value.count();
  JsonNode node = types::JsonbNode(value);
  if (at >= 0 && at < value.count()) node.items.erase(node.items.begin() + at);
  return Put(context, node, result);
}

// ---- Changes at a path

enum class Change { kSet, kCreate, kDelete, kInsertBefore, kInsertAfter };

class PathEditor {
 public:
  PathEditor(const Datum& path, Change change, std::string_view fresh)
      : change_(change), fresh_(fresh) {
    types::ArrayReader reader(path.string.view());
    for (uint32_t i = 0; i < reader.count(); ++i) {
      Datum step;
      const bool there = reader.Next(&step);
      path_.push_back(there ? std::optional<std::string_view>(step.string.view()) : std::nullopt);
    }
  }
  bool empty() const { return path_.empty(); }

  Result<JsonNode> Edit(const JsonbView& value, size_t level) {
    if (!value.is_container()) return JsonNode::Encoded(value.bytes());
    if (!path_[level]) {
      return MakeError(SqlState::kNullValueNotAllowed,
                       "path element at position " + std::to_string(level + 1) + " is null");
    }
    return value.kind() == JsonKind::kObject ? EditObject(value, level) : EditArray(value, level);
  }

 private:
  bool IsLast(size_t level) const { return level + 1 == path_.size(); }
  bool Inserts() const {
    return change_ == Change::kInsertBefore || change_ == Change::kInsertAfter;
  }
  bool Creates() const { return change_ == Change::kCreate || Inserts(); }

  Result<JsonNode> EditObject(const JsonbView& value, size_t level) {
    JsonNode node = types::JsonbNode(value);
    const int64_t found = value.Find(*path_[level]);
    if (found < 0) {
      if (IsLast(level) && Creates())
        node.AddMember(std::string(*path_[level]), JsonNode::Encoded(fresh_));
      return node;
    }
    const auto at = static_cast<size_t>(found);
    if (!IsLast(level)) {
      LATHE_ASSIGN(node.items[at], Edit(value.value(static_cast<uint32_t>(found)), level + 1));
      return node;
    }
    if (Inserts()) {
      Error error = MakeError(SqlState::kInvalidParameterValue, "cannot replace existing key");
      error.hint = "Try using the function jsonb_set to replace key value.";
      return error;
    }
    if (change_ == Change::kDelete) {
      node.keys.erase(node.keys.begin() + found);
      node.items.erase(node.items.begin() + found);
    } else {
      node.items[at] = JsonNode::Encoded(fresh_);
    }
    return node;
  }

  Result<JsonNode> EditArray(const JsonbView& value, size_t level) {
    const std::string_view step = *path_[level];
    int64_t at = 0;
    auto end = std::from_chars(step.data(), step.data() + step.size(), at);
    if (end.ec != std::errc() || end.ptr != step.data() + step.size() || at < INT32_MIN ||
        at > INT32_MAX) {
      return MakeError(SqlState::kInvalidTextRepresentation,
                       "path element at position " + std::to_string(level + 1) +
                           " is not an integer: \"" + std::string(step) + "\"");
    }
    const int64_t count = value.count();
    const bool before_all = at < -count;
    if (at < 0) at += count;
    JsonNode node = types::JsonbNode(value);
    const JsonNode fresh = JsonNode::Encoded(fresh_);
    if (before_all || at >= count) {
      if (IsLast(level) && Creates())
        node.items.insert(before_all ? node.items.begin() : node.items.end(), fresh);
      return node;
    }
    if (!IsLast(level)) {
      LATHE_ASSIGN(node.items[static_cast<size_t>(at)],
                   Edit(value.value(static_cast<uint32_t>(at)), level + 1));
      return node;
    }
    switch (change_) {
      case Change::kDelete:
        node.items.erase(node.items.begin() + at);
        break;
      case Change::kInsertBefore:
        node.items.insert(node.items.begin() + at, fresh);
        break;
      case Change::kInsertAfter:
        node.items.insert(node.items.begin() + at + 1, fresh);
        break;
      case Change::kSet:
      case Change::kCreate:
        node.items[static_cast<size_t>(at)] = fresh;
        break;
    }
    return node;
  }

  Change change_;
  std::string_view fresh_;
  std::vector<std::optional<std::string_view>> path_;
};

CallStatus EditAt(FunctionContext* context, const Datum& value, const Datum& path, Change change,
                  std::string_view fresh, const char* scalar_error, Datum* result) {
  const JsonbView view = ViewOf(value);
  if (types::ArrayReader(path.string.view()).dimension_count() > 1)
    return context->Fail(SqlState::kArraySubscriptError, "wrong number of array subscripts");
  if (!view.is_container()) return Invalid(context, scalar_error);
  PathEditor editor(path, change, fresh);
  if (editor.empty() ||
      (view.count() == 0 && (change == Change::kSet || change == Change::kDelete)))
    return PutView(view.bytes(), result);
  Result<JsonNode> node = editor.Edit(view, 0);
  if (!node.ok()) return context->Fail(std::move(node).error());
  return Put(context, *node, result);
}

CallStatus DeletePath(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return EditAt(context, args[0], args[1], Change::kDelete, {}, "cannot delete path in scalar",
                result);
}
/// (target, path, value [, create])
template <int kCount>
CallStatus Set(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const bool create = kCount < 4 || args[3].b;
  return EditAt(context, args[0], args[1], create ? Change::kCreate : Change::kSet,
                args[2].string.view(), "cannot set path in scalar", result);
}
/// (target, path, value [, after])
template <int kCount>
CallStatus Insert(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const bool after = kCount > 3 && args[3].b;
  return EditAt(context, args[0], args[1], after ? Change::kInsertAfter : Change::kInsertBefore,
                args[2].string.view(), "cannot set path in scalar", result);
}
/// (target, path, value [, create [, what to do with NULL]])
template <int kCount>
CallStatus SetLax(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  if (nulls[0] || nulls[1] || (kCount > 3 && nulls[3])) return CallStatus::kNull;
  if (!nulls[2])
    return kCount > 3 ? Set<4>(context, args, nulls, result) : Set<3>(context, args, nulls, result);
  if (kCount > 4 && nulls[4]) {
    return Invalid(context,
                   "null_value_treatment must be \"delete_key\", \"return_target\", "
                   "\"use_json_null\", or \"raise_exception\"");
  }
  const std::string_view how = kCount > 4 ? args[4].string.view() : "use_json_null";
  if (how == "raise_exception") {
    Error error = MakeError(SqlState::kNullValueNotAllowed, "JSON value must not be null");
    error.detail = "Exception was raised because null_value_treatment is \"raise_exception\".";
    error.hint =
        "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is "
        "not passed.";
    return context->Fail(std::move(error));
  }
  if (how == "return_target") return PutView(args[0].string.view(), result);
  if (how == "delete_key") return DeletePath(context, args, nulls, result);
  if (how == "use_json_null") {
    static constexpr char kNull[1] = {static_cast<char>(JsonKind::kNull)};
    Datum given[4] = {args[0], args[1], Datum(), Datum()};
    given[2].string = {kNull, 1};
    given[3].b = kCount > 3 ? args[3].b : true;
    return Set<4>(context, given, nulls, result);
  }
  return Invalid(context,
                 "null_value_treatment must be \"delete_key\", \"return_target\", "
                 "\"use_json_null\", or \"raise_exception\"");
}

}  // namespace

void AddJsonbEditFunctions(std::vector<Function>* list) {
  constexpr TypeId JB = TypeId::kJsonb, T = TypeId::kText, I = TypeId::kInt4, B = TypeId::kBool,
                   A = TypeId::kArray;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 BoxedFunction boxed, bool strict = true) {
    Row row{oid, name, op, std::move(args), JB, boxed};
    row.can_fail = true;
    row.strict = strict;
    Add(list, row);
    for (Type& arg : list->back().args) {
      if (arg.id == A) arg = Type::ArrayOf(T);
    }
  };
  // clang-format off
  add(3301, "jsonb_concat", "||", {JB, JB}, Concatenate);
  add(3302, "jsonb_delete", "-", {JB, T}, DeleteKey);
  add(3343, "jsonb_delete", "-", {JB, A}, DeleteKeys);
  add(3303, "jsonb_delete", "-", {JB, I}, DeleteItem);
  add(3304, "jsonb_delete_path", "#-", {JB, A}, DeletePath);
  add(3305, "jsonb_set", "", {JB, A, JB, B}, Set<4>);
  add(9510, "jsonb_set", "", {JB, A, JB}, Set<3>);
  add(3579, "jsonb_insert", "", {JB, A, JB, B}, Insert<4>);
  add(9511, "jsonb_insert", "", {JB, A, JB}, Insert<3>);
  add(5054, "jsonb_set_lax", "", {JB, A, JB, B, T}, SetLax<5>, false);
  add(9512, "jsonb_set_lax", "", {JB, A, JB, B}, SetLax<4>, false);
  add(9513, "jsonb_set_lax", "", {JB, A, JB}, SetLax<3>, false);
  // clang-format on
}

}  // namespace lathe::func
