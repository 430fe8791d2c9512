// The writer behind Print(): appends nodes to one string. Inside frontend/ast only; its methods are
// spread over print.cc (names, types, expressions), print_select.cc, print_statement.cc and
// print_ddl.cc.
#pragma once

#include <string>
#include <string_view>

#include "frontend/ast/print.h"

namespace lathe::ast {

std::string_view IntervalFieldsText(IntervalFields fields);

class Printer {
 public:
  explicit Printer(const PrintOptions& options) : options_(options) {}

  std::string Take() { return std::move(out_); }

  Printer& Put(std::string_view text) {
    out_ += text;
    return *this;
  }
  Printer& Put(const char* text) { return Put(std::string_view(text)); }
  Printer& Put(const std::string& text) { return Put(std::string_view(text)); }

  void Put(const QualifiedName& name);
  void Put(const TypeName& type);
  void Put(const Expr& expr);
  void Put(const TableRef& table);
  void Put(const SelectStatement& select);
  void Put(const Statement& statement);

 private:
  template <class Items, class F>
  void List(const Items& items, F&& put, std::string_view separator = ", ") {
    bool first = true;
    for (const auto& item : items) {
      if (!first) Put(separator);
      first = false;
      put(item);
    }
  }

  // print.cc
  void Names(const std::vector<std::string>& names);
  void ParenNames(const std::vector<std::string>& names);
  void Operator(const QualifiedName& op);
  void Modifiers(const TypeName& type);
  void Exprs(const ExprList& exprs);
  void SortItems(const SortList& items);
  void Direction(SortItem::Direction direction, const QualifiedName* op);
  void NullsOrder(SortItem::Nulls nulls);
  void Operand(const ExprPtr& expr);
  void Indirected(const ExprPtr& operand, bool subscript);
  void Put(const WindowDefinition& window);
  void Put(const FrameBound& bound);
  void PutLiteral(const Literal& literal);
  void PutCall(const FunctionCall& call);
  void PutCast(const Cast& cast);
  void PutSubquery(const Subquery& subquery);
  void PutCase(const Case& c);
  void PutColumnRef(const ColumnRef& ref);
  void PutSpecial(const SpecialValue& value);
  void PutInfix(const ExprPtr& left, std::string_view op, const ExprPtr& right);
  void PutParenthesized(std::string_view name, const ExprList& args);

  // print_select.cc
  void PutAlias(const Alias& alias);
  void PutItems(const std::vector<ColumnDefinitionItem>& items);
  void PutRelation(const RelationRef& relation);
  void PutFunction(const FunctionRef& function);
  void PutJoin(const Join& join);
  void PutGroupItem(const GroupItem& item);
  void PutTargets(const TargetList& targets);
  void PutWith(const WithClause* with);
  void PutLocking(const LockingClause& clause);
  void PutSelectCore(const SelectStatement& select);
  void PutFrom(std::string_view keyword, const std::vector<TableRefPtr>& tables);
  void PutWhere(const ExprPtr& where);

  // print_statement.cc
  void PutColumnTarget(const ColumnTarget& target);
  void PutColumnTargets(const std::vector<ColumnTarget>& targets);
  void PutAssignments(const std::vector<Assignment>& assignments);
  void PutReturning(const TargetList& targets);
  void PutInsert(const InsertStatement& insert);
  void PutUpdate(const UpdateStatement& update);
  void PutDelete(const DeleteStatement& del);
  void PutMerge(const MergeStatement& merge);
  void PutCopy(const CopyStatement& copy);
  void PutTransaction(const TransactionStatement& transaction);
  void PutModes(const TransactionModes& modes);
  void PutSet(const SetStatement& set);
  void PutSettingName(std::string_view name);
  void PutFetch(const FetchStatement& fetch);
  void PutOptionValue(const Option& option);
  void PutUtilityOptions(const OptionList& options, std::string_view equals);
  void PutSessionStatement(const Statement& statement);
  void PutMaintenance(const Statement& statement);
  void PutOverriding(InsertStatement::Overriding overriding);

  // print_ddl.cc
  void PutDefinition(const Statement& statement);
  void PutReloptions(std::string_view keyword, const OptionList& options);
  void PutSequenceOptions(const OptionList& options);
  void PutConstraint(const Constraint& constraint, bool of_table);
  void PutColumn(const ColumnDefinition& column, bool typed);
  void PutIndexElements(const std::vector<IndexElement>& elements);
  void PutIndexElement(const IndexElement& element);
  void PutElements(const std::vector<TableElement>& elements, bool typed);
  void PutBound(const PartitionBound* bound);
  void PutCreateTable(const CreateTableStatement& create);
  void PutCreateTableAs(const CreateTableAsStatement& create);
  void PutCreateIndex(const CreateIndexStatement& index);
  void PutCreateView(const CreateViewStatement& view);
  void PutTableTail(const std::string& method, const OptionList& with, OnCommit on_commit,
                    const std::string& tablespace);
  void PutRole(const CreateRoleStatement& role);
  void PutDrop(const DropStatement& drop);
  void PutAlterCommand(const AlterTableCommand& command);
  void PutAlterColumn(const AlterTableCommand& command);
  void PutAlter(const AlterStatement& alter);
  void PutRename(const RenameStatement& rename);
  void PutGrant(const GrantStatement& grant);
  void PutComment(const CommentStatement& comment);
  void PutObjectName(const ObjectName& name);
  void PutQuotedWord(std::string_view keyword, const std::string& name);

  PrintOptions options_;
  std::string out_;
};

}  // namespace lathe::ast
