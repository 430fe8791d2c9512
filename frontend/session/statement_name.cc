#include "frontend/session/statement_name.h"

namespace lathe::session {
namespace {

std::string ObjectWord(ast::ObjectType type) {
  using enum ast::ObjectType;
  switch (type) {
    case kTable:
      return "TABLE";
    case kIndex:
      return "INDEX";
    case kView:
      return "VIEW";
    case kMaterializedView:
      return "MATERIALIZED VIEW";
    case kForeignTable:
      return "FOREIGN TABLE";
    case kSequence:
      return "SEQUENCE";
    case kSchema:
      return "SCHEMA";
    case kDatabase:
      return "DATABASE";
    case kRole:
      return "ROLE";
    case kType:
      return "TYPE";
    case kDomain:
      return "DOMAIN";
    case kFunction:
      return "FUNCTION";
    case kProcedure:
      return "PROCEDURE";
    case kAggregate:
      return "AGGREGATE";
    case kOperator:
      return "OPERATOR";
    case kColumn:
      return "COLUMN";
    case kConstraint:
      return "CONSTRAINT";
    case kTrigger:
      return "TRIGGER";
    case kExtension:
      return "EXTENSION";
    default:
      return "OBJECT";
  }
}

std::string TransactionWord(ast::TransactionStatement::Action action) {
  using enum ast::TransactionStatement::Action;
  switch (action) {
    case kSavepoint:
      return "SAVEPOINT";
    case kRelease:
      return "RELEASE SAVEPOINT";
    case kRollbackTo:
      return "ROLLBACK TO SAVEPOINT";
    case kPrepare:
      return "PREPARE TRANSACTION";
    case kCommitPrepared:
      return "COMMIT PREPARED";
    case kRollbackPrepared:
      return "ROLLBACK PREPARED";
    default:
      return "this transaction statement";
  }
}

}  // namespace

std::string StatementName(const ast::Statement& statement) {
  using enum ast::Statement::Kind;
  switch (statement.kind) {
    case kSelect:
      return "SELECT";
    case kInsert:
      return "INSERT";
    case kUpdate:
      return "UPDATE";
    case kDelete:
      return "DELETE";
    case kTruncate:
      return "TRUNCATE TABLE";
    case kCreateTable:
      return "CREATE TABLE";
    case kCreateSchema:
      return "CREATE SCHEMA";
    case kMerge:
      return "MERGE";
    case kCreateTableAs:
      return "CREATE TABLE AS";
    case kCreateIndex:
      return "CREATE INDEX";
    case kCreateView:
      return "CREATE VIEW";
    case kCreateSequence:
      return "CREATE SEQUENCE";
    case kCreateType:
      return "CREATE TYPE";
    case kCreateDomain:
      return "CREATE DOMAIN";
    case kCreateDatabase:
      return "CREATE DATABASE";
    case kCreateRole:
      return "CREATE ROLE";
    case kDrop:
      return "DROP " + ObjectWord(statement.As<ast::DropStatement>().type);
    case kAlterTable:
      return "ALTER " + ObjectWord(statement.As<ast::AlterTableStatement>().object);
    case kAlter:
      return "ALTER " + ObjectWord(statement.As<ast::AlterStatement>().object);
    case kRename:
      return "ALTER ... RENAME";
    case kTransaction:
      return TransactionWord(statement.As<ast::TransactionStatement>().action);
    case kDeclareCursor:
      return "DECLARE CURSOR";
    case kFetch:
      return "FETCH";
    case kClose:
      return "CLOSE";
    case kCluster:
      return "CLUSTER";
    case kReindex:
      return "REINDEX";
    case kNotify:
      return "LISTEN/NOTIFY";
    case kGrant:
      return "GRANT/REVOKE";
    case kComment:
      return "COMMENT";
    case kDo:
      return "DO";
    case kCall:
      return "CALL";
    case kUnsupported:
      return statement.As<ast::UnsupportedStatement>().what;
    default:
      return "this statement";
  }
}

}  // namespace lathe::session
