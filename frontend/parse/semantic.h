// What the grammar's rules hand to each other besides the tree's own nodes, and ParseContext, which
// joins scanner, grammar and result. Rules own what they hold through plain pointers (Bison keeps
// them in a union); Take() and Move() pass ownership into the tree and %destructor frees what an
// error leaves behind. A rule that finds an error records it and goes on with something valid; the
// next token then ends the parse.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/ast/ast.h"
#include "frontend/parse/scan.h"
#include "runtime/base/result.h"

namespace lathe::parse {

using Strings = std::vector<std::string>;
using QualifiedNames = std::vector<ast::QualifiedName>;

/// Where a symbol of the grammar begins. Bison can move its stack only if locations are trivial,
/// and then initialises one with four numbers: hence the rest.
struct Location {
  int32_t begin;
  int32_t unused[3];
  operator int32_t() const { return begin; }
};

/// .field, .*, [i], [a:b] after a name or an expression.
struct IndirectionItem {
  enum class Type : uint8_t { kField, kStar, kIndex, kSlice };
  Type type = Type::kField;
  std::string name;
  ast::ExprPtr lower, upper;
  int32_t location = -1;
};
using Indirection = std::vector<IndirectionItem>;

struct FunctionArgs {
  ast::ExprList args;
  Strings names;  // as long as args if any is named, else empty
  bool variadic = false;
};

struct LimitClause {
  ast::ExprPtr limit, offset;
  bool with_ties = false;
  int32_t limit_location = -1, offset_location = -1;  // -1 = not written
};

struct JoinCondition {
  ast::ExprPtr on;
  Strings using_columns;
  std::string using_alias;
};

struct FunctionAlias {
  ast::Alias alias;
  std::vector<ast::ColumnDefinitionItem> columns;
};

struct DistinctClause {
  ast::SelectStatement::Distinct distinct = ast::SelectStatement::Distinct::kNone;
  ast::ExprList on;
};

struct GroupClause {
  bool distinct = false;
  std::vector<ast::GroupItem> items;
};

struct CopyTarget {
  ast::CopyStatement::Endpoint endpoint = ast::CopyStatement::Endpoint::kStream;
  std::string file;
};

using TableElements = std::vector<ast::TableElement>;
using TypeNames = std::vector<ast::TypeName>;
using Functions = std::vector<ast::FunctionRef::Function>;
using Privileges = std::vector<ast::GrantStatement::Privilege>;

/// Attributes of a constraint, as bits.
enum ConstraintAttribute : int {
  kDeferrable = 1,
  kNotDeferrable = 2,
  kInitiallyDeferred = 4,
  kInitiallyImmediate = 8,
  kNotValid = 16,
  kNoInherit = 32,
  kAnyDeferrable = 15,
};

/// Options of DECLARE CURSOR, as bits.
enum CursorOption : int {
  kCursorScroll = 1,
  kCursorNoScroll = 2,
  kCursorBinary = 4,
  kCursorInsensitive = 8,
  kCursorAsensitive = 16,
};

/// Constraints of a column that are not constraints, by a name that no constraint can have:
/// DEFERRABLE etc. and COLLATE.
inline constexpr char kAttributeMark[] = "\x01";
inline constexpr char kCollateMark[] = "\x02";

template <class T>
std::unique_ptr<T> Take(T* p) {
  return std::unique_ptr<T>(p);
}

template <class T>
T Move(T* p) {
  T value(std::move(*p));
  delete p;
  return value;
}

/// A list with one element.
template <class List, class T>
List* ListOf(T value) {
  auto* list = new List();
  list->push_back(std::move(value));
  return list;
}

template <class List, class T>
List* Append(List* list, T value) {
  list->push_back(std::move(value));
  return list;
}

/// Appends all of `more` and frees it.
template <class List>
List* Concat(List* list, List* more) {
  for (auto& item : *more) list->push_back(std::move(item));
  delete more;
  return list;
}

/// One parse of one text.
class ParseContext {
 public:
  explicit ParseContext(std::string_view sql) : sql_(sql), scanner_(sql) {}

  std::string_view sql() const { return sql_; }
  bool failed() const { return scanner_.state().error != nullptr; }
  Error TakeError() { return std::move(*scanner_.state().error); }

  // --- called by Parse() ---
  /// Skips semicolons; false at the end of the text. Otherwise the next grammar run starts at the
  /// token found.
  bool StartStatement();
  /// The next grammar run sees this token first (START_EXPRESSION, START_TYPE).
  void StartWith(int token);
  /// After a run: the end of the statement's last token.
  int32_t statement_end() const { return before_last_end_; }
  int32_t statement_begin() const { return begin_; }
  /// If the statement that just failed by a syntax error begins like one that has no
  /// representation: skips it and gives what it is.
  bool SkipUnsupported(std::string* what);

  bool SkipStatement();

  // --- called by the grammar ---
  Token NextToken();
  void SyntaxError(std::string_view message);
  void Fail(SqlState state, std::string message, int32_t location, std::string hint = "") {
    scanner_.state().Fail(state, std::move(message), location, std::move(hint));
  }
  void FailSyntax(std::string message, int32_t location) {
    Fail(SqlState::kSyntaxError, std::move(message), location);
  }
  /// 42601 `<message> at or near "..."` for the last token read.
  void FailNear(std::string_view message);
  /// The end of the token before the last one read: where a clause ends whose rule was reduced by a
  /// look at the token after it.
  int32_t end_before_last() const { return before_last_end_; }
  /// Keeps a string as long as the parse.
  Str Keep(std::string_view text) { return scanner_.state().arena.Keep(text); }

  /// Sets a finished node's depth; a tree that is too high is replaced by NULL and an error
  /// recorded.
  ast::Expr* Done(ast::Expr* expr, int32_t location);
  void FailTooDeep(int32_t location);
  ast::SelectStatement* Done(ast::SelectStatement* select);
  ast::TableRef* Done(ast::TableRef* table);

  ast::StatementPtr statement;
  ast::ExprPtr expression;
  std::unique_ptr<ast::TypeName> type;

 private:
  std::string_view sql_;
  Scanner scanner_;
  Token pending_;  // given to the grammar before the scanner's next token
  bool has_pending_ = false;
  Token last_;         // the last token given to the grammar; the semicolon has id ';' here
  int32_t begin_ = 0;  // of the statement
  int32_t before_last_end_ = 0;  // end of the token before last_
  int before_last_id_ = 0;       // and its id
  bool syntax_error_ = false;    // the error is a plain syntax error of the grammar
};

// --- nodes (build.cc) ---
ast::Expr* MakeInteger(ParseContext* p, int64_t value, int32_t location);
ast::Expr* MakeNumber(ParseContext* p, std::string_view text, int32_t location);
ast::Expr* MakeString(Str text, int32_t location);
ast::Expr* MakeBoolean(bool value, int32_t location);
ast::Expr* MakeNull(int32_t location);
ast::Expr* MakeUnary(ParseContext* p, std::string_view op, ast::Expr* operand, int32_t location);
ast::Expr* MakeUnary(ParseContext* p, ast::QualifiedName* op, ast::Expr* operand, int32_t location);
/// -x: of a number the negative number, as PostgreSQL does.
ast::Expr* MakeNegative(ParseContext* p, ast::Expr* operand, int32_t location);
ast::Expr* MakeBinary(ParseContext* p, std::string_view op, ast::Expr* left, ast::Expr* right,
                      int32_t location);
ast::Expr* MakeBinary(ParseContext* p, ast::QualifiedName* op, ast::Expr* left, ast::Expr* right,
                      int32_t location);
ast::Expr* MakeLogical(ParseContext* p, ast::Expr::Kind kind, ast::Expr* left, ast::Expr* right,
                       int32_t location);
ast::Expr* MakeNot(ParseContext* p, ast::Expr* operand, int32_t location);
ast::Expr* MakeIsNull(ParseContext* p, ast::Expr* operand, bool negated, int32_t location);
ast::Expr* MakeIsBoolean(ParseContext* p, ast::Expr* operand, ast::IsBoolean::Test test,
                         bool negated, int32_t location);
ast::Expr* MakeIsDistinct(ParseContext* p, ast::Expr* left, ast::Expr* right, bool negated,
                          int32_t location);
ast::Expr* MakeBetween(ParseContext* p, ast::Expr* operand, ast::Expr* low, ast::Expr* high,
                       bool negated, bool symmetric, int32_t location);
ast::Expr* MakeLike(ParseContext* p, ast::Like::Type type, ast::Expr* operand, ast::Expr* pattern,
                    ast::Expr* escape, bool negated, int32_t location);
ast::Expr* MakeCast(ParseContext* p, ast::Expr* operand, ast::TypeName* type,
                    ast::Cast::Style style, int32_t location);
ast::Expr* MakeSubquery(ParseContext* p, ast::Subquery::Type type, ast::SelectStatement* query,
                        int32_t location);
ast::Expr* MakeRow(ParseContext* p, ast::ExprList* items, bool explicit_row, int32_t location);
ast::Expr* MakeSpecial(ast::SpecialValue::Type type, int64_t precision, int32_t location);
/// A call of pg_catalog.name made from SQL's own syntax.
ast::FunctionCall* MakeSqlCall(std::string_view name, int32_t location);
ast::Expr* MakeSqlCall(ParseContext* p, std::string_view name, int32_t location, ast::Expr* a,
                       ast::Expr* b = nullptr, ast::Expr* c = nullptr, ast::Expr* d = nullptr);
ast::FunctionCall* MakeCall(ast::QualifiedName* name, FunctionArgs* args, int32_t location);
ast::Expr* MakeColumnRef(ParseContext* p, Str name, Indirection* indirection, int32_t location);
ast::Expr* ApplyIndirection(ParseContext* p, ast::Expr* operand, Indirection* indirection);
ast::ColumnTarget MakeColumnTarget(ParseContext* p, Str name, Indirection* indirection,
                                   int32_t location);
void AddArg(FunctionArgs* args, ast::Expr* expr, std::string name);

// --- names and types ---
ast::QualifiedName* MakeName(ParseContext* p, Str name, Indirection* indirection, int32_t location);
ast::QualifiedName* MakeName(ParseContext* p, Strings* parts, int32_t location);
std::string JoinNames(const Strings& parts);
ast::TypeName* MakeSystemType(std::string_view name, int32_t location);
void AddModifier(ParseContext* p, ast::TypeName* type, int64_t value, int32_t location);

// --- queries ---
/// Adds ORDER BY, locking, LIMIT and WITH to a query; errors where one is there already.
ast::SelectStatement* AddSelectOptions(ParseContext* p, ast::SelectStatement* select,
                                       ast::SortList* sort,
                                       std::vector<ast::LockingClause>* locking, LimitClause* limit,
                                       ast::WithClause* with);
ast::SelectStatement* MakeSetOperation(ParseContext* p,
                                       ast::SelectStatement::SetOperation operation, bool all,
                                       ast::SelectStatement* left, ast::SelectStatement* right);
ast::TableRef* MakeJoin(ParseContext* p, ast::Join::Type type, bool natural, ast::TableRef* left,
                        ast::TableRef* right, JoinCondition* condition, int32_t location);
void CheckFrame(ParseContext* p, const ast::WindowDefinition& window, int32_t start, int32_t end);

// --- more expressions ---
/// operand [NOT] IN in_expr, which is an InList or a Subquery without its operand.
ast::Expr* FinishIn(ParseContext* p, ast::Expr* operand, ast::Expr* in, bool negated,
                    int32_t location);
/// OVERLAY(...) and SUBSTRING(...) with plain arguments are calls of any function of that name.
ast::Expr* MakeOverloaded(ParseContext* p, std::string_view name, FunctionArgs* args,
                          int32_t location);
ast::Expr* MakeTrim(ParseContext* p, std::string_view name, ast::ExprList* args, int32_t location);
/// Sets what opt_interval found: fields, and the precision of seconds.
void SetInterval(ParseContext* p, ast::TypeName* type, int fields, int32_t location);

// --- definitions (build_statement.cc) ---
/// Moves the constraints to the column; COLLATE and DEFERRABLE go to what they belong to.
void AddColumnConstraints(ParseContext* p, ast::ColumnDefinition* column,
                          std::vector<ast::Constraint>* constraints);
void SetKeyActions(ast::Constraint* constraint, ast::Constraint* actions);
void SetUpdateAction(ParseContext* p, ast::Constraint* actions, ast::Constraint* update,
                     int32_t location);
/// An error for attributes that contradict each other.
void CheckAttributes(ParseContext* p, int attributes, int32_t location);
/// Sets attributes; an error for those outside `allowed`.
void SetAttributes(ParseContext* p, ast::Constraint* constraint, int attributes, const char* what,
                   int allowed);
ast::Statement* FinishView(ParseContext* p, bool replace, int persistence, bool recursive,
                           ast::QualifiedName* name, Strings* columns, ast::OptionList* options,
                           ast::SelectStatement* query, int check, int32_t location,
                           int32_t query_begin, int32_t check_begin);
ast::Statement* FinishSchema(ParseContext* p, bool if_not_exists, Str name, Str authorization,
                             std::vector<ast::StatementPtr>* elements, int32_t location);
ast::Statement* FinishType(ast::QualifiedName* name, ast::CreateTypeStatement::Form form,
                           Strings* labels, std::vector<ast::ColumnDefinitionItem>* fields,
                           int32_t location);
ast::Statement* FinishRole(ast::CreateRoleStatement::Form form, bool alter, Str name,
                           ast::OptionList* options, int32_t location);
/// LOGIN, NOSUPERUSER, ...: words that are not keywords.
ast::Option RoleFlag(ParseContext* p, Str word, int32_t location);
ast::Statement* FinishDrop(int type, bool if_exists, std::vector<ast::ObjectName>* names,
                           bool cascade, int32_t location);
std::vector<ast::ObjectName>* ObjectsOf(QualifiedNames* names);
std::vector<ast::ObjectName>* ObjectsOf(Strings* names, int32_t location);
std::vector<ast::ObjectName>* ObjectsOf(ParseContext* p, TypeNames* types);
/// The columns of INCLUDE (...) of an index; an error for expressions and anything after a column.
Strings IncludedColumns(ParseContext* p, std::vector<ast::IndexElement>* elements);
ast::RelationRef* MakeRelation(ast::QualifiedName* name);
ast::ObjectName* MakeNamed(Str name, int32_t location);
ast::Statement* FinishAlter(ast::ObjectType object, bool if_exists, ast::RelationRef* table,
                            std::vector<ast::AlterTableCommand>* commands, int32_t location);
ast::AlterTableCommand* MakeCommand(ast::AlterTableCommand::Type type, int32_t location);
ast::Statement* MakeAlter(ast::AlterStatement::Action action, ast::ObjectType object,
                          ast::ObjectName* name, int32_t location);
ast::Statement* MakeAlterSchema(ast::ObjectType object, bool if_exists, ast::RelationRef* table,
                                Str schema, int32_t location);
ast::Statement* MakeRenameRelation(ast::ObjectType object, bool if_exists, ast::RelationRef* table,
                                   Str new_name, int32_t location);
ast::Statement* MakeRenamePart(ast::ObjectType part, ast::ObjectType parent, bool if_exists,
                               ast::RelationRef* table, Str old_name, Str new_name,
                               int32_t location);
ast::Statement* MakeRenameNamed(ast::ObjectType object, Str old_name, Str new_name,
                                int32_t location, int32_t name_location);
ast::GrantStatement* MakePrivilegeTarget(ast::ObjectType object,
                                         std::vector<ast::ObjectName>* names);
ast::Statement* MakeGrantRole(bool grant, Privileges* privileges, Strings* roles, bool admin_option,
                              Str granted_by, bool cascade, int32_t location);
ast::Statement* MakeComment(ast::ObjectType type, ast::ObjectName* name, ast::QualifiedName* table,
                            Str text, int32_t location);
/// schema.table.column as a name whose schema is the table and whose catalog is the table's schema.
ast::QualifiedName ColumnName(ParseContext* p, Strings* parts, int32_t location);

// --- session statements (build_statement.cc) ---
ast::Statement* MakeTransaction(ast::TransactionStatement::Action action,
                                ast::TransactionModes* modes, bool chain, Str name,
                                int32_t location);
void AddMode(ParseContext* p, ast::TransactionModes* modes, int mode, int32_t location);
ast::SetStatement* MakeSet(ast::SetStatement::Action action, std::string_view name);
ast::SetStatement::Value NameValue(std::string_view text, int32_t location);
ast::SetStatement::Value StringValue(std::string_view text, int32_t location);
ast::Statement* MakeExplain(ast::OptionList options, ast::Statement* query, int32_t location);
ast::FetchStatement* MakeFetch(ast::FetchStatement::Direction direction, int64_t count, bool all,
                               Str cursor);
ast::Statement* MakeVacuum(bool vacuum, ast::OptionList options,
                           std::vector<ast::VacuumStatement::Relation>* relations,
                           int32_t location);
void AddVacuumRelation(std::vector<ast::VacuumStatement::Relation>* relations,
                       ast::QualifiedName* name, Strings* columns);
ast::Statement* MakeCluster(ast::OptionList options, ast::QualifiedName* table, Str index,
                            int32_t location);
ast::Statement* MakeReindex(ast::OptionList options, int target, bool concurrently,
                            ast::QualifiedName* name, int32_t location);
ast::Statement* MakeNotify(ast::NotifyStatement::Action action, Str channel, Str payload,
                           int32_t location);
/// One of DO's items, "as" or "language"; an error if there was one already.
void AddDoItem(ParseContext* p, ast::DoStatement* statement, const ast::Option& item);

// --- options ---
ast::Option MakeOption(Str name, ast::Option::Value value, std::string_view text, int32_t location);
ast::Option MakeFlag(std::string_view name, bool value, int32_t location);

}  // namespace lathe::parse
