// ParseContext: feeds the grammar one statement's tokens at a time, turns its complaints into
// errors, and bounds the height of trees.
#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "frontend/ast/walk.h"
#include "frontend/parse/semantic.h"
#include "frontend/parse/tokens.h"

namespace lathe::parse {

using namespace ast;

namespace {

/// The largest depth of the children of a node.
struct DepthOfChildren {
  int32_t depth = 0;
  void operator()(ExprPtr& e) { depth = std::max(depth, e->depth); }
  void operator()(SelectStatement& s) { depth = std::max(depth, s.depth); }
  void operator()(TableRef& t) { depth = std::max(depth, t.depth); }
};

template <class Node>
int32_t DepthOf(Node& node) {
  DepthOfChildren visitor;
  VisitChildren(node, visitor);
  return visitor.depth + 1;
}

/// Statements of PostgreSQL without a representation, by their first words ("or replace" and the
/// like left out).
constexpr std::string_view kUnsupported[] = {
    "create function",
    "create procedure",
    "create trigger",
    "create rule",
    "create event",
    "create aggregate",
    "create operator",
    "create cast",
    "create collation",
    "create conversion",
    "create extension",
    "create foreign",
    "create server",
    "create user mapping",
    "create policy",
    "create publication",
    "create subscription",
    "create statistics",
    "create tablespace",
    "create text search",
    "create transform",
    "create language",
    "create access method",
    "create default",
    "create type",
    "alter function",
    "alter procedure",
    "alter routine",
    "alter aggregate",
    "alter operator",
    "alter collation",
    "alter conversion",
    "alter extension",
    "alter foreign",
    "alter server",
    "alter user mapping",
    "alter policy",
    "alter publication",
    "alter subscription",
    "alter statistics",
    "alter tablespace",
    "alter text search",
    "alter language",
    "alter system",
    "alter default privileges",
    "alter trigger",
    "alter rule",
    "alter event trigger",
    "alter large object",
    "alter type",
    "alter group",
    "drop aggregate",
    "drop operator",
    "drop cast",
    "drop transform",
    "drop owned",
    "drop user mapping",
    "refresh materialized view",
    "security label",
    "load",
    "alter table all in tablespace",
    "alter index all in tablespace",
    "alter materialized view all in tablespace",
    "import foreign schema",
    "reassign owned",
    "comment on aggregate",
    "comment on operator",
    "comment on cast",
    "comment on large object",
    "comment on transform",
};

constexpr std::string_view kNoise[] = {"or", "replace", "trusted", "procedural", "constraint"};

bool IsXmlFunction(int token) {
  switch (token) {
    case K_XMLATTRIBUTES:
    case K_XMLCONCAT:
    case K_XMLELEMENT:
    case K_XMLEXISTS:
    case K_XMLFOREST:
    case K_XMLPARSE:
    case K_XMLPI:
    case K_XMLROOT:
    case K_XMLSERIALIZE:
    case K_XMLTABLE:
      return true;
    default:
      return false;
  }
}

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

}  // namespace

bool ParseContext::StartStatement() {
  if (last_.id == 0 && last_.end > 0) return false;  // the last run saw the end of the text
  Token token;
  do {
    token = scanner_.Next();
  } while (token.id == ';');
  last_ = Token();
  if (token.id == 0) return false;
  begin_ = token.begin;
  pending_ = token;
  has_pending_ = true;
  return true;
}

void ParseContext::StartWith(int token) {
  pending_ = Token();
  pending_.id = token;
  has_pending_ = true;
}

Token ParseContext::NextToken() {
  before_last_end_ = last_.end;
  before_last_id_ = last_.id;
  if (has_pending_) {
    last_ = pending_;
    has_pending_ = false;
  } else {
    last_ = scanner_.Next();
  }
  Token token = last_;
  if (token.id == ';') token.id = 0;
  if (failed()) token.id = K_SCAN_ERROR;
  return token;
}

void ParseContext::SyntaxError(std::string_view message) {
  if (failed()) return;
  if (message == "memory exhausted") {
    FailTooDeep(last_.begin);
    return;
  }
  if (last_.id == '(' && IsXmlFunction(before_last_id_)) {
    Fail(SqlState::kFeatureNotSupported, "XML is not supported", last_.begin);
    return;
  }
  syntax_error_ = true;
  scanner_.state().FailNear(message, last_.begin, last_.end);
}

void ParseContext::FailNear(std::string_view message) {
  scanner_.state().FailNear(message, last_.begin, last_.end);
}

void ParseContext::FailTooDeep(int32_t location) {
  Fail(SqlState::kStatementTooComplex, "stack depth limit exceeded", location,
       "The statement is nested too deeply: at most " + std::to_string(kMaxDepth) +
           " levels are supported.");
}

Expr* ParseContext::Done(Expr* expr, int32_t location) {
  expr->location = location;
  expr->depth = DepthOf(*expr);
  if (expr->depth <= kMaxDepth) return expr;
  FailTooDeep(location);
  delete expr;
  return MakeNull(location);
}

SelectStatement* ParseContext::Done(SelectStatement* select) {
  select->depth = DepthOf(*select);
  if (select->depth <= kMaxDepth) return select;
  FailTooDeep(select->location);
  delete select;
  return new SelectStatement();
}

TableRef* ParseContext::Done(TableRef* table) {
  table->depth = DepthOf(*table);
  if (table->depth <= kMaxDepth) return table;
  FailTooDeep(table->location);
  delete table;
  return new RelationRef();
}

bool ParseContext::SkipUnsupported(std::string* what) {
  if (!syntax_error_) return false;
  Scanner head(sql_.substr(begin_));
  std::string words;
  for (int i = 0; i < 6; ++i) {
    const Token token = head.Next();
    const std::string_view text = token.text;
    if (token.id == 0 || token.id == ';' || text.empty()) break;
    if (std::find(std::begin(kNoise), std::end(kNoise), text) != std::end(kNoise)) continue;
    if (!words.empty()) words += ' ';
    words += text;
    if (std::find(std::begin(kUnsupported), std::end(kUnsupported), words) ==
        std::end(kUnsupported))
      continue;
    *what = UpperCase(words);
    scanner_.state().error.reset();
    syntax_error_ = false;
    return SkipStatement();
  }
  return false;
}

// A statement ends at a semicolon outside parentheses and outside BEGIN ATOMIC ... END, in which
// CASE has an END too.
bool ParseContext::SkipStatement() {
  int parens = 0;
  int blocks = 0;
  while (last_.id != 0 && (last_.id != ';' || parens > 0 || blocks > 0)) {
    if (last_.id == '(') ++parens;
    if (last_.id == ')') --parens;
    if (last_.id == K_ATOMIC || (blocks > 0 && last_.id == K_CASE)) ++blocks;
    if (blocks > 0 && last_.id == K_END) --blocks;
    NextToken();
    if (failed()) return false;
  }
  return true;
}

}  // namespace lathe::parse
