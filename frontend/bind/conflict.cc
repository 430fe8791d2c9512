// INSERT ... ON CONFLICT. The proposed rows are looked up by the arbiter keys in the statement's
// snapshot: rows that find nothing are inserted, the others are left out (DO NOTHING) or change the
// row found (DO UPDATE: rows numbered by what becomes of them, one Modify per action, as in MERGE).
// A key that another transaction has inserted since is met by the write itself, which makes the
// statement start again on a newer snapshot (BindContext::conflict_keys).
#include <algorithm>

#include "frontend/bind/binder.h"
#include "runtime/schema/index_parts.h"

namespace lathe::bind {

/// What one ON CONFLICT is bound with.
class Binder::Conflict {
 public:
  Conflict(Binder& binder, const ast::InsertStatement& insert, schema::RelationPtr relation,
           std::vector<ColumnId> ids, Scope& scope)
      : binder_(binder),
        insert_(insert),
        clause_(*insert.on_conflict),
        relation_(std::move(relation)),
        ids_(std::move(ids)),
        live_(relation_->LiveColumns()),
        scope_(scope) {}

  BoundQuery Bind(NodePtr rows, const RangeTable& target) {
    LATHE_TRY(FindArbiters());
    for (const Key& key : keys_) NameConflictKeys(key);
    const bool one_row =
        rows->kind == logical::Kind::kValues && rows->As<logical::Values>().rows.size() == 1;
    LATHE_TRY(CheckProposed(&rows));
    if (clause_.update) return Update(std::move(rows), one_row, target);
    for (const Key& key : keys_) LATHE_TRY(DropKnown(key, &rows));
    if (!one_row && !keys_.empty()) LATHE_TRY(DropRepeats(&rows));
    NodePtr modify = MakeModify(exec::WriteKind::kInsert, std::move(rows), ids_);
    return binder_.FinishModify(std::move(modify), insert_.returning, target, ids_, scope_);
  }

 private:
  struct Key {
    std::string name;
    std::vector<uint32_t> columns;  // of the table
    // All parts, over the table's row (BindRowExpression); the key's columns among them.
    std::vector<ExprPtr> parts;
    std::vector<ExprPtr> expressions;  // those that are no columns
    ExprPtr predicate;                 // only rows for which this holds have the key; or null
    bool nulls_equal = false;
    bool deferrable = false;
  };

  /// The key's constraint as the write calls it when it is violated: that of the partition.
  void NameConflictKeys(const Key& key) {
    std::vector<std::string>& names = binder_.context_.conflict_keys;
    names.push_back(key.name);
    if (!relation_->is_partitioned()) return;
    schema::CatalogReader* catalog = binder_.context_.catalog;
    auto named = [&](const schema::RelationDescriptor& rows, const std::vector<uint32_t>& columns) {
      std::vector<std::string> list;
      for (uint32_t column : columns) list.push_back(rows.columns[column].name);
      std::sort(list.begin(), list.end());
      return list;
    };
    const std::vector<std::string> wanted = named(*relation_, key.columns);
    for (const schema::RelationPtr& rows : lathe::bind::RowsOf(relation_, catalog)) {
      std::vector<uint32_t> columns;
      for (const schema::KeyColumn& part : rows->key) columns.push_back(part.column);
      if (!rows->primary_key_name.empty() && named(*rows, columns) == wanted) {
        names.push_back(rows->primary_key_name);
      }
      for (RelationId id : rows->indexes) {
        schema::RelationPtr index = catalog->GetRelation(id);
        if (index == nullptr || !index->unique || schema::HasExpressions(*index)) continue;
        columns.clear();
        for (uint32_t i = 0; i < index->key_columns; ++i) {
          columns.push_back(index->sources[index->key[i].column]);
        }
        if (named(*rows, columns) == wanted) names.push_back(index->name);
      }
    }
  }

  /// The rows that are there.
  FromItem Existing(const std::string& alias, bool with_row_id, Scope& scope) {
    if (relation_->is_partitioned()) {
      return binder_.MakeInherited(relation_, alias, with_row_id, scope);
    }
    FromItem found = binder_.MakeScan(relation_, alias, with_row_id, scope);
    found.items[0].table->only = true;  // keys do not reach beyond one table
    return found;
  }

  void AddColumnTo(Key* key, uint32_t column) const {
    key->columns.push_back(column);
    key->parts.push_back(expr::MakeColumn(ColumnId(column + 1), relation_->columns[column].type));
  }

  Result<std::vector<Key>> AllKeys() const {
    std::vector<Key> keys;
    if (!relation_->primary_key_name.empty()) {
      Key key;
      key.name = relation_->primary_key_name;
      for (const schema::KeyColumn& part : relation_->key) AddColumnTo(&key, part.column);
      key.deferrable = relation_->deferrable;
      keys.push_back(std::move(key));
    }
    for (RelationId id : relation_->indexes) {
      schema::RelationPtr index = binder_.context_.catalog->GetRelation(id);
      if (index == nullptr || (!index->unique && !index->is_constraint)) continue;
      Key key;
      key.name = index->name;
      for (uint32_t i = 0; i < index->key_columns; ++i) {
        const uint32_t own = index->key[i].column;
        if (index->sources[own] != schema::kExpressionSource) {
          AddColumnTo(&key, index->sources[own]);
          continue;
        }
        LATHE_ASSIGN(ExprPtr value,
                     BindStoredExpression(*relation_, index->columns[own].generated_sql,
                                          RowUse::kIndexExpression, nullptr, binder_.context_));
        key.expressions.push_back(value->Clone());
        key.parts.push_back(std::move(value));
      }
      if (const std::string_view where = schema::PredicateOf(*index); !where.empty()) {
        LATHE_ASSIGN(key.predicate, BindStoredExpression(*relation_, where, RowUse::kIndexPredicate,
                                                         nullptr, binder_.context_));
      }
      key.nulls_equal = index->nulls_not_distinct;
      key.deferrable = index->deferrable;
      keys.push_back(std::move(key));
    }
    return keys;
  }

  Status FindArbiters() {
    LATHE_ASSIGN(std::vector<Key> keys, AllKeys());
    if (!clause_.constraint.empty()) {
      for (Key& key : keys) {
        if (key.name != clause_.constraint) continue;
        keys_.push_back(std::move(key));
        return CheckDeferrable();
      }
      return binder_.At(SqlState::kUndefinedObject,
                        "constraint \"" + clause_.constraint + "\" for table \"" + relation_->name +
                            "\" does not exist",
                        -1);
    }
    if (clause_.target.empty()) {
      if (clause_.update) {
        Error error =
            binder_.At(SqlState::kSyntaxError,
                       "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                       clause_.location);
        error.hint = "For example, ON CONFLICT (column_name).";
        return error;
      }
      for (Key& key : keys) {
        if (!key.deferrable) keys_.push_back(std::move(key));
      }
      return Ok();
    }
    std::vector<ExprPtr> expressions, conditions;
    LATHE_ASSIGN(std::vector<uint32_t> wanted, TargetColumns(&expressions));
    if (clause_.target_where) {
      LATHE_ASSIGN(ExprPtr where,
                   BindRowExpression(*relation_, *clause_.target_where, RowUse::kIndexPredicate,
                                     nullptr, binder_.context_));
      conditions = expr::SplitConjuncts(std::move(where));
    }
    auto has = [](const std::vector<ExprPtr>& list, const Expr& wanted) {
      return std::any_of(list.begin(), list.end(),
                         [&](const ExprPtr& e) { return expr::Equal(*e, wanted); });
    };
    auto all_in = [&](const std::vector<ExprPtr>& some, const std::vector<ExprPtr>& list) {
      return std::all_of(some.begin(), some.end(), [&](const ExprPtr& e) { return has(list, *e); });
    };
    for (Key& key : keys) {
      if (!all_in(key.expressions, expressions) || !all_in(expressions, key.expressions)) continue;
      // What the index says of its rows must be said here too.
      if (key.predicate && !all_in(expr::SplitConjuncts(key.predicate->Clone()), conditions)) {
        continue;
      }
      std::vector<uint32_t> columns = key.columns;
      std::sort(columns.begin(), columns.end());
      columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
      if (columns == wanted) keys_.push_back(std::move(key));
    }
    if (keys_.empty()) return NoKey();
    return CheckDeferrable();
  }

  Error NoKey() const {
    return binder_.At(
        SqlState::kInvalidColumnReference,
        "there is no unique or exclusion constraint matching the ON CONFLICT specification", -1);
  }

  Status CheckDeferrable() const {
    if (!keys_[0].deferrable) return Ok();
    return binder_.At(SqlState::kObjectNotInPrerequisiteState,
                      "ON CONFLICT does not support deferrable unique constraints/exclusion "
                      "constraints as arbiters",
                      -1);
  }

  /// Columns of the inference list, in the table's order.
  Result<std::vector<uint32_t>> TargetColumns(std::vector<ExprPtr>* expressions) {
    std::vector<uint32_t> columns;
    for (const ast::OnConflict::Element& element : clause_.target) {
      if (element.expr->kind != ast::Expr::Kind::kColumnRef) {
        LATHE_ASSIGN(ExprPtr value,
                     BindRowExpression(*relation_, *element.expr, RowUse::kIndexExpression, nullptr,
                                       binder_.context_));
        expressions->push_back(std::move(value));
        continue;
      }
      const auto& ref = element.expr->As<ast::ColumnRef>();
      const int column = ref.parts.size() == 1 ? relation_->FindColumn(ref.parts[0]) : -1;
      if (column < 0) {
        return binder_.At(
            SqlState::kUndefinedColumn,
            "column \"" + (ref.parts.empty() ? "" : ref.parts.back()) + "\" does not exist",
            ListPosition());
      }
      columns.push_back(static_cast<uint32_t>(column));
    }
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    return columns;
  }

  /// Where PostgreSQL points for an element of the list: its parenthesis.
  int32_t ListPosition() const {
    const int32_t first = clause_.target[0].expr->location;
    const size_t found = binder_.context_.sql.rfind('(', static_cast<size_t>(std::max(first, 0)));
    return found == std::string_view::npos ? first : static_cast<int32_t>(found);
  }

  size_t FieldOf(uint32_t column) const {
    return static_cast<size_t>(std::find(live_.begin(), live_.end(), column) - live_.begin());
  }

  ExprPtr Proposed(uint32_t column) const {
    return expr::MakeColumn(ids_[FieldOf(column)], relation_->columns[column].type);
  }

  /// An expression over the table's row, over the proposed row instead.
  ExprPtr OverProposed(const Expr& e) const {
    return expr::Rewrite(e.Clone(), [this](ExprPtr node) {
      if (node->kind == expr::Kind::kColumn) node->column = ids_[FieldOf(node->column.value - 1)];
      return node;
    });
  }
  /// ... over a scan of the table.
  ExprPtr OverTable(const Expr& e, const std::vector<OutputColumn>& columns) const {
    return expr::Rewrite(e.Clone(), [&](ExprPtr node) {
      if (node->kind == expr::Kind::kColumn)
        node->column = columns[FieldOf(node->column.value - 1)].id;
      return node;
    });
  }

  /// Proposed row and row of the table have the same key.
  BoundExpr SameKey(const Key& key, const std::vector<OutputColumn>& columns) {
    std::vector<ExprPtr> parts;
    for (const ExprPtr& part : key.parts) {
      LATHE_ASSIGN(ExprPtr equal,
                   binder_.MakeOperator("=", OverProposed(*part), OverTable(*part, columns), -1));
      if (key.nulls_equal) {
        auto distinct = std::make_unique<Expr>(expr::Kind::kIsDistinct, BoolType());
        distinct->function = equal->function;
        distinct->children = std::move(equal->children);
        equal = expr::MakeNot(std::move(distinct));
      }
      parts.push_back(std::move(equal));
    }
    if (key.predicate) {
      parts.push_back(OverProposed(*key.predicate));
      parts.push_back(OverTable(*key.predicate, columns));
    }
    return expr::MakeAnd(std::move(parts));
  }

  ExprPtr CheckRow(ExprPtr condition, const std::string& message, const std::string& name) const {
    std::vector<ExprPtr> args;
    args.push_back(std::move(condition));
    for (const std::string* text : {&message, &relation_->name, &name}) {
      args.push_back(expr::MakeConst(types::Value::Text(*text)));
    }
    return expr::MakeCall(func::FunctionsNamed("check_row")[0], BoolType(), std::move(args));
  }

  /// Rows that may not be in the table are not even proposed.
  Status CheckProposed(NodePtr* rows) {
    std::vector<ExprPtr> parts;
    for (const OutputColumn& output : (*rows)->outputs) {
      const auto field = std::find(ids_.begin(), ids_.end(), output.id) - ids_.begin();
      if (static_cast<size_t>(field) >= live_.size() || !output.nullable) continue;
      const schema::Column& column = relation_->columns[live_[static_cast<size_t>(field)]];
      if (!column.not_null) continue;
      auto present = std::make_unique<Expr>(expr::Kind::kIsNotNull, BoolType());
      present->children.push_back(expr::MakeColumn(output.id, output.type));
      parts.push_back(CheckRow(std::move(present),
                               "null value in column \"" + column.name + "\" of relation \"" +
                                   relation_->name + "\" violates not-null constraint",
                               column.name));
    }
    for (const schema::CheckConstraint& check : relation_->checks) {
      LATHE_ASSIGN(ExprPtr condition, BindStoredExpression(*relation_, check.sql, RowUse::kCheck,
                                                           nullptr, binder_.context_));
      condition = expr::Rewrite(std::move(condition), [&](ExprPtr node) {
        if (node->kind == expr::Kind::kColumn) node->column = ids_[FieldOf(node->column.value - 1)];
        return node;
      });
      parts.push_back(CheckRow(std::move(condition),
                               "new row for relation \"" + relation_->name +
                                   "\" violates check constraint \"" + check.name + "\"",
                               check.name));
    }
    if (parts.empty()) return Ok();
    auto filter = std::make_shared<logical::Filter>();
    filter->outputs = (*rows)->outputs;
    filter->predicate = expr::MakeAnd(std::move(parts));
    filter->children.push_back(std::move(*rows));
    *rows = std::move(filter);
    return Ok();
  }

  /// Leaves out rows whose key is in the table.
  Status DropKnown(const Key& key, NodePtr* rows) {
    Scope inner(nullptr);
    FromItem found = Existing("", false, inner);
    LATHE_ASSIGN(ExprPtr same, SameKey(key, found.plan->outputs));
    auto join = std::make_shared<logical::Join>();
    join->join_kind = logical::JoinKind::kAnti;
    join->predicate = std::move(same);
    join->outputs = (*rows)->outputs;
    join->children.push_back(std::move(*rows));
    join->children.push_back(std::move(found.plan));
    *rows = std::move(join);
    return Ok();
  }

  /// The row's place in what was proposed.
  BoundExpr Place(NodePtr* rows) {
    LATHE_ASSIGN(ExprPtr place, binder_.NumberRows("row_number", {}, {}, rows));
    return place;
  }

  /// Which of the proposed rows with this key it is, from 1.
  BoundExpr Turn(const Key& key, const Expr& place, NodePtr* rows) {
    std::vector<ExprPtr> partition;
    for (const ExprPtr& part : key.parts) partition.push_back(OverProposed(*part));
    if (key.predicate) partition.push_back(OverProposed(*key.predicate));
    std::vector<logical::SortKey> order(1);
    order[0].expression = place.Clone();
    return binder_.NumberRows("row_number", std::move(partition), std::move(order), rows);
  }

  /// The proposed row equals no other: a NULL in the key, or outside of a partial index. Null when
  /// that cannot be.
  BoundExpr IsFree(const Key& key) {
    std::vector<ExprPtr> parts;
    for (const ExprPtr& part : key.parts) {
      if (key.nulls_equal) break;
      auto null = std::make_unique<Expr>(expr::Kind::kIsNull, BoolType());
      null->children.push_back(OverProposed(*part));
      parts.push_back(std::move(null));
    }
    if (key.predicate) {
      LATHE_ASSIGN(ExprPtr equal,
                   binder_.MakeOperator("=", OverProposed(*key.predicate),
                                        expr::MakeConst(types::Value::Bool(true)), -1));
      auto distinct = std::make_unique<Expr>(expr::Kind::kIsDistinct, BoolType());
      distinct->function = equal->function;
      distinct->children = std::move(equal->children);
      parts.push_back(std::move(distinct));
    }
    if (parts.empty()) return ExprPtr();
    if (parts.size() == 1) return std::move(parts[0]);
    auto any = std::make_unique<Expr>(expr::Kind::kOr, BoolType());
    any->children = std::move(parts);
    return ExprPtr(std::move(any));
  }

  /// Of proposed rows with the same key the first one stays.
  Status DropRepeats(NodePtr* rows) {
    LATHE_ASSIGN(ExprPtr place, Place(rows));
    for (const Key& key : keys_) {
      LATHE_ASSIGN(ExprPtr turn, Turn(key, *place, rows));
      LATHE_ASSIGN(ExprPtr first, binder_.MakeOperator("=", std::move(turn),
                                                       expr::MakeConst(types::Value::Int8(1)), -1));
      LATHE_ASSIGN(ExprPtr free, IsFree(key));
      if (free) {
        auto either = std::make_unique<Expr>(expr::Kind::kOr, BoolType());
        either->children.push_back(std::move(first));
        either->children.push_back(std::move(free));
        first = std::move(either);
      }
      auto filter = std::make_shared<logical::Filter>();
      filter->outputs = (*rows)->outputs;
      filter->predicate = std::move(first);
      filter->children.push_back(std::move(*rows));
      *rows = std::move(filter);
    }
    return Ok();
  }

  NodePtr MakeModify(exec::WriteKind kind, NodePtr child, std::vector<ColumnId> source) const {
    auto modify = std::make_shared<logical::Modify>();
    modify->write = kind;
    modify->relation = relation_;
    modify->source = std::move(source);
    modify->children.push_back(std::move(child));
    return modify;
  }

  // ---- DO UPDATE

  void AddColumn(const char* name, ExprPtr e, NodePtr* plan) {
    auto project = std::make_shared<logical::Project>();
    for (const OutputColumn& column : (*plan)->outputs) {
      project->outputs.push_back(column);
      project->expressions.push_back(expr::MakeColumn(column.id, column.type));
    }
    project->outputs.push_back(binder_.Output(binder_.NewColumn(false), name, e->type));
    project->expressions.push_back(std::move(e));
    project->children.push_back(std::move(*plan));
    *plan = std::move(project);
  }

  /// Proposed rows beside the rows that they conflict with, numbered 1 (insert) or 2 (update).
  Status NumberActions(NodePtr rows, bool one_row) {
    const Key& key = keys_[0];
    ExprPtr turn;
    if (!one_row) {
      LATHE_ASSIGN(place_, Place(&rows));
      LATHE_ASSIGN(turn, Turn(key, *place_, &rows));
    }
    LATHE_TRY(binder_.CheckWritable(*relation_, true, insert_.location));
    FromItem found = Existing(insert_.alias, true, scope_);
    table_ = found.items[0].table;
    old_ = RowOutputs(*relation_, *found.plan);
    LATHE_ASSIGN(ExprPtr same, SameKey(key, old_));
    NodePtr joined = binder_.MakeJoin(logical::JoinKind::kLeft, std::move(rows),
                                      std::move(found.plan), std::move(same));
    const OutputColumn& sure =
        relation_->has_row_id() ? old_.back() : old_[FieldOf(relation_->key[0].column)];
    auto present = std::make_unique<Expr>(expr::Kind::kIsNotNull, BoolType());
    present->children.push_back(expr::MakeColumn(sure.id, sure.type));
    auto number = std::make_unique<Expr>(expr::Kind::kCase, Type(TypeId::kInt4));
    auto constant = [](int32_t n) { return expr::MakeConst(types::Value::Int4(n)); };
    if (turn) {
      LATHE_ASSIGN(ExprPtr again, binder_.MakeOperator(">", std::move(turn),
                                                       expr::MakeConst(types::Value::Int8(1)), -1));
      LATHE_ASSIGN(ExprPtr free, IsFree(key));
      if (free) {
        std::vector<ExprPtr> parts;
        parts.push_back(std::move(again));
        parts.push_back(expr::MakeNot(std::move(free)));
        again = expr::MakeAnd(std::move(parts));
      }
      number->children.push_back(std::move(again));
      std::vector<ExprPtr> args;
      args.push_back(constant(0));
      number->children.push_back(expr::MakeCall(func::FunctionsNamed("conflict_again")[0],
                                                Type(TypeId::kInt4), std::move(args)));
    }
    number->children.push_back(std::move(present));
    number->children.push_back(constant(2));
    number->children.push_back(constant(1));
    AddColumn("action", std::move(number), &joined);
    rows_ = std::make_shared<Cte>();
    rows_->name = "conflict";
    rows_->number = ++binder_.ctes_;
    rows_->materialized = true;
    for (const OutputColumn& column : joined->outputs) rows_->columns.push_back(column.name);
    rows_->definition = std::move(joined);
    scope_.ctes.push_back(rows_);
    return Ok();
  }

  /// The rows of one action, under names of their own; names: old ids to new ones.
  Result<NodePtr> RowsOf(int32_t action, std::map<uint32_t, ColumnId>* names) {
    NodePtr scan = binder_.ReferCte(rows_);
    for (size_t i = 0; i < scan->outputs.size(); ++i) {
      (*names)[rows_->definition->outputs[i].id.value] = scan->outputs[i].id;
      scope_.columns.insert(scan->outputs[i].id.value);
    }
    const OutputColumn& number = scan->outputs.back();
    LATHE_ASSIGN(ExprPtr wanted,
                 binder_.MakeOperator("=", expr::MakeColumn(number.id, number.type),
                                      expr::MakeConst(types::Value::Int4(action)), -1));
    auto filter = std::make_shared<logical::Filter>();
    filter->outputs = scan->outputs;
    filter->predicate = std::move(wanted);
    filter->children.push_back(std::move(scan));
    return NodePtr(std::move(filter));
  }

  /// RETURNING over one of the two Modify nodes, with the row's place; without it the Modify
  /// itself.
  BoundQuery Finish(NodePtr modify, const std::vector<ColumnId>& values,
                    const std::map<uint32_t, ColumnId>& names) {
    if (insert_.returning.empty()) return modify;
    Scope inner(&scope_);
    RangeTable target = *table_;
    for (size_t i = 0; i < target.columns.size(); ++i) {
      target.columns[i].expr = expr::MakeColumn(values[i], relation_->columns[live_[i]].type);
    }
    LATHE_ASSIGN(NodePtr plan,
                 binder_.FinishModify(std::move(modify), insert_.returning, target, values, inner));
    if (place_ == nullptr) return plan;
    auto& project = plan->As<logical::Project>();
    project.expressions.push_back(expr::MakeColumn(names.at(place_->column.value), place_->type));
    project.outputs.push_back(binder_.Output(binder_.NewColumn(false), "place", place_->type));
    return plan;
  }

  /// The rows in the order in which they were proposed.
  NodePtr InOrder(NodePtr rows) {
    const OutputColumn place = rows->outputs.back();
    auto sort = std::make_shared<logical::Sort>();
    sort->outputs = rows->outputs;
    logical::SortKey key;
    key.expression = expr::MakeColumn(place.id, place.type);
    sort->keys.push_back(std::move(key));
    sort->children.push_back(std::move(rows));
    auto project = std::make_shared<logical::Project>();
    for (size_t i = 0; i + 1 < sort->outputs.size(); ++i) {
      const OutputColumn& column = sort->outputs[i];
      project->outputs.push_back(column);
      project->expressions.push_back(expr::MakeColumn(column.id, column.type));
    }
    project->children.push_back(std::move(sort));
    return project;
  }

  std::shared_ptr<Cte> AddCte(NodePtr definition) {
    auto cte = std::make_shared<Cte>();
    cte->name = "conflict_action";
    cte->number = ++binder_.ctes_;
    cte->modifies = cte->materialized = true;
    cte->no_columns = definition->kind == logical::Kind::kModify;
    if (cte->no_columns) definition->outputs.clear();
    for (const OutputColumn& column : definition->outputs) cte->columns.push_back(column.name);
    cte->definition = std::move(definition);
    scope_.ctes.push_back(cte);
    return cte;
  }

  BoundQuery Update(NodePtr rows, bool one_row, const RangeTable& target) {
    LATHE_TRY(NumberActions(std::move(rows), one_row));
    table_->alias = target.alias;
    table_->aliased = target.aliased;
    LATHE_ASSIGN(NodePtr update, UpdateModify());
    std::map<uint32_t, ColumnId> names;
    LATHE_ASSIGN(NodePtr inserted, RowsOf(1, &names));
    std::vector<ColumnId> source;
    for (ColumnId id : ids_) source.push_back(id.value == 0 ? id : names.at(id.value));
    NodePtr insert = MakeModify(exec::WriteKind::kInsert, std::move(inserted), source);
    if (insert_.returning.empty()) {
      AddCte(std::move(update));
      insert->children[0] = binder_.WrapWith(scope_, std::move(insert->children[0]));
      return insert;
    }
    LATHE_ASSIGN(NodePtr from_insert, Finish(std::move(insert), source, names));
    std::shared_ptr<Cte> updated = AddCte(std::move(update));
    std::shared_ptr<Cte> new_rows = AddCte(std::move(from_insert));
    auto both = std::make_shared<logical::SetOperation>();
    both->all = true;
    both->children.push_back(binder_.ReferCte(new_rows));
    both->children.push_back(binder_.ReferCte(updated));
    for (size_t i = 0; i < both->children[0]->outputs.size(); ++i) {
      const OutputColumn& column = both->children[0]->outputs[i];
      both->outputs.push_back(binder_.Output(binder_.NewColumn(true), column.name, column.type));
    }
    NodePtr all = std::move(both);
    if (place_ != nullptr) all = InOrder(std::move(all));
    return binder_.WrapWith(scope_, std::move(all));
  }

  BoundQuery UpdateModify() {
    std::map<uint32_t, ColumnId> names;
    LATHE_ASSIGN(NodePtr plan, RowsOf(2, &names));
    std::vector<OutputColumn> old;
    for (OutputColumn column : old_) {
      column.id = names.at(column.id.value);
      old.push_back(std::move(column));
    }
    // What SET and WHERE see: the row there is, and the proposed one as "excluded".
    Scope inner(&scope_);
    for (const auto& [was, is] : names) inner.columns.insert(is.value);
    auto there = std::make_shared<RangeTable>(*table_);
    auto excluded = std::make_shared<RangeTable>();
    excluded->alias = "excluded";
    excluded->aliased = true;
    for (size_t i = 0; i < live_.size(); ++i) {
      const schema::Column& column = relation_->columns[live_[i]];
      there->columns[i].expr = expr::MakeColumn(old[i].id, column.type);
      excluded->columns.push_back(
          {column.name, expr::MakeColumn(names.at(ids_[i].value), column.type)});
    }
    inner.items.push_back({there, true, true, false, true});
    inner.items.push_back({excluded, true, true, false, true});
    inner.tables = {there, excluded};
    ExprPtr where;
    if (clause_.where) {
      inner.clause = Clause::kWhere;
      LATHE_ASSIGN(where, binder_.BindBoolean(*clause_.where, inner, "WHERE"));
    }
    std::vector<ExprPtr> values(live_.size());
    std::vector<NodePtr> queries;
    LATHE_TRY(
        binder_.BindAssignments(clause_.assignments, *relation_, old, inner, &values, &queries));
    if (where) {
      auto filter = std::make_shared<logical::Filter>();
      filter->outputs = plan->outputs;
      filter->predicate = std::move(where);
      filter->children.push_back(std::move(plan));
      plan = std::move(filter);
    }
    plan = binder_.JoinAssigned(std::move(plan), std::move(queries));
    std::vector<ColumnId> source;
    NodePtr project = binder_.ProjectUpdated(std::move(plan), std::move(values), old, &source);
    LATHE_TRY(binder_.AddGenerated(*relation_, &source, &project));
    NodePtr modify = MakeModify(exec::WriteKind::kUpdate, std::move(project), source);
    return Finish(std::move(modify), source, names);
  }

  Binder& binder_;
  const ast::InsertStatement& insert_;
  const ast::OnConflict& clause_;
  const schema::RelationPtr relation_;
  const std::vector<ColumnId> ids_;  // by field; a zero id for the hidden row id
  const std::vector<uint32_t> live_;
  Scope& scope_;
  std::vector<Key> keys_;  // the arbiters
  std::shared_ptr<RangeTable> table_;
  std::vector<OutputColumn> old_;  // the row found
  std::shared_ptr<Cte> rows_;
  ExprPtr place_;  // of a row in what was proposed; null = there is one row
};

BoundQuery Binder::BindConflict(const ast::InsertStatement& insert, schema::RelationPtr relation,
                                NodePtr rows, std::vector<ColumnId> ids, const RangeTable& target,
                                Scope& scope) {
  return Conflict(*this, insert, std::move(relation), std::move(ids), scope)
      .Bind(std::move(rows), target);
}

}  // namespace lathe::bind
