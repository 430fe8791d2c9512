// Tables with children: what FROM reads of them (the rows of all tables below, mapped by column
// name), and the bounds of partitions.
#include <algorithm>

#include "codegen/expr/evaluate.h"
#include "frontend/ast/position.h"
#include "frontend/bind/binder.h"
#include "runtime/base/arena.h"
#include "runtime/func/context.h"
#include "runtime/types/order.h"

namespace lathe::bind {
namespace {

using End = schema::PartitionBound::End;
using Strategy = schema::PartitionKey::Strategy;

/// Where a list partition stands among others: by its least value, a NULL alone behind.
const types::Value* LeastValue(const schema::PartitionBound& bound) {
  const types::Value* least = nullptr;
  for (const types::Value& value : bound.values) {
    if (value.is_null()) continue;
    if (least == nullptr || types::CompareByType(value.type(), value.datum(), least->datum()) < 0) {
      least = &value;
    }
  }
  return least;
}

bool ComesBefore(const schema::PartitionBound& a, const schema::PartitionBound& b) {
  if (a.is_default != b.is_default) return b.is_default;
  if (a.is_default) return false;
  if (!a.from.empty() && !b.from.empty()) return schema::CompareEnds(a.from, b.from) < 0;
  if (a.modulus != 0) {
    return std::pair(a.modulus, a.remainder) < std::pair(b.modulus, b.remainder);
  }
  const types::Value* x = LeastValue(a);
  const types::Value* y = LeastValue(b);
  if (x == nullptr || y == nullptr) return x != nullptr;
  return types::CompareByType(x->type(), x->datum(), y->datum()) < 0;
}

std::vector<schema::RelationPtr> ChildrenOf(const schema::RelationDescriptor& table,
                                            schema::CatalogReader* catalog) {
  std::vector<schema::RelationPtr> children;
  for (RelationId id : table.children) {
    schema::RelationPtr child = catalog->GetRelation(id);
    if (child == nullptr) continue;
    // By name: a plan is made anew when what it has looked up by name has changed.
    catalog->FindRelation(child->schema, child->name);
    children.push_back(std::move(child));
  }
  if (table.is_partitioned()) {
    std::sort(children.begin(), children.end(), [](const auto& a, const auto& b) {
      return a->is_partition() && b->is_partition() &&
             ComesBefore(*a->partition_bound, *b->partition_bound);
    });
  } else {
    std::sort(children.begin(), children.end(),
              [](const auto& a, const auto& b) { return a->id.value < b->id.value; });
  }
  return children;
}

void AddPartitions(const schema::RelationPtr& table, schema::CatalogReader* catalog,
                   std::vector<schema::RelationPtr>* rows) {
  if (!table->is_partitioned()) {
    rows->push_back(table);
    return;
  }
  for (const schema::RelationPtr& child : ChildrenOf(*table, catalog)) {
    AddPartitions(child, catalog, rows);
  }
}

}  // namespace

std::vector<schema::RelationPtr> RowsOf(const schema::RelationPtr& table,
                                        schema::CatalogReader* catalog) {
  std::vector<schema::RelationPtr> rows;
  if (table->is_partitioned()) {
    AddPartitions(table, catalog, &rows);
    return rows;
  }
  rows.push_back(table);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (schema::RelationPtr& child : ChildrenOf(*rows[i], catalog)) {
      const bool known = std::any_of(rows.begin(), rows.end(),
                                     [&](const auto& other) { return other->id == child->id; });
      if (!known) rows.push_back(std::move(child));
    }
  }
  return rows;
}

std::vector<uint32_t> MapColumns(const schema::RelationDescriptor& parent,
                                 const schema::RelationDescriptor& child) {
  std::vector<uint32_t> map(parent.columns.size(), UINT32_MAX);
  for (size_t i = 0; i < parent.columns.size(); ++i) {
    if (parent.columns[i].dropped) continue;
    const int found = child.FindColumn(parent.columns[i].name);
    if (found >= 0) map[i] = static_cast<uint32_t>(found);
  }
  return map;
}

FromItem Binder::MakeInherited(const schema::RelationPtr& relation, const std::string& alias,
                               bool with_row_id, Scope& scope) {
  auto table = std::make_shared<RangeTable>();
  table->alias = alias.empty() ? relation->name : alias;
  table->aliased = !alias.empty();
  table->relation = relation;
  const std::vector<uint32_t> live = relation->LiveColumns();
  with_row_id = with_row_id && relation->has_row_id();
  std::vector<OutputColumn> outputs;
  for (uint32_t index : live) {
    const schema::Column& column = relation->columns[index];
    const ColumnId id = NewColumn(!column.not_null);
    outputs.push_back(Output(id, column.name, column.type));
    table->columns.push_back({column.name, expr::MakeColumn(id, column.type)});
    base_columns_[id.value] = {table, relation, index, table->alias};
    column_names_[id.value] = column.name;
    scope.columns.insert(id.value);
  }
  if (with_row_id) {
    table->row_id = NewColumn(false);
    scope.columns.insert(table->row_id.value);
    outputs.push_back(Output(table->row_id, "row_id", Type(TypeId::kInt8)));
  }
  const ColumnId table_oid = NewColumn(false);
  scope.columns.insert(table_oid.value);
  column_names_[table_oid.value] = "tableoid";
  outputs.push_back(Output(table_oid, "tableoid", Type(TypeId::kOid)));
  table->table_oid = expr::MakeColumn(table_oid, Type(TypeId::kOid));

  std::vector<NodePtr> parts;
  int64_t number = 0;
  for (const schema::RelationPtr& rows : RowsOf(relation, context_.catalog)) {
    const std::vector<uint32_t> map = MapColumns(*relation, *rows);
    const std::vector<uint32_t> own = rows->LiveColumns();
    auto scan = std::make_shared<logical::Scan>();
    scan->relation = rows;
    scan->alias = rows->name;
    auto project = std::make_shared<logical::Project>();
    auto field = [&](size_t position, const std::string& name, const Type& type, bool nullable) {
      const ColumnId id = NewColumn(nullable);
      scan->fields.push_back(static_cast<uint32_t>(position));
      scan->outputs.push_back(Output(id, name, type));
      return expr::MakeColumn(id, type);
    };
    for (uint32_t index : live) {
      const schema::Column& column = rows->columns[map[index]];
      const size_t position =
          static_cast<size_t>(std::find(own.begin(), own.end(), map[index]) - own.begin());
      ExprPtr value = field(position, column.name, column.type, !column.not_null);
      project->outputs.push_back(Output(NewColumn(!column.not_null), column.name, value->type));
      project->expressions.push_back(std::move(value));
    }
    if (with_row_id) {
      // Rows of different tables are told apart by the number of their table above the row id.
      const types::Value above = types::Value::Int8(number << kRowTableShift);
      ExprPtr value = expr::MakeConst(above);
      if (rows->has_row_id()) {
        ExprPtr id = field(own.size(), "row_id", Type(TypeId::kInt8), false);
        Result<ExprPtr> sum = MakeOperator("+", std::move(id), std::move(value), -1);
        LATHE_CHECK(sum.ok());
        value = std::move(*sum);
      }
      project->outputs.push_back(Output(NewColumn(false), "row_id", Type(TypeId::kInt8)));
      project->expressions.push_back(std::move(value));
    }
    types::Datum oid;
    oid.i32 = static_cast<int32_t>(rows->id.value);
    project->outputs.push_back(Output(NewColumn(false), "tableoid", Type(TypeId::kOid)));
    project->expressions.push_back(
        expr::MakeConst(types::Value::FromDatum(Type(TypeId::kOid), oid)));
    project->children.push_back(std::move(scan));
    parts.push_back(std::move(project));
    ++number;
  }
  FromItem item;
  if (parts.empty()) {
    auto none = std::make_shared<logical::Values>();
    none->outputs = std::move(outputs);
    item.plan = std::move(none);
  } else if (parts.size() == 1) {
    for (size_t i = 0; i < outputs.size(); ++i) parts[0]->outputs[i] = outputs[i];
    item.plan = std::move(parts[0]);
  } else {
    auto all = std::make_shared<logical::SetOperation>();
    all->operation = logical::SetOperationKind::kUnion;
    all->all = true;
    all->outputs = std::move(outputs);
    all->children = std::move(parts);
    item.plan = std::move(all);
  }
  scope.tables.push_back(table);
  item.items.push_back({table, true, true, false, true});
  return item;
}

Result<FromItem> Binder::MakeTarget(const schema::RelationPtr& relation,
                                    const ast::RelationRef& ref, bool repeats, Scope& scope) {
  if (ref.only || (relation->children.empty() && !relation->is_partitioned())) {
    return MakeScan(relation, ref.alias.name, true, scope);
  }
  LATHE_TRY(CheckWritable(*relation, repeats, ref.location));
  FromItem item = MakeInherited(relation, ref.alias.name, true, scope);
  return item;
}

Status Binder::CheckWritable(const schema::RelationDescriptor& relation, bool repeats,
                             int32_t location) const {
  if (relation.children.empty()) return Ok();
  if (!relation.is_partitioned() && !relation.has_row_id()) {
    return NotYet("changing rows of a table with a primary key and children", location);
  }
  auto self = std::make_shared<const schema::RelationDescriptor>(relation);
  for (const schema::RelationPtr& rows : RowsOf(self, context_.catalog)) {
    if (rows->LiveColumns().size() != relation.LiveColumns().size()) {
      return NotYet("changing rows below a table whose children have columns of their own",
                    location);
    }
    if (!relation.has_row_id() && rows->has_row_id()) {
      return NotYet("changing rows below a table with a primary key that its children do not have",
                    location);
    }
    if (relation.has_row_id() && !rows->has_row_id() && repeats) {
      return NotYet("joining rows below a table whose children alone have a primary key", location);
    }
  }
  return Ok();
}

std::vector<OutputColumn> Binder::RowOutputs(const schema::RelationDescriptor& relation,
                                             const logical::Node& plan) {
  const size_t count = relation.LiveColumns().size() + (relation.has_row_id() ? 1 : 0);
  return {plan.outputs.begin(), plan.outputs.begin() + static_cast<ptrdiff_t>(count)};
}

namespace {

/// Binds FOR VALUES.
class BoundBinder {
 public:
  BoundBinder(const schema::RelationDescriptor& parent, BindContext& context)
      : parent_(parent), key_(parent.partition_key), context_(context) {}

  Result<schema::PartitionBound> Bind(const ast::PartitionBound& bound) {
    using Form = ast::PartitionBound::Form;
    schema::PartitionBound made;
    if (bound.form == Form::kDefault) {
      if (key_.strategy == Strategy::kHash) {
        return At("a hash-partitioned table may not have a default partition", -1);
      }
      made.is_default = true;
      return made;
    }
    const Form wanted = key_.strategy == Strategy::kList    ? Form::kList
                        : key_.strategy == Strategy::kRange ? Form::kRange
                                                            : Form::kHash;
    if (bound.form != wanted) {
      return At(std::string("invalid bound specification for a ") +
                    (wanted == Form::kList    ? "list"
                     : wanted == Form::kRange ? "range"
                                              : "hash") +
                    " partition",
                bound.location);
    }
    if (wanted == Form::kHash) {
      LATHE_TRY(BindHash(bound, &made));
    } else if (wanted == Form::kList) {
      for (const ast::ExprPtr& e : bound.list) {
        LATHE_ASSIGN(types::Value value, Evaluate(*e, 0));
        const bool known =
            std::any_of(made.values.begin(), made.values.end(), [&](const types::Value& other) {
              if (value.is_null() || other.is_null()) return value.is_null() && other.is_null();
              return types::CompareByType(value.type(), value.datum(), other.datum()) == 0;
            });
        if (!known) made.values.push_back(std::move(value));
      }
    } else {
      LATHE_ASSIGN(made.from, BindEnd(bound.from, "FROM", bound.location));
      LATHE_ASSIGN(made.to, BindEnd(bound.to, "TO", bound.location));
    }
    return made;
  }

 private:
  Error At(std::string message, int32_t location,
           SqlState state = SqlState::kInvalidTableDefinition) const {
    return Binder(context_).At(state, std::move(message), location);
  }

  Status BindHash(const ast::PartitionBound& bound, schema::PartitionBound* made) const {
    int64_t modulus = -1, remainder = -1;
    for (const ast::Option& option : bound.hash) {
      int64_t* to = option.name == "modulus"     ? &modulus
                    : option.name == "remainder" ? &remainder
                                                 : nullptr;
      if (to == nullptr) {
        return At("unrecognized hash partition bound specification \"" + option.name + "\"",
                  option.location, SqlState::kSyntaxError);
      }
      if (*to >= 0) {
        return At(option.name + " for hash partition provided more than once", option.location,
                  SqlState::kDuplicateObject);
      }
      *to = std::stoll(option.text);
    }
    if (modulus < 0)
      return At("modulus for hash partition must be specified", -1, SqlState::kSyntaxError);
    if (remainder < 0) {
      return At("remainder for hash partition must be specified", -1, SqlState::kSyntaxError);
    }
    if (modulus == 0) {
      return At("modulus for hash partition must be an integer value greater than zero", -1);
    }
    if (remainder >= modulus) {
      return At("remainder for hash partition must be less than modulus", -1);
    }
    made->modulus = static_cast<uint32_t>(modulus);
    made->remainder = static_cast<uint32_t>(remainder);
    return Ok();
  }

  schema::Column KeyColumn(size_t part) const {
    const schema::PartitionKey::Part& key = key_.parts[part];
    if (key.sql.empty()) {
      schema::Column column = parent_.columns[key.column];
      column.domain = {};
      return column;
    }
    schema::Column column;
    column.name = key.sql;
    column.type = key.type;
    return column;
  }

  Result<types::Value> Evaluate(const ast::Expr& e, size_t part) const {
    const schema::Column column = KeyColumn(part);
    auto plain = [&]() -> Result<types::Value> {
      LATHE_ASSIGN(ExprPtr bound, Binder(context_).DefaultExpression(e, column));
      base::Arena arena;
      func::FunctionContext functions;
      functions.arena = &arena;
      functions.format = context_.format;
      expr::EvalContext eval;
      eval.functions = &functions;
      return expr::Evaluate(*bound, eval);
    };
    Result<types::Value> value = plain();
    if (value.ok()) return value;
    Error error = std::move(value).error();
    if (error.message.find("but default expression is of type") != std::string::npos) {
      error.message = "specified value cannot be cast to type " + TypeText(column.type) +
                      " for column \"" + column.name + "\"";
      error.hint.clear();
      error.position = ast::PositionOf(context_.sql, e.location);
    }
    static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
        {"cannot use column reference in DEFAULT expression",
         "cannot use column reference in partition bound expression"},
        {" in DEFAULT expressions", " in partition bound"},
        {" in DEFAULT expression", " in partition bound"}};
    for (const auto& [from, to] : kWords) {
      const size_t at = error.message.find(from);
      if (at == std::string::npos) continue;
      error.message.replace(at, from.size(), to);
      break;
    }
    if (error.state == SqlState::kFeatureNotSupported &&
        error.message.find("column reference") != std::string::npos) {
      error.state = SqlState::kInvalidColumnReference;
    }
    return error;
  }

  Result<std::vector<End>> BindEnd(const ast::ExprList& list, const std::string& word,
                                   int32_t location) const {
    if (list.size() != key_.parts.size()) {
      return At(word + " must specify exactly one value per partitioning column", location,
                SqlState::kInvalidTableDefinition);
    }
    std::vector<End> ends;
    for (size_t i = 0; i < list.size(); ++i) {
      End end;
      const ast::Expr& e = *list[i];
      const std::string* name = nullptr;
      if (e.kind == ast::Expr::Kind::kColumnRef && e.As<ast::ColumnRef>().parts.size() == 1 &&
          !e.As<ast::ColumnRef>().star) {
        name = &e.As<ast::ColumnRef>().parts[0];
      }
      if (name != nullptr && *name == "minvalue") {
        end.kind = End::Kind::kMinValue;
      } else if (name != nullptr && *name == "maxvalue") {
        end.kind = End::Kind::kMaxValue;
      }
      if (!ends.empty() && ends.back().kind != End::Kind::kValue && end.kind != ends.back().kind) {
        const std::string before =
            ends.back().kind == End::Kind::kMinValue ? "MINVALUE" : "MAXVALUE";
        return At("every bound following " + before + " must also be " + before, e.location,
                  SqlState::kDatatypeMismatch);
      }
      if (end.kind == End::Kind::kValue) {
        LATHE_ASSIGN(end.value, Evaluate(e, i));
        if (end.value.is_null())
          return At("cannot specify NULL in range bound", -1, SqlState::kInvalidObjectDefinition);
      }
      ends.push_back(std::move(end));
    }
    return ends;
  }

  const schema::RelationDescriptor& parent_;
  const schema::PartitionKey& key_;
  BindContext& context_;
};

}  // namespace

Result<schema::PartitionBound> BindPartitionBound(const ast::PartitionBound& bound,
                                                  const schema::RelationDescriptor& parent,
                                                  BindContext& context) {
  return BoundBinder(parent, context).Bind(bound);
}

}  // namespace lathe::bind
