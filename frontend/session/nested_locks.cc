// FOR UPDATE and its like within a statement: UPDATE ... WHERE id = (SELECT ... FOR UPDATE SKIP
// LOCKED LIMIT 1), WITH next AS (SELECT ... FOR UPDATE) DELETE ..., and so on. Such queries are run
// ahead, each once, as statements of their own; what they gave stands in their places when the rest
// runs. So they must not depend on the rest: 0A000 otherwise. All is one statement to transactions:
// a row that has changed since its snapshot makes all of it run again.
#include <algorithm>

#include "frontend/ast/print.h"
#include "frontend/ast/walk.h"
#include "frontend/parse/parse.h"
#include "frontend/session/session_impl.h"

namespace lathe::session {
namespace {

/// Finds queries below a statement that lock rows, inner ones first.
struct FindLocking {
  std::vector<ast::SelectStatement*> found;

  void operator()(ast::ExprPtr& e) { ast::VisitChildren(*e, *this); }
  void operator()(ast::TableRef& table) { ast::VisitChildren(table, *this); }
  void operator()(ast::SelectStatement& select) {
    ast::VisitChildren(select, *this);
    if (!select.locking.empty()) found.push_back(&select);
  }
};

/// Whether the letters of "for" are anywhere: most statements need no walk.
bool MentionsFor(std::string_view sql) {
  constexpr std::string_view kFor = "for";
  return std::search(sql.begin(), sql.end(), kFor.begin(), kFor.end(),
                     [](char a, char b) { return (a | 0x20) == b; }) != sql.end();
}

bool IsQuery(const ast::Statement& statement) {
  using Kind = ast::Statement::Kind;
  return statement.kind == Kind::kSelect || statement.kind == Kind::kInsert ||
         statement.kind == Kind::kUpdate || statement.kind == Kind::kDelete ||
         statement.kind == Kind::kMerge;
}

Result<ast::StatementPtr> ParseOne(const std::string& sql) {
  LATHE_ASSIGN(std::vector<ast::ParsedStatement> statements, parse::Parse(sql));
  return std::move(statements[0].statement);
}

/// Places in a text that the client has not written.
Error WithoutPosition(Error error) {
  error.position = 0;
  return error;
}

/// A query that gives these rows.
std::string RowsAsQuery(const std::vector<ResultColumn>& columns, const Portal& rows) {
  const bool any = rows.rows->page_count() > 0;
  std::string sql = "SELECT ";
  for (size_t i = 0; i < columns.size(); ++i) {
    sql += (i > 0 ? ", CAST(" : "CAST(") + (any ? "column" + std::to_string(i + 1) : "NULL") +
           " AS " + types::FormatType(columns[i].type) + ") AS " +
           ast::QuoteIdentifier(columns[i].name);
  }
  if (!any) return sql + " WHERE false";
  sql += " FROM (VALUES ";
  bool first = true;
  for (size_t p = 0; p < rows.rows->page_count(); ++p) {
    const char* page = rows.rows->page(p);
    for (uint32_t r = 0; r < row::HeaderOf(page).row_count; ++r) {
      const char* row = row::RowAt(page, rows.layout.stride(), r);
      sql += first ? "(" : ", (";
      first = false;
      for (size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) sql += ", ";
        if (rows.layout.IsNull(row, i)) {
          sql += "NULL";
          continue;
        }
        std::string text;
        types::AppendText(columns[i].type, row::ReadField(rows.layout, page, row, i), {}, &text);
        sql += ast::QuoteLiteral(text);
      }
      sql += ")";
    }
  }
  return sql + ") AS locked_rows";
}

/// Makes a query the other one.
void Replace(ast::SelectStatement* to, ast::SelectStatement* by) {
  to->form = by->form;
  to->with = std::move(by->with);
  to->distinct = by->distinct;
  to->distinct_on = std::move(by->distinct_on);
  to->targets = std::move(by->targets);
  to->into = std::move(by->into);
  to->from = std::move(by->from);
  to->where = std::move(by->where);
  to->group_distinct = by->group_distinct;
  to->group_by = std::move(by->group_by);
  to->having = std::move(by->having);
  to->windows = std::move(by->windows);
  to->rows = std::move(by->rows);
  to->operation = by->operation;
  to->all = by->all;
  to->left = std::move(by->left);
  to->right = std::move(by->right);
  to->order_by = std::move(by->order_by);
  to->limit = std::move(by->limit);
  to->offset = std::move(by->offset);
  to->with_ties = by->with_ties;
  to->locking = std::move(by->locking);
}

}  // namespace

Status SessionImpl::FindNestedLocks(Prepared* prepared) {
  if (prepared->statement == nullptr || !IsQuery(*prepared->statement) ||
      !MentionsFor(prepared->sql)) {
    return Ok();
  }
  FindLocking here;
  ast::VisitChildren(*prepared->statement, here);
  if (here.found.empty()) return Ok();
  const std::string sql = ast::Print(*prepared->statement);
  LATHE_ASSIGN(ast::StatementPtr plain, ParseOne(sql));
  FindLocking copied;
  ast::VisitChildren(*plain, copied);
  for (ast::SelectStatement* select : copied.found) select->locking.clear();
  const std::string plain_sql = ast::Print(*plain);
  LATHE_ASSIGN(prepared->unlocked, Prepare(std::move(plain), plain_sql, prepared->declared));
  return Ok();
}

Result<std::optional<std::vector<ResultColumn>>> SessionImpl::DescribeUnlocked(Prepared* prepared) {
  auto columns = DescribeColumns(prepared->unlocked.get());
  if (!columns.ok()) return WithoutPosition(std::move(columns).error());
  prepared->params = prepared->unlocked->params;
  return columns;
}

Status SessionImpl::RunWithNestedLocks(Run* run) {
  Prepared* prepared = run->prepared;
  // Errors of the statement as a whole come first.
  LATHE_ASSIGN(auto described, DescribeUnlocked(prepared));
  LATHE_ASSIGN(ast::StatementPtr rest, ParseOne(ast::Print(*prepared->statement)));
  // A part may use some of the parameters only; lifted literals would take the numbers of others.
  auto part = [&](ast::StatementPtr statement,
                  const std::string& sql) -> Result<std::shared_ptr<Prepared>> {
    if (prepared->params.empty()) return Prepare(std::move(statement), sql, {});
    auto plain = std::make_shared<Prepared>();
    plain->sql = sql;
    plain->statement = std::move(statement);
    plain->declared = prepared->params;
    return plain;
  };
  for (;;) {
    FindLocking left;
    ast::VisitChildren(*rest, left);
    if (left.found.empty()) break;
    ast::SelectStatement* select = left.found[0];
    const std::string sql = ast::Print(*select);
    LATHE_ASSIGN(ast::StatementPtr own, ParseOne(sql));
    LATHE_ASSIGN(std::shared_ptr<Prepared> first, part(std::move(own), sql));
    Portal rows;
    Run ahead{first.get(), run->params, run->client, false, &rows, nullptr, {}};
    Status done = RunQuery(&ahead);
    if (!done.ok()) {
      const SqlState state = done.error().state;
      if (state == SqlState::kUndefinedColumn || state == SqlState::kUndefinedTable) {
        return NotSupported(
            "a locking clause (FOR UPDATE, FOR SHARE) in a part that depends on "
            "the rest of its statement");
      }
      return WithoutPosition(std::move(done).error());
    }
    LATHE_ASSIGN(ast::StatementPtr found, ParseOne(RowsAsQuery(ColumnsOf(*first->plan), rows)));
    Replace(select, &found->As<ast::SelectStatement>());
  }
  const std::string sql = ast::Print(*rest);
  LATHE_ASSIGN(std::shared_ptr<Prepared> last, part(std::move(rest), sql));
  Run then{last.get(), run->params, run->client, run->describe, run->portal, nullptr, {}};
  Status done = RunQuery(&then);
  if (!done.ok()) return WithoutPosition(std::move(done).error());
  run->tag = std::move(then.tag);
  return Ok();
}

}  // namespace lathe::session
