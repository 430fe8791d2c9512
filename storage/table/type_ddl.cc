// CREATE and ALTER TYPE: types of the user's as entries of the catalog.
#include "runtime/types/shape.h"
#include "storage/table/engine_impl.h"
#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

/// The type with every occurrence of the shape with this oid replaced.
types::Type WithShape(const types::Type& type, uint32_t oid, const types::Shape* shape) {
  if (type.shape == nullptr) return type;
  types::Type made = type;
  if (type.shape->oid == oid) {
    made.shape = shape;
    return made;
  }
  types::Shape copy = *type.shape;
  for (types::Shape::Field& field : copy.fields) field.type = WithShape(field.type, oid, shape);
  made.shape = types::InternShape(std::move(copy));
  return made;
}

}  // namespace

Result<schema::RelationPtr> TransactionImpl::CreateType(SchemaId schema, const std::string& name,
                                                        types::Shape shape) {
  LATHE_TRY(engine_->locks()->LockTableObject(id_, schema.value, txn::TableLockMode::kAccessShare,
                                              lock_wait()));
  LATHE_TRY(LockName(schema, name));
  if (view_.GetSchema(schema) == nullptr) {
    return MakeError(SqlState::kInvalidSchemaName, "the schema has been dropped");
  }
  if (view_.FindRelation(schema, name) != nullptr) {
    return MakeError(SqlState::kDuplicateObject, "type \"" + name + "\" already exists");
  }
  LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next(2));
  schema::RelationDescriptor relation;
  relation.id = RelationId(static_cast<uint32_t>(oid));
  relation.kind = schema::RelationKind::kType;
  relation.schema = schema;
  relation.name = name;
  shape.oid = static_cast<uint32_t>(oid);
  shape.array_oid = static_cast<uint32_t>(oid + 1);
  shape.name = name;
  const bool is_enum = shape.kind == types::Shape::Kind::kEnum;
  relation.named_type =
      is_enum ? types::EnumType(std::move(shape)) : types::RecordType(std::move(shape));
  LATHE_TRY(engine_->locks()->LockTableObject(id_, relation.id.value,
                                              txn::TableLockMode::kAccessExclusive, lock_wait()));
  auto made = std::make_shared<const schema::RelationDescriptor>(std::move(relation));
  view_.PutRelation(made);
  return schema::RelationPtr(made);
}

Status TransactionImpl::ChangeType(RelationId id, const std::string& name, types::Shape shape) {
  LATHE_ASSIGN(schema::RelationPtr found, LockTable(id, txn::TableLockMode::kAccessExclusive));
  if (name != found->name) {
    LATHE_TRY(LockName(found->schema, name));
    if (view_.FindRelation(found->schema, name) != nullptr) {
      return MakeError(SqlState::kDuplicateObject, "type \"" + name + "\" already exists");
    }
  }
  const uint32_t oid = found->named_type.shape->oid;
  shape.name = name;
  const types::Shape* const interned = types::InternShape(std::move(shape));
  for (const schema::RelationPtr& relation : view_.Relations()) {
    schema::RelationDescriptor next = *relation;
    bool changed = relation->id == id;
    next.named_type = WithShape(relation->named_type, oid, interned);
    changed |= !(next.named_type == relation->named_type);
    for (schema::Column& column : next.columns) {
      const types::Type type = WithShape(column.type, oid, interned);
      changed |= !(type == column.type);
      column.type = type;
      if (!column.missing.is_null()) column.missing.set_type(type);
    }
    if (!changed) continue;
    if (relation->id == id) next.name = name;
    LATHE_TRY(LockTable(relation->id, txn::TableLockMode::kAccessExclusive));
    ++next.version;
    view_.PutRelation(std::make_shared<const schema::RelationDescriptor>(std::move(next)));
  }
  return Ok();
}

}  // namespace lathe::table
