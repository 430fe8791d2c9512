// MERGE: the source joined with the table once, each row numbered by its action, and one Modify per
// action over those rows, as writable WITH queries.
#include <algorithm>

#include "frontend/bind/binder.h"
#include "runtime/types/shape.h"

namespace lathe::bind {
namespace {

using When = ast::MergeStatement::When;

ExprPtr Not(ExprPtr e) {
  auto node = std::make_unique<Expr>(expr::Kind::kNot, BoolType());
  node->children.push_back(std::move(e));
  return node;
}

ExprPtr Present(const ExprPtr& column) {
  auto node = std::make_unique<Expr>(expr::Kind::kIsNotNull, BoolType());
  node->children.push_back(column->Clone());
  return node;
}

/// The expression with columns renamed; expressions of range tables have no subqueries.
ExprPtr Renamed(const Expr& e, const std::map<uint32_t, ColumnId>& names) {
  ExprPtr made = e.Clone();
  auto walk = [&](auto& self, Expr& node) -> void {
    if (node.kind == expr::Kind::kColumn) {
      if (auto found = names.find(node.column.value); found != names.end()) {
        node.column = found->second;
      }
    }
    for (ExprPtr& child : node.children) self(self, *child);
  };
  walk(walk, *made);
  return made;
}

}  // namespace

/// What one MERGE is bound with.
class Binder::Merge {
 public:
  Merge(Binder& binder, const ast::MergeStatement& merge, Scope& scope)
      : binder_(binder), merge_(merge), scope_(scope) {}

  BoundQuery Bind() {
    if (merge_.with && merge_.with->recursive) {
      return binder_.At(SqlState::kSyntaxError,
                        "WITH RECURSIVE is not supported for MERGE statement", -1);
    }
    if (merge_.with) LATHE_TRY(binder_.BindWith(*merge_.with, scope_));
    LATHE_ASSIGN(relation_, binder_.FindTarget(merge_.table->name, "MERGE"));
    LATHE_TRY(CheckReachable());
    LATHE_ASSIGN(NodePtr rows, JoinedRows());
    LATHE_TRY(NumberActions(&rows));
    rows_ = std::make_shared<Cte>();
    rows_->name = "merge";
    rows_->number = ++binder_.ctes_;
    rows_->materialized = true;
    for (const OutputColumn& column : rows->outputs) rows_->columns.push_back(column.name);
    rows_->definition = std::move(rows);
    scope_.ctes.push_back(rows_);
    // Rows go before their keys are taken again.
    std::vector<NodePtr> modifies;
    for (When::Action action :
         {When::Action::kDelete, When::Action::kUpdate, When::Action::kInsert}) {
      for (size_t i = 0; i < merge_.whens.size(); ++i) {
        if (merge_.whens[i].action != action) continue;
        LATHE_ASSIGN(NodePtr modify, Modify(merge_.whens[i], static_cast<int32_t>(i + 1)));
        modifies.push_back(std::move(modify));
      }
    }
    if (modifies.empty()) {
      When nothing;
      nothing.action = When::Action::kDelete;
      LATHE_ASSIGN(NodePtr modify, Modify(nothing, -1));
      modifies.push_back(std::move(modify));
    }
    NodePtr root = std::move(modifies.back());
    modifies.pop_back();
    for (NodePtr& modify : modifies) {
      auto cte = std::make_shared<Cte>();
      cte->name = "merge_action";
      cte->number = ++binder_.ctes_;
      cte->modifies = cte->materialized = cte->no_columns = true;
      cte->definition = std::move(modify);
      cte->definition->outputs.clear();
      scope_.ctes.push_back(std::move(cte));
    }
    root->children[0] = binder_.WrapWith(scope_, std::move(root->children[0]));
    return root;
  }

 private:
  Status CheckReachable() const {
    bool done[2] = {false, false};
    for (const When& when : merge_.whens) {
      bool& all = done[when.matched ? 1 : 0];
      if (all) {
        return binder_.At(SqlState::kSyntaxError,
                          "unreachable WHEN clause specified after unconditional WHEN clause", -1);
      }
      all = when.condition == nullptr;
    }
    return Ok();
  }

  /// source LEFT JOIN table, or only what matches.
  Result<NodePtr> JoinedRows() {
    std::vector<ast::TableRefPtr> from;
    from.push_back(std::move(const_cast<ast::MergeStatement&>(merge_).source));
    Result<NodePtr> bound = binder_.BindFrom(from, scope_);
    const_cast<ast::MergeStatement&>(merge_).source = std::move(from[0]);
    LATHE_ASSIGN(NodePtr source, std::move(bound));
    source_items_ = scope_.items;
    LATHE_ASSIGN(FromItem target, binder_.MakeTarget(relation_, *merge_.table, true, scope_));
    target_ = target.items[0].table;
    target_->only = merge_.table->only;
    target_columns_ = RowOutputs(*relation_, *target.plan);
    std::vector<NamespaceItem> items = target.items;
    LATHE_TRY(binder_.AddToNamespace(&items, scope_.items));
    scope_.items = items;
    scope_.clause = Clause::kJoinOn;
    LATHE_ASSIGN(ExprPtr on, binder_.BindBoolean(*merge_.on, scope_, "JOIN/ON"));
    scope_.clause = Clause::kNone;
    // Whether a row of the table is there is seen from a column that is never NULL.
    const OutputColumn* sure = nullptr;
    if (relation_->has_row_id()) {
      sure = &target_columns_.back();
    } else {
      const std::vector<uint32_t> live = relation_->LiveColumns();
      for (size_t i = 0; i < live.size(); ++i) {
        if (live[i] == relation_->key[0].column) sure = &target_columns_[i];
      }
    }
    found_ = expr::MakeColumn(sure->id, sure->type);
    const bool all = std::any_of(merge_.whens.begin(), merge_.whens.end(), [](const When& when) {
      return !when.matched && when.action != When::Action::kDoNothing;
    });
    return binder_.MakeJoin(all ? logical::JoinKind::kLeft : logical::JoinKind::kInner,
                            std::move(source), std::move(target.plan), std::move(on));
  }

  /// The rows with the number of the first WHEN that takes each; 0 = none.
  Status NumberActions(NodePtr* rows) {
    auto number = std::make_unique<Expr>(expr::Kind::kCase, Type(TypeId::kInt4));
    const std::vector<NamespaceItem> both = scope_.items;
    bool updates = false, deletes = false;
    for (size_t i = 0; i < merge_.whens.size(); ++i) {
      const When& when = merge_.whens[i];
      ExprPtr test = Present(found_);
      if (!when.matched) test = Not(std::move(test));
      if (when.condition) {
        scope_.items = when.matched ? both : source_items_;
        scope_.clause = Clause::kWhere;
        LATHE_ASSIGN(ExprPtr condition, binder_.BindBoolean(*when.condition, scope_, "WHEN"));
        scope_.clause = Clause::kNone;
        std::vector<ExprPtr> parts;
        parts.push_back(std::move(test));
        parts.push_back(std::move(condition));
        test = expr::MakeAnd(std::move(parts));
      }
      const bool acts = when.action != When::Action::kDoNothing;
      updates |= when.action == When::Action::kUpdate;
      deletes |= when.action == When::Action::kDelete;
      number->children.push_back(std::move(test));
      number->children.push_back(
          expr::MakeConst(types::Value::Int4(acts ? static_cast<int32_t>(i + 1) : 0)));
    }
    scope_.items = both;
    number->children.push_back(expr::MakeConst(types::Value::Int4(0)));
    AddColumn("action", std::move(number), rows);
    action_ = (*rows)->outputs.back();
    if (updates && deletes) LATHE_TRY(RefuseRepeats(rows));
    return Ok();
  }

  /// One Modify sees only its own rows: a row that two of them take is found here.
  Status RefuseRepeats(NodePtr* rows) {
    std::vector<ExprPtr> partition;
    if (relation_->has_row_id()) {
      partition.push_back(found_->Clone());
    } else {
      const std::vector<uint32_t> live = relation_->LiveColumns();
      for (const schema::KeyColumn& key : relation_->key) {
        for (size_t i = 0; i < live.size(); ++i) {
          if (live[i] != key.column) continue;
          partition.push_back(expr::MakeColumn(target_columns_[i].id, target_columns_[i].type));
        }
      }
    }
    LATHE_ASSIGN(ExprPtr acts,
                 binder_.MakeOperator("<>", expr::MakeColumn(action_.id, action_.type),
                                      expr::MakeConst(types::Value::Int4(0)), -1));
    AddColumn("acts", acts->Clone(), rows);
    const OutputColumn acts_column = (*rows)->outputs.back();
    partition.push_back(expr::MakeColumn(acts_column.id, acts_column.type));
    LATHE_ASSIGN(ExprPtr count, binder_.NumberRows("row_number", std::move(partition), {}, rows));
    std::vector<ExprPtr> parts;
    parts.push_back(expr::MakeColumn(acts_column.id, acts_column.type));
    parts.push_back(Present(found_));
    LATHE_ASSIGN(ExprPtr again, binder_.MakeOperator(">", std::move(count),
                                                     expr::MakeConst(types::Value::Int8(1)), -1));
    parts.push_back(std::move(again));
    auto checked = std::make_unique<Expr>(expr::Kind::kCase, Type(TypeId::kInt4));
    checked->children.push_back(expr::MakeAnd(std::move(parts)));
    std::vector<ExprPtr> args;
    args.push_back(expr::MakeColumn(action_.id, action_.type));
    checked->children.push_back(expr::MakeCall(func::FunctionsNamed("merge_again")[0],
                                               Type(TypeId::kInt4), std::move(args)));
    checked->children.push_back(expr::MakeColumn(action_.id, action_.type));
    AddColumn("checked_action", std::move(checked), rows);
    action_ = (*rows)->outputs.back();
    return Ok();
  }

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

  /// The rows of one action under names of their own, with the scope's tables renamed to them.
  Result<NodePtr> RowsOf(int32_t action, bool with_target, std::vector<OutputColumn>* target) {
    NodePtr scan = binder_.ReferCte(rows_);
    std::map<uint32_t, ColumnId> names;
    for (size_t i = 0; i < scan->outputs.size(); ++i) {
      names[rows_->definition->outputs[i].id.value] = scan->outputs[i].id;
      scope_.columns.insert(scan->outputs[i].id.value);
    }
    for (OutputColumn column : target_columns_) {
      column.id = names.at(column.id.value);
      target->push_back(std::move(column));
    }
    scope_.items.clear();
    auto add = [&](const NamespaceItem& item) {
      NamespaceItem renamed = item;
      renamed.table = std::make_shared<RangeTable>(*item.table);
      for (RangeColumn& column : renamed.table->columns) {
        column.expr = Renamed(*column.expr, names);
      }
      scope_.items.push_back(std::move(renamed));
    };
    if (with_target) add({target_, true, true, false, true});
    for (const NamespaceItem& item : source_items_) add(item);
    LATHE_ASSIGN(
        ExprPtr wanted,
        binder_.MakeOperator("=", expr::MakeColumn(names.at(action_.id.value), action_.type),
                             expr::MakeConst(types::Value::Int4(action)), -1));
    auto filter = std::make_shared<logical::Filter>();
    filter->outputs = scan->outputs;
    filter->predicate = std::move(wanted);
    filter->children.push_back(std::move(scan));
    return NodePtr(std::move(filter));
  }

  Result<NodePtr> Modify(const When& when, int32_t action) {
    std::vector<OutputColumn> old;
    LATHE_ASSIGN(NodePtr plan, RowsOf(action, when.action != When::Action::kInsert, &old));
    auto modify = std::make_shared<logical::Modify>();
    modify->relation = relation_;
    modify->repeats = logical::Modify::Repeats::kError;
    switch (when.action) {
      case When::Action::kUpdate: {
        modify->write = exec::WriteKind::kUpdate;
        LATHE_TRY(Update(when, old, &plan, &modify->source));
        break;
      }
      case When::Action::kInsert: {
        modify->write = exec::WriteKind::kInsert;
        modify->repeats = logical::Modify::Repeats::kNone;
        LATHE_TRY(Insert(when, &plan, &modify->source));
        break;
      }
      default:
        modify->write = exec::WriteKind::kDelete;
        for (const OutputColumn& column : old) modify->source.push_back(column.id);
    }
    modify->children.push_back(std::move(plan));
    return NodePtr(std::move(modify));
  }

  Result<size_t> FieldOf(const ast::ColumnTarget& target) const {
    const std::vector<uint32_t> live = relation_->LiveColumns();
    const int index = relation_->FindColumn(target.name);
    if (index < 0) {
      return binder_.At(
          SqlState::kUndefinedColumn,
          "column \"" + target.name + "\" of relation \"" + relation_->name + "\" does not exist",
          target.location);
    }
    if (target.indirection) {
      return binder_.NotYet("assignment to a part of a column in MERGE", target.location);
    }
    return static_cast<size_t>(std::find(live.begin(), live.end(), static_cast<uint32_t>(index)) -
                               live.begin());
  }

  BoundExpr ValueOf(const ast::Expr& e, size_t field, bool insert,
                    ast::InsertStatement::Overriding overriding) {
    const schema::Column& column = relation_->columns[relation_->LiveColumns()[field]];
    if (e.kind == ast::Expr::Kind::kDefault) return binder_.ColumnDefault(column);
    LATHE_TRY(binder_.CheckGiven(column, insert, overriding));
    LATHE_ASSIGN(ExprPtr value, binder_.BindFor(e, column.type, scope_));
    return binder_.Assign(std::move(value), column, false);
  }

  Status Update(const When& when, const std::vector<OutputColumn>& old, NodePtr* plan,
                std::vector<ColumnId>* source) {
    std::vector<ExprPtr> values(relation_->LiveColumns().size());
    scope_.clause = Clause::kUpdate;
    auto assign = [&](const ast::ColumnTarget& target, const ast::Expr& e) -> Status {
      LATHE_ASSIGN(size_t field, FieldOf(target));
      if (values[field]) {
        return binder_.At(SqlState::kSyntaxError,
                          "multiple assignments to same column \"" + target.name + "\"", -1);
      }
      LATHE_ASSIGN(values[field],
                   ValueOf(e, field, false, ast::InsertStatement::Overriding::kNone));
      return Ok();
    };
    for (const ast::Assignment& assignment : when.assignments) {
      if (!assignment.multiple) {
        LATHE_TRY(assign(assignment.columns[0], *assignment.value));
        continue;
      }
      if (assignment.value->kind != ast::Expr::Kind::kRow) {
        return binder_.NotYet("a subquery for several columns in MERGE",
                              assignment.value->location);
      }
      const ast::ExprList& items = assignment.value->As<ast::Row>().items;
      if (items.size() != assignment.columns.size()) {
        return binder_.At(SqlState::kSyntaxError,
                          "number of columns does not match number of values",
                          assignment.value->location);
      }
      for (size_t i = 0; i < items.size(); ++i) {
        LATHE_TRY(assign(assignment.columns[i], *items[i]));
      }
    }
    scope_.clause = Clause::kNone;
    auto project = std::make_shared<logical::Project>();
    for (size_t field = 0; field < old.size(); ++field) {
      if (field >= values.size() || !values[field]) {
        source->push_back(old[field].id);
        continue;
      }
      const ColumnId id = binder_.NewColumn(binder_.MayBeNull(*values[field]));
      project->outputs.push_back(binder_.Output(id, old[field].name, values[field]->type));
      project->expressions.push_back(std::move(values[field]));
      source->push_back(id);
    }
    for (const OutputColumn& column : old) source->push_back(column.id);
    for (const OutputColumn& column : (*plan)->outputs) {
      project->outputs.push_back(column);
      project->expressions.push_back(expr::MakeColumn(column.id, column.type));
    }
    project->children.push_back(std::move(*plan));
    *plan = std::move(project);
    return binder_.AddGenerated(*relation_, source, plan);
  }

  Status Insert(const When& when, NodePtr* plan, std::vector<ColumnId>* source) {
    const std::vector<uint32_t> live = relation_->LiveColumns();
    std::vector<ExprPtr> values(live.size());
    std::vector<size_t> given;
    for (const ast::ColumnTarget& target : when.columns) {
      LATHE_ASSIGN(size_t field, FieldOf(target));
      if (std::find(given.begin(), given.end(), field) != given.end()) {
        return binder_.At(SqlState::kDuplicateColumn,
                          "column \"" + target.name + "\" specified more than once",
                          target.location);
      }
      given.push_back(field);
    }
    if (when.columns.empty()) {
      for (size_t i = 0; i < live.size(); ++i) given.push_back(i);
    }
    if (when.values.size() > given.size()) {
      return binder_.At(SqlState::kSyntaxError, "INSERT has more expressions than target columns",
                        when.values[given.size()]->location);
    }
    if (!when.columns.empty() && when.values.size() < given.size() && !when.default_values) {
      return binder_.At(SqlState::kSyntaxError, "INSERT has more target columns than expressions",
                        when.columns[when.values.size()].location);
    }
    scope_.clause = Clause::kValues;
    for (size_t i = 0; i < when.values.size(); ++i) {
      if (when.overriding == ast::InsertStatement::Overriding::kUser &&
          relation_->columns[live[given[i]]].identity != schema::Identity::kNone) {
        continue;
      }
      LATHE_ASSIGN(values[given[i]], ValueOf(*when.values[i], given[i], true, when.overriding));
    }
    scope_.clause = Clause::kNone;
    std::vector<TargetEntry> targets(live.size());
    for (size_t field = 0; field < live.size(); ++field) {
      targets[field].name = relation_->columns[live[field]].name;
      if (!values[field]) {
        LATHE_ASSIGN(values[field], binder_.ColumnDefault(relation_->columns[live[field]]));
      }
      targets[field].expr = std::move(values[field]);
    }
    *plan = binder_.MakeProject(std::move(*plan), targets);
    for (const OutputColumn& column : (*plan)->outputs) source->push_back(column.id);
    LATHE_TRY(binder_.AddGenerated(*relation_, source, plan));
    if (relation_->has_row_id()) source->push_back(ColumnId());  // the sink allocates it
    return Ok();
  }

  Binder& binder_;
  const ast::MergeStatement& merge_;
  Scope& scope_;
  schema::RelationPtr relation_;
  std::vector<NamespaceItem> source_items_;
  std::shared_ptr<RangeTable> target_;
  std::vector<OutputColumn> target_columns_;
  ExprPtr found_;
  OutputColumn action_;
  std::shared_ptr<Cte> rows_;
};

BoundQuery Binder::BindMerge(const ast::MergeStatement& merge, Scope& scope) {
  return Merge(*this, merge, scope).Bind();
}

}  // namespace lathe::bind
