// Statements that change rows or drive the session, as SQL.
#include "frontend/ast/printer.h"

namespace lathe::ast {

void Printer::PutColumnTarget(const ColumnTarget& target) {
  if (target.indirection == nullptr) {
    Put(QuoteIdentifier(target.name));
    return;
  }
  // The chain is printed from its column outwards: col[1].field.
  const Expr& e = *target.indirection;
  if (e.kind == Expr::Kind::kSubscript || e.kind == Expr::Kind::kFieldSelect) {
    std::vector<const Expr*> chain;
    for (const Expr* at = &e; at->kind != Expr::Kind::kColumnRef;) {
      chain.push_back(at);
      at = at->kind == Expr::Kind::kSubscript ? at->As<Subscript>().operand.get()
                                              : at->As<FieldSelect>().operand.get();
    }
    Put(QuoteIdentifier(target.name));
    for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
      if ((*it)->kind == Expr::Kind::kFieldSelect) {
        Put(".").Put(QuoteIdentifier((*it)->As<FieldSelect>().field));
        continue;
      }
      const auto& subscript = (*it)->As<Subscript>();
      Put("[");
      if (subscript.lower != nullptr) Put(*subscript.lower);
      if (subscript.slice) Put(" : ");
      if (subscript.upper != nullptr) Put(*subscript.upper);
      Put("]");
    }
  }
}

void Printer::PutColumnTargets(const std::vector<ColumnTarget>& targets) {
  Put("(");
  List(targets, [this](const ColumnTarget& target) { PutColumnTarget(target); });
  Put(")");
}

void Printer::PutAssignments(const std::vector<Assignment>& assignments) {
  List(assignments, [this](const Assignment& assignment) {
    if (assignment.multiple) {
      PutColumnTargets(assignment.columns);
    } else {
      PutColumnTarget(assignment.columns[0]);
    }
    Put(" = ");
    Put(*assignment.value);
  });
}

void Printer::PutReturning(const TargetList& targets) {
  if (targets.empty()) return;
  Put(" RETURNING ");
  PutTargets(targets);
}

void Printer::PutOverriding(InsertStatement::Overriding overriding) {
  if (overriding == InsertStatement::Overriding::kUser) Put(" OVERRIDING USER VALUE");
  if (overriding == InsertStatement::Overriding::kSystem) Put(" OVERRIDING SYSTEM VALUE");
}

void Printer::PutInsert(const InsertStatement& insert) {
  PutWith(insert.with.get());
  Put("INSERT INTO ");
  Put(insert.table);
  if (!insert.alias.empty()) Put(" AS ").Put(QuoteIdentifier(insert.alias));
  if (!insert.columns.empty()) {
    Put(" ");
    PutColumnTargets(insert.columns);
  }
  PutOverriding(insert.overriding);
  if (insert.source == nullptr) {
    Put(" DEFAULT VALUES");
  } else {
    Put(" ");
    Put(*insert.source);
  }
  if (const OnConflict* conflict = insert.on_conflict.get(); conflict != nullptr) {
    Put(" ON CONFLICT");
    if (!conflict->constraint.empty())
      Put(" ON CONSTRAINT ").Put(QuoteIdentifier(conflict->constraint));
    if (!conflict->target.empty()) {
      Put(" (");
      List(conflict->target, [this](const OnConflict::Element& element) {
        Operand(element.expr);
        if (!element.collation.name.empty()) {
          Put(" COLLATE ");
          Put(element.collation);
        }
        if (!element.opclass.name.empty()) {
          Put(" ");
          Put(element.opclass);
        }
      });
      Put(")");
    }
    PutWhere(conflict->target_where);
    if (conflict->update) {
      Put(" DO UPDATE SET ");
      PutAssignments(conflict->assignments);
      PutWhere(conflict->where);
    } else {
      Put(" DO NOTHING");
    }
  }
  PutReturning(insert.returning);
}

void Printer::PutUpdate(const UpdateStatement& update) {
  PutWith(update.with.get());
  Put("UPDATE ");
  PutRelation(*update.table);
  Put(" SET ");
  PutAssignments(update.assignments);
  PutFrom(" FROM ", update.from);
  PutWhere(update.where);
  PutReturning(update.returning);
}

void Printer::PutDelete(const DeleteStatement& del) {
  PutWith(del.with.get());
  Put("DELETE FROM ");
  PutRelation(*del.table);
  PutFrom(" USING ", del.using_list);
  PutWhere(del.where);
  PutReturning(del.returning);
}

void Printer::PutMerge(const MergeStatement& merge) {
  using Action = MergeStatement::When::Action;
  PutWith(merge.with.get());
  Put("MERGE INTO ");
  PutRelation(*merge.table);
  Put(" USING ");
  Put(*merge.source);
  Put(" ON ");
  Put(*merge.on);
  for (const MergeStatement::When& when : merge.whens) {
    Put(when.matched ? " WHEN MATCHED" : " WHEN NOT MATCHED");
    if (when.condition != nullptr) {
      Put(" AND ");
      Operand(when.condition);
    }
    Put(" THEN ");
    switch (when.action) {
      case Action::kDoNothing:
        Put("DO NOTHING");
        break;
      case Action::kDelete:
        Put("DELETE");
        break;
      case Action::kUpdate:
        Put("UPDATE SET ");
        PutAssignments(when.assignments);
        break;
      case Action::kInsert:
        Put("INSERT");
        if (!when.columns.empty()) {
          Put(" ");
          PutColumnTargets(when.columns);
        }
        PutOverriding(when.overriding);
        if (when.default_values) {
          Put(" DEFAULT VALUES");
        } else {
          PutParenthesized(" VALUES ", when.values);
        }
        break;
    }
  }
}

void Printer::PutOptionValue(const Option& option) {
  switch (option.value) {
    case Option::Value::kNone:
      break;
    case Option::Value::kName:
      // A word of an option needs quotes only where QuoteIdentifier sees none of SQL's own words in
      // it.
      if (option.text == "true" || option.text == "false" || option.text == "on" ||
          option.text == "default") {
        Put(option.text);
      } else {
        Put(QuoteIdentifier(option.text));
      }
      break;
    case Option::Value::kString:
      Put(QuoteLiteral(option.text));
      break;
    case Option::Value::kNumber:
      Put(option.text);
      break;
    case Option::Value::kStar:
      Put("*");
      break;
    case Option::Value::kList:
      Put("(");
      Names(option.list);
      Put(")");
      break;
  }
}

void Printer::PutUtilityOptions(const OptionList& options, std::string_view equals) {
  if (options.empty()) return;
  Put("(");
  List(options, [&](const Option& option) {
    if (!option.name_space.empty()) Put(QuoteIdentifier(option.name_space)).Put(".");
    Put(option.name == "analyze" ? option.name : QuoteIdentifier(option.name));
    if (option.value == Option::Value::kNone) return;
    Put(equals);
    PutOptionValue(option);
  });
  Put(")");
}

void Printer::PutCopy(const CopyStatement& copy) {
  Put("COPY ");
  if (copy.query != nullptr) {
    Put("(");
    Put(*copy.query);
    Put(")");
  } else {
    Put(copy.table);
    if (!copy.columns.empty()) ParenNames(copy.columns);
  }
  Put(copy.from ? " FROM " : " TO ");
  switch (copy.endpoint) {
    case CopyStatement::Endpoint::kStream:
      Put(copy.from ? "STDIN" : "STDOUT");
      break;
    case CopyStatement::Endpoint::kProgram:
      Put("PROGRAM ").Put(QuoteLiteral(copy.file));
      break;
    case CopyStatement::Endpoint::kFile:
      Put(QuoteLiteral(copy.file));
      break;
  }
  if (!copy.options.empty()) Put(" ");
  PutUtilityOptions(copy.options, " ");
  PutWhere(copy.where);
}

void Printer::PutModes(const TransactionModes& modes) {
  static constexpr std::string_view kLevels[] = {"", "READ UNCOMMITTED", "READ COMMITTED",
                                                 "REPEATABLE READ", "SERIALIZABLE"};
  if (modes.isolation != TransactionModes::Isolation::kDefault) {
    Put(" ISOLATION LEVEL ").Put(kLevels[static_cast<int>(modes.isolation)]);
  }
  if (modes.access == TransactionModes::Access::kReadOnly) Put(" READ ONLY");
  if (modes.access == TransactionModes::Access::kReadWrite) Put(" READ WRITE");
  if (modes.deferrable == TransactionModes::Deferrable::kDeferrable) Put(" DEFERRABLE");
  if (modes.deferrable == TransactionModes::Deferrable::kNotDeferrable) Put(" NOT DEFERRABLE");
}

void Printer::PutTransaction(const TransactionStatement& transaction) {
  using Action = TransactionStatement::Action;
  switch (transaction.action) {
    case Action::kBegin:
      Put(transaction.start ? "START TRANSACTION" : "BEGIN");
      PutModes(transaction.modes);
      break;
    case Action::kCommit:
    case Action::kRollback:
      Put(transaction.action == Action::kCommit ? "COMMIT" : "ROLLBACK");
      if (transaction.chain) Put(" AND CHAIN");
      break;
    case Action::kSavepoint:
      Put("SAVEPOINT ").Put(QuoteIdentifier(transaction.name));
      break;
    case Action::kRelease:
      Put("RELEASE SAVEPOINT ").Put(QuoteIdentifier(transaction.name));
      break;
    case Action::kRollbackTo:
      Put("ROLLBACK TO SAVEPOINT ").Put(QuoteIdentifier(transaction.name));
      break;
    case Action::kPrepare:
      Put("PREPARE TRANSACTION ").Put(QuoteLiteral(transaction.name));
      break;
    case Action::kCommitPrepared:
      Put("COMMIT PREPARED ").Put(QuoteLiteral(transaction.name));
      break;
    case Action::kRollbackPrepared:
      Put("ROLLBACK PREPARED ").Put(QuoteLiteral(transaction.name));
      break;
  }
}

void Printer::PutSettingName(std::string_view name) {
  for (size_t dot; (dot = name.find('.')) != std::string_view::npos; name.remove_prefix(dot + 1)) {
    Put(QuoteIdentifier(name.substr(0, dot))).Put(".");
  }
  Put(QuoteIdentifier(name));
}

void Printer::PutSet(const SetStatement& set) {
  using Action = SetStatement::Action;
  const auto name = [&] { PutSettingName(set.name); };
  const auto values = [&] {
    List(set.values, [this](const SetStatement::Value& value) {
      switch (value.type) {
        case SetStatement::Value::Type::kName:
          Put(value.text == "true" || value.text == "false" || value.text == "on"
                  ? value.text
                  : QuoteIdentifier(value.text));
          break;
        case SetStatement::Value::Type::kString:
          Put(QuoteLiteral(value.text));
          break;
        case SetStatement::Value::Type::kNumber:
          Put(value.text);
          break;
        case SetStatement::Value::Type::kInterval:
          Put("INTERVAL ")
              .Put(QuoteLiteral(value.text))
              .Put(IntervalFieldsText(value.interval_fields));
          break;
      }
    });
  };
  const std::string_view scope = set.local ? "SET LOCAL " : "SET ";
  switch (set.action) {
    case Action::kValue:
      Put(scope);
      if (!set.values.empty() && set.values[0].type == SetStatement::Value::Type::kInterval) {
        Put("TIME ZONE ");
      } else if (set.name == "session_authorization") {
        Put("SESSION AUTHORIZATION ");
      } else {
        name();
        Put(" TO ");
      }
      values();
      break;
    case Action::kDefault:
      Put(set.reset ? "RESET " : scope);
      name();
      if (!set.reset) Put(" TO DEFAULT");
      break;
    case Action::kCurrent:
      Put(scope);
      name();
      Put(" FROM CURRENT");
      break;
    case Action::kResetAll:
      Put("RESET ALL");
      break;
    case Action::kTransaction:
      Put(scope).Put("TRANSACTION");
      PutModes(set.modes);
      break;
    case Action::kCharacteristics:
      Put("SET SESSION CHARACTERISTICS AS TRANSACTION");
      PutModes(set.modes);
      break;
    case Action::kSnapshot:
      Put("SET TRANSACTION SNAPSHOT ");
      values();
      break;
    case Action::kConstraints:
      Put("SET CONSTRAINTS ");
      if (set.values.empty()) Put("ALL");
      List(set.values, [this](const SetStatement::Value& value) { Put(value.text); });
      Put(set.deferred ? " DEFERRED" : " IMMEDIATE");
      break;
  }
}

void Printer::PutFetch(const FetchStatement& fetch) {
  static constexpr std::string_view kDirections[] = {"FORWARD ", "BACKWARD ", "ABSOLUTE ",
                                                     "RELATIVE "};
  Put(fetch.move ? "MOVE " : "FETCH ").Put(kDirections[static_cast<int>(fetch.direction)]);
  Put(fetch.all ? "ALL" : std::to_string(fetch.count))
      .Put(" FROM ")
      .Put(QuoteIdentifier(fetch.cursor));
}

void Printer::PutSessionStatement(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::kShow: {
      const std::string& name = statement.As<ShowStatement>().name;
      Put("SHOW ");
      if (name == "all") {
        Put("ALL");
      } else {
        PutSettingName(name);
      }
      break;
    }
    case Statement::Kind::kExplain: {
      const auto& explain = statement.As<ExplainStatement>();
      Put("EXPLAIN ");
      PutUtilityOptions(explain.options, " ");
      if (!explain.options.empty()) Put(" ");
      Put(*explain.query);
      break;
    }
    case Statement::Kind::kPrepare: {
      const auto& prepare = statement.As<PrepareStatement>();
      Put("PREPARE ").Put(QuoteIdentifier(prepare.name));
      if (!prepare.types.empty()) {
        Put(" (");
        List(prepare.types, [this](const TypeName& type) { Put(type); });
        Put(")");
      }
      Put(" AS ");
      Put(*prepare.query);
      break;
    }
    case Statement::Kind::kExecute: {
      const auto& execute = statement.As<ExecuteStatement>();
      Put("EXECUTE ").Put(QuoteIdentifier(execute.name));
      if (!execute.args.empty()) PutParenthesized(" ", execute.args);
      break;
    }
    case Statement::Kind::kDeallocate: {
      const std::string& name = statement.As<DeallocateStatement>().name;
      Put("DEALLOCATE ").Put(name.empty() ? "ALL" : QuoteIdentifier(name));
      break;
    }
    case Statement::Kind::kDeclareCursor: {
      using Cursor = DeclareCursorStatement;
      const auto& cursor = statement.As<Cursor>();
      Put("DECLARE ").Put(QuoteIdentifier(cursor.name));
      if (cursor.binary) Put(" BINARY");
      if (cursor.sensitivity == Cursor::Sensitivity::kInsensitive) Put(" INSENSITIVE");
      if (cursor.sensitivity == Cursor::Sensitivity::kAsensitive) Put(" ASENSITIVE");
      if (cursor.scroll == Cursor::Scroll::kScroll) Put(" SCROLL");
      if (cursor.scroll == Cursor::Scroll::kNoScroll) Put(" NO SCROLL");
      Put(cursor.hold ? " CURSOR WITH HOLD FOR " : " CURSOR FOR ");
      Put(*cursor.query);
      break;
    }
    case Statement::Kind::kClose: {
      const std::string& name = statement.As<CloseStatement>().cursor;
      Put("CLOSE ").Put(name.empty() ? "ALL" : QuoteIdentifier(name));
      break;
    }
    case Statement::Kind::kNotify: {
      const auto& notify = statement.As<NotifyStatement>();
      static constexpr std::string_view kActions[] = {"LISTEN ", "NOTIFY ", "UNLISTEN "};
      Put(kActions[static_cast<int>(notify.action)])
          .Put(notify.channel.empty() ? "*" : QuoteIdentifier(notify.channel));
      if (!notify.payload.empty()) Put(", ").Put(QuoteLiteral(notify.payload));
      break;
    }
    case Statement::Kind::kDo: {
      const auto& block = statement.As<DoStatement>();
      Put("DO ");
      if (!block.language.empty()) Put("LANGUAGE ").Put(QuoteIdentifier(block.language)).Put(" ");
      Put(QuoteLiteral(block.body));
      break;
    }
    case Statement::Kind::kCall:
      Put("CALL ");
      Put(*statement.As<CallStatement>().call);
      break;
    case Statement::Kind::kUnsupported:
      Put(statement.As<UnsupportedStatement>().what);
      break;
    default:
      PutMaintenance(statement);
  }
}

void Printer::PutMaintenance(const Statement& statement) {
  const auto relations = [this](const std::vector<std::unique_ptr<RelationRef>>& tables) {
    List(tables, [this](const std::unique_ptr<RelationRef>& table) { PutRelation(*table); });
  };
  switch (statement.kind) {
    case Statement::Kind::kTruncate: {
      const auto& truncate = statement.As<TruncateStatement>();
      Put("TRUNCATE TABLE ");
      relations(truncate.tables);
      if (truncate.restart_identity) Put(" RESTART IDENTITY");
      if (truncate.cascade) Put(" CASCADE");
      break;
    }
    case Statement::Kind::kVacuum: {
      const auto& vacuum = statement.As<VacuumStatement>();
      Put(vacuum.vacuum ? "VACUUM" : "ANALYZE");
      if (!vacuum.options.empty()) Put(" ");
      PutUtilityOptions(vacuum.options, " ");
      if (!vacuum.relations.empty()) Put(" ");
      List(vacuum.relations, [this](const VacuumStatement::Relation& relation) {
        Put(relation.name);
        if (!relation.columns.empty()) ParenNames(relation.columns);
      });
      break;
    }
    case Statement::Kind::kCheckpoint:
      Put("CHECKPOINT");
      break;
    case Statement::Kind::kCluster: {
      const auto& cluster = statement.As<ClusterStatement>();
      Put("CLUSTER");
      if (!cluster.table.name.empty()) {
        Put(" ");
        PutUtilityOptions(cluster.options, " ");
        if (!cluster.options.empty()) Put(" ");
        Put(cluster.table);
        if (!cluster.index.empty()) Put(" USING ").Put(QuoteIdentifier(cluster.index));
      } else if (!cluster.options.empty()) {
        Put(" VERBOSE");
      }
      break;
    }
    case Statement::Kind::kReindex: {
      static constexpr std::string_view kTargets[] = {"INDEX ", "TABLE ", "SCHEMA ", "DATABASE ",
                                                      "SYSTEM "};
      const auto& reindex = statement.As<ReindexStatement>();
      Put("REINDEX ");
      PutUtilityOptions(reindex.options, " ");
      if (!reindex.options.empty()) Put(" ");
      Put(kTargets[static_cast<int>(reindex.target)]);
      if (reindex.concurrently) Put("CONCURRENTLY ");
      Put(reindex.name);
      break;
    }
    case Statement::Kind::kLock: {
      static constexpr std::string_view kModes[] = {
          "ACCESS SHARE", "ROW SHARE",           "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE",
          "SHARE",        "SHARE ROW EXCLUSIVE", "EXCLUSIVE",     "ACCESS EXCLUSIVE"};
      const auto& lock = statement.As<LockStatement>();
      Put("LOCK TABLE ");
      relations(lock.tables);
      Put(" IN ").Put(kModes[static_cast<int>(lock.mode)]).Put(" MODE");
      if (lock.nowait) Put(" NOWAIT");
      break;
    }
    case Statement::Kind::kDiscard: {
      static constexpr std::string_view kTargets[] = {"ALL", "TEMP", "PLANS", "SEQUENCES"};
      Put("DISCARD ").Put(kTargets[static_cast<int>(statement.As<DiscardStatement>().target)]);
      break;
    }
    default:
      PutDefinition(statement);
  }
}

void Printer::Put(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::kSelect:
      Put(statement.As<SelectStatement>());
      break;
    case Statement::Kind::kInsert:
      PutInsert(statement.As<InsertStatement>());
      break;
    case Statement::Kind::kUpdate:
      PutUpdate(statement.As<UpdateStatement>());
      break;
    case Statement::Kind::kDelete:
      PutDelete(statement.As<DeleteStatement>());
      break;
    case Statement::Kind::kMerge:
      PutMerge(statement.As<MergeStatement>());
      break;
    case Statement::Kind::kCopy:
      PutCopy(statement.As<CopyStatement>());
      break;
    case Statement::Kind::kTransaction:
      PutTransaction(statement.As<TransactionStatement>());
      break;
    case Statement::Kind::kSet:
      PutSet(statement.As<SetStatement>());
      break;
    case Statement::Kind::kFetch:
      PutFetch(statement.As<FetchStatement>());
      break;
    default:
      PutSessionStatement(statement);
  }
}

}  // namespace lathe::ast
