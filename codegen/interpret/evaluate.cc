// Expressions except calls and casts. Order and laziness of evaluation are those of generated code.
#include "codegen/interpret/interpreter.h"

namespace lathe::interpret {

using expr::Kind;

namespace {

void SetBool(Cell* out, bool value) {
  out->null = false;
  out->datum.b = value;
}

}  // namespace

bool Machine::Eval(const Expr& e, Cell* out) {
  ++work_;
  if (e.kind == Kind::kColumn) return Column(e.column, out);
  if (!program_.constant_of.empty()) {
    auto constant = program_.constant_of.find(&e);
    if (constant != program_.constant_of.end()) return Constant(constant->second, out);
  }
  return EvalKind(e, out);
}

bool Machine::Column(ColumnId id, Cell* out) {
  ColumnCell& cell = Of(id);
  if (cell.pending != nullptr) {
    Cell value;
    const Expr* pending = cell.pending;
    if (!Eval(*pending, &value)) return false;
    cell.pending = nullptr;
    cell.value = value;
  } else if (cell.pending_call != nullptr) {
    if (!CallResult(*cell.pending_call, cell.call_row, &cell.value)) return false;
    cell.pending_call = nullptr;
  }
  *out = cell.value;
  return true;
}

bool Machine::Constant(uint32_t index, Cell* out) {
  const state::ConstantSlot& slot = query_->constants[index];
  if (slot.state == state::ConstantState::kError) return Fail(*query_->constant_errors[index]);
  out->null = slot.state == state::ConstantState::kNull;
  out->datum = slot.value;
  return true;
}

bool Machine::EvalKind(const Expr& e, Cell* out) {
  switch (e.kind) {
    case Kind::kConst:
      out->null = e.value.is_null();
      if (!out->null) out->datum = e.value.datum();
      return true;
    case Kind::kCall:
      return Call(e, out);
    case Kind::kCast:
      return Cast(e, out);
    case Kind::kAnd:
      return Connective(e, false, out);
    case Kind::kOr:
      return Connective(e, true, out);
    case Kind::kNot:
      if (!Eval(*e.children[0], out)) return false;
      out->datum.b = !out->datum.b;
      return true;
    case Kind::kIsNull:
    case Kind::kIsNotNull: {
      if (!Eval(*e.children[0], out)) return false;
      SetBool(out, out->null == (e.kind == Kind::kIsNull));
      return true;
    }
    case Kind::kIsTrue:
    case Kind::kIsFalse: {
      if (!Eval(*e.children[0], out)) return false;
      SetBool(out, !out->null && out->datum.b == (e.kind == Kind::kIsTrue));
      return true;
    }
    case Kind::kIsDistinct:
      return IsDistinct(e, out);
    case Kind::kCase:
      return Case(e, out);
    case Kind::kCoalesce:
      for (const auto& child : e.children) {
        if (!Eval(*child, out)) return false;
        if (!out->null) return true;
      }
      return true;
    case Kind::kGreatest:
    case Kind::kLeast:
      return Extreme(e, out);
    case Kind::kInList:
      return InList(e, out);
    default:
      break;
  }
  LATHE_UNREACHABLE("an expression that CanInterpret refuses");
}

bool Machine::IsTrue(const Expr& e, bool* out) {
  Cell value;
  if (!Eval(e, &value)) return false;
  *out = !value.null && value.datum.b;
  return true;
}

bool Machine::Connective(const Expr& e, bool decisive, Cell* out) {
  bool any_null = false;
  for (const auto& child : e.children) {
    Cell value;
    if (!Eval(*child, &value)) return false;
    if (value.null) {
      any_null = true;
    } else if (value.datum.b == decisive) {
      SetBool(out, decisive);
      return true;
    }
  }
  SetBool(out, !decisive);
  out->null = any_null;
  return true;
}

bool Machine::Case(const Expr& e, Cell* out) {
  for (size_t i = 0; i + 1 < e.children.size(); i += 2) {
    bool when = false;
    if (!IsTrue(*e.children[i], &when)) return false;
    if (when) return Eval(*e.children[i + 1], out);
  }
  return Eval(*e.children.back(), out);
}

bool Machine::Extreme(const Expr& e, Cell* out) {
  out->null = true;
  const func::InlineOp op = e.kind == Kind::kGreatest ? func::InlineOp::kGt : func::InlineOp::kLt;
  for (const auto& child : e.children) {
    Cell value;
    if (!Eval(*child, &value) || !Coerce(child->type, e.type, &value)) return false;
    if (value.null) continue;
    bool better = true;
    if (!out->null && !Compare(e.function, op, e.type, value.datum, e.type, out->datum, &better)) {
      return false;
    }
    if (better) *out = value;
  }
  return true;
}

bool Machine::InList(const Expr& e, Cell* out) {
  Cell needle;
  if (!Eval(*e.children[0], &needle)) return false;
  auto set = program_.item_list_of.find(&e);
  if (set != program_.item_list_of.end()) {
    Cell prepared;
    if (!Constant(set->second, &prepared)) return false;
    int32_t found = 2;
    if (!needle.null) {
      found = lathe_in_set(query_->constants[set->second].prepared, &needle.datum);
    }
    SetBool(out, found == 1);
    out->null = found == 2;
    return true;
  }
  bool found = false, any_null = needle.null;
  for (size_t i = 1; i < e.children.size(); ++i) {
    Cell item;
    if (!Eval(*e.children[i], &item)) return false;
    if (item.null || needle.null) {
      any_null = true;
      continue;
    }
    bool equal = false;
    if (!Compare(e.function, func::InlineOp::kEq, e.children[0]->type, needle.datum,
                 e.children[i]->type, item.datum, &equal)) {
      return false;
    }
    found |= equal;
  }
  SetBool(out, found);
  out->null = any_null && !found;
  return true;
}

bool Machine::IsDistinct(const Expr& e, Cell* out) {
  Cell a, b;
  if (!Eval(*e.children[0], &a) || !Eval(*e.children[1], &b)) return false;
  if (a.null || b.null) {
    SetBool(out, a.null != b.null);
    return true;
  }
  bool equal = false;
  if (!Compare(e.function, func::InlineOp::kEq, e.children[0]->type, a.datum, e.children[1]->type,
               b.datum, &equal)) {
    return false;
  }
  SetBool(out, !equal);
  return true;
}

}  // namespace lathe::interpret
