// Sinks of tables with children: every row goes to the table that it lies in, in that table's own
// columns; and the check that a row written to a partition itself is one of its rows.
#include "frontend/session/partition_rows.h"

#include <algorithm>
#include <array>

#include "frontend/ast/name.h"
#include "frontend/bind/bind.h"
#include "frontend/session/session_impl.h"
#include "runtime/schema/index_parts.h"
#include "runtime/types/codec.h"

namespace lathe::session {

// ---- Choosing

Result<std::unique_ptr<PartitionRouter>> PartitionRouter::Make(SessionImpl* session,
                                                               schema::RelationPtr table) {
  std::unique_ptr<PartitionRouter> router(new PartitionRouter(session->context_));
  router->format_ = session->format_;
  router->table_ = std::move(table);
  for (RelationId id : router->table_->children) {
    schema::RelationPtr child = session->catalog_->GetRelation(id);
    if (child == nullptr || !child->is_partition()) continue;
    if (child->partition_bound->is_default) {
      router->default_ = static_cast<int>(router->children_.size());
    }
    router->children_.push_back(std::move(child));
  }
  bind::BindContext context = session->MakeBindContext({}, session->catalog_.get());
  for (const schema::PartitionKey::Part& part : router->table_->partition_key.parts) {
    expr::ExprPtr e;
    if (!part.sql.empty()) {
      LATHE_ASSIGN(e, bind::BindStoredExpression(*router->table_, part.sql,
                                                 bind::RowUse::kIndexExpression, nullptr, context));
    }
    router->expressions_.push_back(std::move(e));
  }
  return router;
}

Result<std::vector<types::Value>> PartitionRouter::KeyOf(const ColumnFunction& column) {
  std::vector<types::Value> key;
  const std::vector<schema::PartitionKey::Part>& parts = table_->partition_key.parts;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (expressions_[i] == nullptr) {
      key.push_back(column(parts[i].column));
      continue;
    }
    evaluator_.SetColumns(column);
    LATHE_ASSIGN(types::Value value, evaluator_.Evaluate(*expressions_[i]));
    key.push_back(std::move(value));
  }
  return key;
}

int PartitionRouter::Find(const std::vector<types::Value>& key) {
  auto takes = [&](int i) {
    return schema::Accepts(table_->partition_key,
                           *children_[static_cast<size_t>(i)]->partition_bound, key);
  };
  // Rows come in runs.
  if (last_ >= 0 && takes(last_)) return last_;
  for (int i = 0; i < static_cast<int>(children_.size()); ++i) {
    if (takes(i)) return last_ = i;
  }
  return default_;
}

Error PartitionRouter::NoPartition(const std::vector<types::Value>& key) const {
  Error error = MakeError(SqlState::kCheckViolation,
                          "no partition of relation \"" + table_->name + "\" found for row");
  error.detail = "Partition key of the failing row contains (" + PartitionKeyText(*table_) +
                 ") = " + DescribeRow(key, format_) + ".";
  error.table_name = table_->name;
  return error;
}

// ---- Rows of a partition itself

/// Checks that new rows of a partition are its own, up to the root.
class SessionImpl::BoundSink final : public exec::RowSink {
 public:
  BoundSink(SessionImpl* session, schema::RelationPtr table, exec::WriteKind kind,
            std::unique_ptr<exec::RowSink> inner)
      : session_(session),
        table_(std::move(table)),
        layout_(exec::WriteLayout(*table_, kind)),
        rows_(*table_, layout_, 0, session->context_),
        inner_(std::move(inner)) {}

  Status Prepare() {
    schema::RelationPtr below = table_;
    while (below->is_partition() && !below->parents.empty()) {
      LATHE_ASSIGN(schema::RelationPtr parent,
                   session_->txn_->LockTable(below->parents[0], txn::TableLockMode::kAccessShare));
      Level level;
      LATHE_ASSIGN(level.router, PartitionRouter::Make(session_, parent));
      level.own = bind::MapColumns(*parent, *table_);
      level.child = below->id;
      levels_.push_back(std::move(level));
      below = std::move(parent);
    }
    return Ok();
  }

  Status Consume(const exec::Segment& segment) override {
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      rows_.Set(segment.page, row::RowAt(segment.page, layout_.stride(), i));
      Status checked = Check();
      if (checked.ok()) continue;
      // What is wrong with earlier rows comes first, and so does a NULL that may not be.
      const bool null = std::any_of(
          table_->columns.begin(), table_->columns.end(), [&](const schema::Column& column) {
            return !column.dropped && column.not_null &&
                   rows_.Column(static_cast<uint32_t>(&column - table_->columns.data())).is_null();
          });
      LATHE_TRY(inner_->Consume({segment.page, segment.from, null ? i + 1 : i}));
      if (null) LATHE_TRY(inner_->Finish());
      return checked;
    }
    return inner_->Consume(segment);
  }
  Status Finish() override { return inner_->Finish(); }

 private:
  struct Level {
    std::unique_ptr<PartitionRouter> router;
    std::vector<uint32_t> own;  // by column of the router's table
    RelationId child;
  };

  Status Check() {
    for (Level& level : levels_) {
      LATHE_ASSIGN(std::vector<types::Value> key, level.router->KeyOf([&](uint32_t column) {
        return rows_.Column(level.own[column]);
      }));
      const int found = level.router->Find(key);
      if (found >= 0 && level.router->children()[static_cast<size_t>(found)]->id == level.child) {
        continue;
      }
      Error error = MakeError(SqlState::kCheckViolation, "new row for relation \"" + table_->name +
                                                             "\" violates partition constraint");
      error.detail = "Failing row contains " + rows_.Describe() + ".";
      error.table_name = table_->name;
      if (auto schema = session_->catalog_->GetSchema(table_->schema)) {
        error.schema_name = schema->name;
      }
      return error;
    }
    return Ok();
  }

  SessionImpl* const session_;
  const schema::RelationPtr table_;
  const row::Layout layout_;
  RowValues rows_;
  const std::unique_ptr<exec::RowSink> inner_;
  std::vector<Level> levels_;
};

// ---- Rows of a table with children

class SessionImpl::RoutingSink final : public exec::RowSink {
 public:
  RoutingSink(SessionImpl* session, schema::RelationPtr table, exec::WriteKind kind,
              uint64_t* affected)
      : session_(session),
        table_(std::move(table)),
        kind_(kind),
        affected_(affected),
        layout_(exec::WriteLayout(*table_, kind)),
        old_begin_(kind == exec::WriteKind::kUpdate ? layout_.field_count() / 2 : 0),
        rows_(*table_, layout_, 0, session->context_),
        old_rows_(*table_, layout_, old_begin_, session->context_),
        live_(table_->LiveColumns()),
        budget_(0, session->instance_->memory()) {}

  Status Prepare() {
    for (schema::RelationPtr& rows : bind::RowsOf(table_, session_->catalog_.get())) {
      Leaf leaf;
      leaf.table = std::move(rows);
      leaves_.push_back(std::move(leaf));
    }
    return Ok();
  }

  Status Consume(const exec::Segment& segment) override {
    *affected_ += segment.to - segment.from;
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      const char* row = row::RowAt(segment.page, layout_.stride(), i);
      rows_.Set(segment.page, row);
      old_rows_.Set(segment.page, row);
      Status sent = Send(segment.page, row);
      if (!sent.ok()) {
        // What is wrong with earlier rows comes first.
        LATHE_TRY(Flush());
        return sent;
      }
    }
    return Flush();
  }

  Status Finish() override {
    for (size_t place : kOrder) {
      for (Leaf& leaf : leaves_) {
        Part& part = leaf.parts[place];
        if (part.sink != nullptr) LATHE_TRY(part.sink->Finish());
      }
    }
    return Ok();
  }

 private:
  using Kind = exec::WriteKind;

  static constexpr size_t kMove = 3;  // beside the kinds of writing: deleted here, inserted there

  // Keys are free again before they are taken.
  static constexpr std::array<size_t, 4> kOrder = {static_cast<size_t>(Kind::kDelete), kMove,
                                                   static_cast<size_t>(Kind::kUpdate),
                                                   static_cast<size_t>(Kind::kInsert)};

  /// One way of writing one table.
  struct Part {
    std::unique_ptr<row::Layout> layout;
    std::unique_ptr<row::RowBuffer> rows;
    std::unique_ptr<exec::RowSink> sink;
    uint64_t affected = 0;
  };
  struct Leaf {
    schema::RelationPtr table;
    std::vector<size_t> fields;  // by field of the table's rows: the parent's; SIZE_MAX = row id
    Part parts[4];
  };

  /// A row that moves changes keys of this table and of those above it, and leaves the partition
  /// itself. PostgreSQL knows nothing else either (ExecCrossPartitionUpdateForeignKey).
  Status PrepareMove(const Leaf& leaf) {
    LATHE_ASSIGN(std::vector<schema::RelationPtr> above, session_->AncestorsOf(*leaf.table));
    for (const schema::RelationPtr& parent : above) {
      if (parent->id == table_->id) break;
      std::vector<WatchedKey> keys;
      session_->AddReferring(*parent, *leaf.table, &keys);
      if (keys.empty()) continue;
      Error error = MakeError(SqlState::kFeatureNotSupported,
                              "cannot move tuple across partitions when a non-root ancestor of the "
                              "source partition is directly referenced in a foreign key");
      error.detail = "A foreign key points to ancestor \"" + parent->name +
                     "\" but not the root ancestor \"" + table_->name + "\".";
      error.hint = "Consider defining the foreign key on table \"" + table_->name + "\".";
      return error;
    }
    if (moved_keys_ != nullptr) return Ok();
    moved_keys_ = std::make_unique<std::vector<WatchedKey>>();
    session_->AddReferring(*table_, *table_, moved_keys_.get());
    LATHE_ASSIGN(above, session_->AncestorsOf(*table_));
    for (const schema::RelationPtr& parent : above) {
      session_->AddReferring(*parent, *table_, moved_keys_.get());
    }
    return Ok();
  }

  Status Open(Leaf* leaf, Kind kind, size_t place) {
    Part& part = leaf->parts[place];
    if (part.sink != nullptr) return Ok();
    LATHE_ASSIGN(leaf->table,
                 session_->txn_->LockTable(leaf->table->id, txn::TableLockMode::kRowExclusive));
    if (leaf->fields.empty()) {
      const std::vector<uint32_t> map = bind::MapColumns(*leaf->table, *table_);
      for (uint32_t column : leaf->table->LiveColumns()) {
        const auto found = std::find(live_.begin(), live_.end(), map[column]);
        if (found == live_.end()) return NotSupported("a child with columns of its own here");
        leaf->fields.push_back(static_cast<size_t>(found - live_.begin()));
      }
      if (leaf->table->has_row_id()) leaf->fields.push_back(SIZE_MAX);
    }
    if (kind != Kind::kInsert && leaf->table->has_row_id() && !table_->has_row_id()) {
      return NotSupported("changing rows of a partition without its parent's primary key");
    }
    part.layout = std::make_unique<row::Layout>(exec::WriteLayout(*leaf->table, kind));
    part.rows = std::make_unique<row::RowBuffer>(part.layout.get(), &budget_);
    if (place == kMove) LATHE_TRY(PrepareMove(*leaf));
    LATHE_ASSIGN(part.sink, session_->OpenChecked(leaf->table, kind, &part.affected,
                                                  place == kMove ? table_->id : RelationId()));
    return Ok();
  }

  /// Puts the row's new (or only) and old halves into a leaf's own form.
  Status Add(Leaf* leaf, Kind kind, const char* page, const char* row) {
    return Add(leaf, kind, static_cast<size_t>(kind), page, row);
  }
  Status Add(Leaf* leaf, Kind kind, size_t place, const char* page, const char* row) {
    LATHE_TRY(Open(leaf, kind, place));
    Part& part = leaf->parts[place];
    const size_t halves = kind == Kind::kUpdate ? 2 : 1;
    const size_t count = leaf->fields.size();
    datums_.resize(halves * count + 1);
    nulls_.assign(halves * count + 1, 0);
    for (size_t half = 0; half < halves; ++half) {
      const bool old = half == 1 || kind == Kind::kDelete;
      const size_t begin = old ? old_begin_ : 0;
      for (size_t i = 0; i < count; ++i) {
        types::Datum& to = datums_[half * count + i];
        if (leaf->fields[i] == SIZE_MAX) {
          to.i64 = kind == Kind::kInsert ? 0 : RowId(page, row);
          continue;
        }
        const size_t from = begin + leaf->fields[i];
        nulls_[half * count + i] = layout_.IsNull(row, from) ? 1 : 0;
        if (nulls_[half * count + i] == 0) to = row::ReadField(layout_, page, row, from);
      }
    }
    if (!part.rows->AppendRow(datums_.data(), reinterpret_cast<const bool*>(nulls_.data()))) {
      return MakeError(SqlState::kOutOfMemory, "out of memory");
    }
    return Ok();
  }

  int64_t Encoded(const char* page, const char* row) const {
    return row::ReadField(layout_, page, row, old_begin_ + live_.size()).i64;
  }
  int64_t RowId(const char* page, const char* row) const {
    return Encoded(page, row) & ((int64_t{1} << bind::kRowTableShift) - 1);
  }

  /// The table that a row with these values goes to.
  Result<Leaf*> Route(const RowValues& values) {
    schema::RelationPtr at = table_;
    for (;;) {
      Level& level = levels_[at->id];
      if (level.router == nullptr) {
        LATHE_ASSIGN(level.router, PartitionRouter::Make(session_, at));
        level.root = bind::MapColumns(*at, *table_);
      }
      LATHE_ASSIGN(std::vector<types::Value> key, level.router->KeyOf([&](uint32_t column) {
        return values.Column(level.root[column]);
      }));
      const int found = level.router->Find(key);
      if (found < 0) return level.router->NoPartition(key);
      at = level.router->children()[static_cast<size_t>(found)];
      if (at->is_partitioned()) continue;
      for (Leaf& leaf : leaves_) {
        if (leaf.table->id == at->id) return &leaf;
      }
      return MakeError(SqlState::kInternalError, "a partition is not there");
    }
  }

  Result<Leaf*> OldLeaf(const char* page, const char* row) {
    if (!table_->has_row_id()) return Route(old_rows_);
    const auto number = static_cast<size_t>(Encoded(page, row) >> bind::kRowTableShift);
    LATHE_CHECK(number < leaves_.size());
    return &leaves_[number];
  }

  Status Send(const char* page, const char* row) {
    if (kind_ == Kind::kInsert) {
      LATHE_ASSIGN(Leaf * leaf, Route(rows_));
      return Add(leaf, kind_, page, row);
    }
    LATHE_ASSIGN(Leaf * from, OldLeaf(page, row));
    if (kind_ == Kind::kDelete || !table_->is_partitioned()) return Add(from, kind_, page, row);
    LATHE_ASSIGN(Leaf * to, Route(rows_));
    if (to == from) return Add(from, kind_, page, row);
    LATHE_TRY(Add(from, Kind::kDelete, kMove, page, row));
    session_->NoteReferredTo(*moved_keys_, table_->id, old_rows_, &rows_);
    return Add(to, Kind::kInsert, page, row);
  }

  Status Flush() {
    for (size_t place : kOrder) {
      for (Leaf& leaf : leaves_) {
        Part& part = leaf.parts[place];
        if (part.sink == nullptr) continue;
        for (size_t i = 0; i < part.rows->page_count(); ++i) {
          const char* page = part.rows->page(i);
          LATHE_TRY(part.sink->Consume({page, 0, row::HeaderOf(page).row_count}));
        }
        part.rows->Clear();
      }
    }
    return Ok();
  }

  struct Level {
    std::unique_ptr<PartitionRouter> router;
    std::vector<uint32_t> root;  // by column of the router's table: the written table's
  };

  SessionImpl* const session_;
  const schema::RelationPtr table_;
  const exec::WriteKind kind_;
  uint64_t* const affected_;
  const row::Layout layout_;
  const size_t old_begin_;
  RowValues rows_, old_rows_;
  const std::vector<uint32_t> live_;
  base::MemoryBudget budget_;
  std::vector<Leaf> leaves_;
  std::map<RelationId, Level> levels_;
  std::unique_ptr<std::vector<WatchedKey>> moved_keys_;  // null until a row moves
  std::vector<types::Datum> datums_;
  std::vector<char> nulls_;
};

Result<std::unique_ptr<exec::RowSink>> SessionImpl::OpenRouted(const schema::RelationPtr& table,
                                                               exec::WriteKind kind,
                                                               uint64_t* affected) {
  auto sink = std::make_unique<RoutingSink>(this, table, kind, affected);
  LATHE_TRY(sink->Prepare());
  return std::unique_ptr<exec::RowSink>(std::move(sink));
}

Result<std::unique_ptr<exec::RowSink>> SessionImpl::OpenDirect(const schema::RelationPtr& table,
                                                               exec::WriteKind kind,
                                                               uint64_t* affected) {
  std::unique_ptr<exec::RowSink> inner;
  const bool routed = table->is_partitioned() || (!table->children.empty() && table->has_row_id() &&
                                                  kind != exec::WriteKind::kInsert);
  if (routed) {
    LATHE_ASSIGN(inner, OpenRouted(table, kind, affected));
  } else {
    LATHE_ASSIGN(inner, OpenChecked(table, kind, affected));
  }
  if (!table->is_partition() || kind == exec::WriteKind::kDelete) return inner;
  auto checked = std::make_unique<BoundSink>(this, table, kind, std::move(inner));
  LATHE_TRY(checked->Prepare());
  return std::unique_ptr<exec::RowSink>(std::move(checked));
}

}  // namespace lathe::session
