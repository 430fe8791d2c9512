// Cursors of SQL: DECLARE runs the query and keeps its rows, as its snapshot sees them; FETCH and
// MOVE go through them in any direction.
#include <algorithm>

#include "frontend/session/session_impl.h"

namespace lathe::session {

Status SessionImpl::RunDeclareCursor(Run* run) {
  const auto& declare = run->prepared->statement->As<ast::DeclareCursorStatement>();
  using Scroll = ast::DeclareCursorStatement::Scroll;
  if (declare.binary) {
    return NotSupported("a BINARY cursor", ast::PositionOf(run->prepared->sql, declare.location));
  }
  if (!declare.hold && block_ == Block::kNone) {
    return MakeError(SqlState::kNoActiveSqlTransaction,
                     "DECLARE CURSOR can only be used in transaction blocks");
  }
  if (cursors_.contains(declare.name) || portals_.contains(declare.name)) {
    return MakeError(SqlState::kDuplicateCursor, "cursor \"" + declare.name + "\" already exists");
  }
  run->tag = "DECLARE CURSOR";
  auto cursor = std::make_unique<Cursor>();
  cursor->hold = declare.hold;
  cursor->no_scroll = declare.scroll == Scroll::kNoScroll;
  Status filled = [&]() -> Status {
    LATHE_ASSIGN(std::shared_ptr<Prepared> query, PrepareText(ast::Print(*declare.query)));
    static const std::vector<types::Value> kNoParams;
    LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan,
                 LockedPlanFor(query.get(), &kNoParams));
    cursor->columns = ColumnsOf(*plan);
    Run fill{query.get(), &kNoParams, run->client, false, &cursor->rows, nullptr, ""};
    return RunQuery(&fill);
  }();
  if (!filled.ok()) {
    // The query's text is another one than the statement's.
    Error error = std::move(filled).error();
    error.position = 0;
    return error;
  }
  for (size_t i = 0; i < cursor->rows.rows->page_count(); ++i) {
    cursor->first_rows.push_back(cursor->count);
    cursor->count += row::HeaderOf(cursor->rows.rows->page(i)).row_count;
  }
  cursors_[declare.name] = std::move(cursor);
  return Ok();
}

Status SessionImpl::SendCursorRow(const Cursor& cursor, int64_t number, Client* client) {
  auto page = std::upper_bound(cursor.first_rows.begin(), cursor.first_rows.end(), number - 1) -
              cursor.first_rows.begin() - 1;
  const auto row = static_cast<uint32_t>(number - 1 - cursor.first_rows[static_cast<size_t>(page)]);
  return client->Rows(cursor.rows.layout,
                      {cursor.rows.rows->page(static_cast<size_t>(page)), row, row + 1});
}

Status SessionImpl::RunFetch(Run* run) {
  const auto& fetch = run->prepared->statement->As<ast::FetchStatement>();
  using Direction = ast::FetchStatement::Direction;
  auto it = cursors_.find(fetch.cursor);
  if (it == cursors_.end()) {
    return MakeError(SqlState::kInvalidCursorName,
                     "cursor \"" + fetch.cursor + "\" does not exist");
  }
  Cursor& cursor = *it->second;
  const int64_t before = cursor.position, last = cursor.count;
  // The rows wanted, first and last in the order in which they are given, and where that leaves
  // the cursor: 0 is before the first row, last + 1 behind the last one.
  int64_t from = 0, to = -1, step = 1, after = before;
  auto run_of = [&](int64_t count) {
    if (count == 0) {
      if (before >= 1 && before <= last) from = to = before;
    } else if (count > 0) {
      from = before + 1;
      to = count > last - before ? last : before + count;
      after = count > last - before ? last + 1 : to;
    } else {
      step = -1;
      from = before - 1;
      to = -count >= before ? 1 : before + count;
      after = -count >= before ? 0 : to;
    }
  };
  auto one = [&](int64_t number) {
    after = std::clamp<int64_t>(number, 0, last + 1);
    step = after < before ? -1 : 1;
    if (after >= 1 && after <= last) {
      from = to = after;
    } else {
      from = 1;
      to = step > 0 ? 0 : 2;
    }
  };
  switch (fetch.direction) {
    case Direction::kForward:
      run_of(fetch.all ? INT64_MAX : fetch.count);
      break;
    case Direction::kBackward:
      run_of(fetch.all ? -INT64_MAX : -fetch.count);
      break;
    case Direction::kAbsolute:
      one(fetch.count >= 0 ? fetch.count : last + 1 + fetch.count);
      break;
    case Direction::kRelative:
      if (fetch.count == 0) {
        run_of(0);
      } else {
        one(before + fetch.count);
      }
      break;
  }
  if (cursor.no_scroll && (after < before || (step < 0 && from != to))) {
    Error error =
        MakeError(SqlState::kObjectNotInPrerequisiteState, "cursor can only scan forward");
    error.hint = "Declare it with SCROLL option to enable backward scan.";
    return error;
  }
  const int64_t count = std::max<int64_t>(0, step > 0 ? to - from + 1 : from - to + 1);
  cursor.position = after;
  run->tag = (fetch.move ? "MOVE " : "FETCH ") + std::to_string(count);
  if (fetch.move) return Ok();
  if (run->describe) run->client->Columns(cursor.columns);
  for (int64_t i = 0; i < count; ++i) {
    LATHE_TRY(SendCursorRow(cursor, from + i * step, run->client));
    if (i % 1000 == 999) LATHE_TRY(CheckInterrupt());
  }
  return Ok();
}

Status SessionImpl::RunClose(Run* run) {
  const std::string& name = run->prepared->statement->As<ast::CloseStatement>().cursor;
  if (name.empty()) {
    cursors_.clear();
    run->tag = "CLOSE CURSOR ALL";
    return Ok();
  }
  if (cursors_.erase(name) == 0) {
    return MakeError(SqlState::kInvalidCursorName, "cursor \"" + name + "\" does not exist");
  }
  run->tag = "CLOSE CURSOR";
  return Ok();
}

void SessionImpl::EndCursors(bool committed) {
  for (auto it = cursors_.begin(); it != cursors_.end();) {
    const bool stays = it->second->committed || (committed && it->second->hold);
    it->second->committed |= stays;
    it = stays ? std::next(it) : cursors_.erase(it);
  }
}

}  // namespace lathe::session
