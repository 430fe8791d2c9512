// Rows as values: ROW(...), a table's row by its name, fields of composite values and their
// expansion, conversions between rows. They are calls of functions of runtime/func that have no
// names in SQL.
#include "frontend/bind/binder.h"
#include "runtime/types/shape.h"

namespace lathe::bind {
namespace {

const func::Function* Internal(std::string_view name) { return func::FunctionsNamed(name)[0]; }

bool IsRecordOf(const Expr& e) {
  return e.kind == expr::Kind::kCall && e.function == Internal("record_of");
}

/// The type of a field as its value has it: numerics are big.
Type Stored(const Type& type) {
  return type.id == TypeId::kNumeric ? Type(TypeId::kNumeric, type.typmod) : type;
}

}  // namespace

Type RowTypeOf(const schema::RelationDescriptor& relation) {
  types::Shape shape;
  shape.oid = relation.id.value;
  shape.name = relation.name;
  for (uint32_t i : relation.LiveColumns()) {
    shape.fields.push_back({relation.columns[i].name, Stored(relation.columns[i].type)});
  }
  return types::RecordType(std::move(shape));
}

BoundExpr Binder::MakeRecord(std::vector<ExprPtr> fields, const Type& type, int32_t location) {
  for (ExprPtr& field : fields) {
    if (field->type.id != TypeId::kNumeric) continue;
    LATHE_ASSIGN(field, ToNumericForm(std::move(field), Type(TypeId::kNumeric)));
  }
  ExprPtr call = expr::MakeCall(Internal("record_of"), type, std::move(fields));
  call->location = location;
  return call;
}

BoundExpr Binder::BindRow(const ast::Row& row, Scope& scope, const Type* wanted,
                          int32_t cast_location) {
  std::vector<TargetEntry> items;
  for (const ast::ExprPtr& item : row.items) {
    const bool star =
        (item->kind == ast::Expr::Kind::kColumnRef && item->As<ast::ColumnRef>().star) ||
        (item->kind == ast::Expr::Kind::kFieldSelect && item->As<ast::FieldSelect>().star);
    if (star) {
      LATHE_TRY(ExpandStarItem(*item, scope, &items));
      continue;
    }
    const Type* inner = nullptr;
    if (wanted != nullptr && items.size() < wanted->shape->fields.size()) {
      const Type& field = wanted->shape->fields[items.size()].type;
      if (field.id == TypeId::kRecord && field.shape != nullptr) inner = &field;
    }
    ExprPtr e;
    if (inner != nullptr && item->kind == ast::Expr::Kind::kRow) {
      LATHE_ASSIGN(e, BindRow(item->As<ast::Row>(), scope, inner));
    } else {
      LATHE_ASSIGN(e, Bind(*item, scope));
    }
    items.push_back({std::move(e), {}, item->location, false, {}});
  }
  if (items.size() > kTargetsMax) {
    return At(SqlState::kTooManyColumns, "ROW expressions can have at most 1664 entries",
              row.location);
  }
  types::Shape shape;
  std::vector<ExprPtr> fields;
  if (wanted != nullptr) {
    const std::vector<types::Shape::Field>& targets = wanted->shape->fields;
    if (items.size() != targets.size()) {
      Error error = At(SqlState::kCannotCoerce, "cannot cast type record to " + TypeText(*wanted),
                       cast_location);
      error.detail = items.size() < targets.size() ? "Input has too few columns."
                                                   : "Input has too many columns.";
      return error;
    }
    for (size_t i = 0; i < items.size(); ++i) {
      ExprPtr e = std::move(items[i].expr);
      if (!CanCoerce(e->type, targets[i].type, CastContext::kExplicit)) {
        Error error = At(SqlState::kCannotCoerce, "cannot cast type record to " + TypeText(*wanted),
                         cast_location);
        error.detail = "Cannot cast type " + TypeText(e->type) + " to " +
                       TypeText(targets[i].type) + " in column " + std::to_string(i + 1) + ".";
        return error;
      }
      LATHE_ASSIGN(e, Coerce(std::move(e), targets[i].type, true));
      fields.push_back(std::move(e));
    }
    return MakeRecord(std::move(fields), *wanted, row.location);
  }
  for (size_t i = 0; i < items.size(); ++i) {
    LATHE_ASSIGN(ExprPtr e, ResolveUnknown(std::move(items[i].expr)));
    shape.fields.push_back({"f" + std::to_string(i + 1), Stored(e->type)});
    fields.push_back(std::move(e));
  }
  return MakeRecord(std::move(fields), types::RecordType(std::move(shape)), row.location);
}

BoundExpr Binder::BindFor(const ast::Expr& e, const Type& wanted, Scope& scope) {
  if (e.kind == ast::Expr::Kind::kRow && wanted.id == TypeId::kRecord && wanted.shape != nullptr) {
    return BindRow(e.As<ast::Row>(), scope, &wanted, e.location);
  }
  return Bind(e, scope);
}

BoundExpr Binder::WholeRow(const RangeTable& table, int32_t location) {
  types::Shape shape;
  std::vector<ExprPtr> fields;
  // A row that an outer join has filled up with NULLs is NULL as a whole.
  ExprPtr never_null;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    ExprPtr e = table.columns[i].expr->Clone();
    e->location = location;
    if (table.padded && e->kind == expr::Kind::kColumn && table.relation != nullptr) {
      const int column = table.relation->FindColumn(table.columns[i].name);
      if (column >= 0 && table.relation->columns[column].not_null) never_null = e->Clone();
    }
    LATHE_ASSIGN(e, ResolveUnknown(std::move(e)));
    shape.fields.push_back({table.columns[i].name, Stored(e->type)});
    fields.push_back(std::move(e));
  }
  if (table.padded && !never_null) {
    return NotYet("the row of a table without NOT NULL columns within an outer join", location);
  }
  Type type;
  if (table.relation != nullptr && table.columns.size() == table.relation->LiveColumns().size()) {
    type = RowTypeOf(*table.relation);
    if (type.shape->fields.size() != fields.size()) type = Type();
    for (size_t i = 0; type.shape != nullptr && i < fields.size(); ++i) {
      if (!SameType(type.shape->fields[i].type, fields[i]->type)) type = Type();
    }
  }
  if (type.shape == nullptr) type = types::RecordType(std::move(shape));
  LATHE_ASSIGN(ExprPtr record, MakeRecord(std::move(fields), type, location));
  if (!never_null) return record;
  auto padded = std::make_unique<Expr>(expr::Kind::kCase, type);
  auto present = std::make_unique<Expr>(expr::Kind::kIsNotNull, BoolType());
  present->children.push_back(std::move(never_null));
  padded->children.push_back(std::move(present));
  padded->children.push_back(std::move(record));
  padded->children.push_back(expr::MakeConst(types::Value::Null(type)));
  padded->location = location;
  return ExprPtr(std::move(padded));
}

ExprPtr Binder::RecordField(const Expr& record, size_t i, int32_t location) const {
  const Type type = record.type.shape->fields[i].type;
  if (IsRecordOf(record) && !IsVolatile(record)) {
    ExprPtr field = record.children[i]->Clone();
    if (field->type == type) return field;
  }
  std::vector<ExprPtr> args;
  args.push_back(record.Clone());
  args.push_back(expr::MakeConst(types::Value::Int4(static_cast<int32_t>(i))));
  ExprPtr call = expr::MakeCall(Internal("record_get"), type, std::move(args));
  call->location = location;
  return call;
}

BoundExpr Binder::BindFieldSelect(const ast::FieldSelect& select, Scope& scope) {
  if (select.star) return NotYet("row expansion via \"*\" in this place", select.location);
  LATHE_ASSIGN(ExprPtr record, Bind(*select.operand, scope));
  if (record->type.id != TypeId::kRecord || record->type.shape == nullptr) {
    return At(SqlState::kWrongObjectType,
              "column notation ." + select.field + " applied to type " + TypeText(record->type) +
                  ", which is not a composite type",
              select.location);
  }
  const int field = record->type.shape->FindField(select.field);
  if (field < 0) {
    const bool named = !record->type.shape->name.empty();
    return At(
        SqlState::kUndefinedColumn,
        named ? "column \"" + select.field + "\" not found in data type " + TypeText(record->type)
              : "could not identify column \"" + select.field + "\" in record data type",
        select.location);
  }
  return RecordField(*record, static_cast<size_t>(field), select.location);
}

Status Binder::ExpandStarItem(const ast::Expr& e, Scope& scope, std::vector<TargetEntry>* targets) {
  if (e.kind == ast::Expr::Kind::kColumnRef) {
    return ExpandStar(e.As<ast::ColumnRef>(), scope, targets);
  }
  const auto& select = e.As<ast::FieldSelect>();
  LATHE_ASSIGN(ExprPtr record, Bind(*select.operand, scope));
  if (record->type.id != TypeId::kRecord || record->type.shape == nullptr) {
    return At(SqlState::kWrongObjectType,
              "column notation .* applied to type " + TypeText(record->type) +
                  ", which is not a composite type",
              select.location);
  }
  for (size_t i = 0; i < record->type.shape->fields.size(); ++i) {
    ExprPtr field = RecordField(*record, i, select.location);
    targets->push_back(
        {std::move(field), record->type.shape->fields[i].name, select.location, false, {}});
  }
  return Ok();
}

BoundExpr Binder::CoerceRecord(ExprPtr record, const Type& target, bool is_explicit) {
  if (target.shape == nullptr || record->type.shape == nullptr) return record;
  if (target.shape->fields.size() != record->type.shape->fields.size()) {
    Error error = At(SqlState::kCannotCoerce,
                     "cannot cast type " + TypeText(record->type) + " to " + TypeText(target),
                     record->location);
    error.detail = record->type.shape->fields.size() < target.shape->fields.size()
                       ? "Input has too few columns."
                       : "Input has too many columns.";
    return error;
  }
  std::vector<ExprPtr> fields;
  for (size_t i = 0; i < target.shape->fields.size(); ++i) {
    ExprPtr field = RecordField(*record, i, record->location);
    LATHE_ASSIGN(field, Coerce(std::move(field), target.shape->fields[i].type, is_explicit));
    fields.push_back(std::move(field));
  }
  if (IsRecordOf(*record)) return MakeRecord(std::move(fields), target, record->location);
  // A NULL row stays one.
  const int32_t location = record->location;
  LATHE_ASSIGN(ExprPtr made, MakeRecord(std::move(fields), target, location));
  auto kept = std::make_unique<Expr>(expr::Kind::kCase, target);
  auto present = std::make_unique<Expr>(expr::Kind::kIsNotNull, BoolType());
  present->children.push_back(std::move(record));
  kept->children.push_back(std::move(present));
  kept->children.push_back(std::move(made));
  kept->children.push_back(expr::MakeConst(types::Value::Null(target)));
  kept->location = location;
  return ExprPtr(std::move(kept));
}

}  // namespace lathe::bind
