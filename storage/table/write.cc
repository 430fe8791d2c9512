// Sinks for INSERT, UPDATE and DELETE: lock the row, check it, buffer the change. Past
// load_rows_min rows an INSERT becomes a load.
#include <algorithm>
#include <functional>

#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

// Row locks of one statement before it tries to lock all rows at once.
constexpr uint64_t kEscalateRows = 1000;

// Rows that wait in an INSERT for the decision between single changes and a load; rows_min of them,
// or so many bytes.
constexpr size_t kWaitingBytes = 16 << 20;

// What the sinks share: single changes of rows of one table.
class RowWriter {
 public:
  RowWriter(TransactionImpl* transaction, schema::RelationPtr relation,
            std::shared_ptr<Table> table)
      : transaction_(transaction), relation_(std::move(relation)), table_(std::move(table)) {}

  const Table& table() const { return *table_; }
  const std::shared_ptr<Table>& shared_table() const { return table_; }
  TransactionImpl* transaction() const { return transaction_; }
  const schema::RelationDescriptor& relation() const { return *relation_; }

  Status Start() {
    if (started_) return Ok();
    LATHE_TRY(transaction_->LockStorage(table_->storage(), txn::TableLockMode::kRowExclusive));
    started_ = true;
    return Ok();
  }

  /// All rows are locked: no lock per row any more.
  void AllLocked() { started_ = all_locked_ = true; }

  Status Lock(std::string_view key) {
    if (all_locked_) return Ok();
    if (++locked_rows_ > kEscalateRows && locked_rows_ % kEscalateRows == 1 &&
        transaction_->TryLockStorage(table_->storage(), txn::TableLockMode::kShareRowExclusive)) {
      all_locked_ = true;
      return Ok();
    }
    return transaction_->engine()->locks()->LockRow(
        transaction_->id(), keyspace::RowPrefix(table_->storage(), key),
        txn::RowLockMode::kExclusive, transaction_->lock_wait());
  }

  const txn::OwnVersion* Own(std::string_view key) const {
    const txn::StorageWrites* writes = transaction_->buffer()->Find(table_->storage());
    return writes == nullptr ? nullptr : writes->Find(key);
  }

  /// First committer wins: the row, locked now, must not have changed since the snapshot.
  Status CheckUnchanged(std::string_view key) const {
    if (Own(key) != nullptr) return Ok();  // checked when it was written first
    if (!table_->ChangedSince(key, transaction_->snapshot())) return Ok();
    if (transaction_->isolation() == txn::Isolation::kReadCommitted) {
      return MakeError(SqlState::kSerializationFailure, exec::kRestartStatement);
    }
    return MakeError(SqlState::kSerializationFailure,
                     "could not serialize access due to concurrent update");
  }

  Result<bool> Exists(std::string_view key) const {
    if (const txn::OwnVersion* own = Own(key)) return !own->is_delete();
    return table_->Exists(*transaction_->ViewOf(*table_), key);
  }

  /// A new row; its key is checked and locked.
  Status Insert(std::string_view key, std::string_view image) {
    LATHE_TRY(Lock(key));
    if (!table_->has_row_id()) {
      LATHE_ASSIGN(bool exists, Exists(key));
      if (exists) return DuplicateKeyError(*relation_, table_->encoder(), key);
    }
    return Put(key, image, 1);
  }

  Status Put(std::string_view key, std::string_view image, int net_rows) {
    LATHE_TRY(transaction_->buffer()->Put(table_->storage(), table_->schema_version(), key, image,
                                          transaction_->statement(), net_rows));
    return transaction_->WantsSpill() ? Spill() : Ok();
  }

  /// Called before buffered rows are written as pages.
  void SetBeforeSpill(std::function<Status()> before) { before_spill_ = std::move(before); }

  /// True when this statement has changed the row already (a join found it twice): the first change
  /// stays.
  Result<bool> ChangedByThisStatement(std::string_view key) const {
    const txn::OwnVersion* own = Own(key);
    if (own != nullptr && own->statement == transaction_->statement()) return true;
    return transaction_->SpilledByStatement(table_->storage(), key);
  }

  Status CheckCancel() const {
    const exec::CancelFlag* cancel = transaction_->cancel();
    return cancel != nullptr && cancel->cancelled() ? Status(txn::CancelledError(*cancel)) : Ok();
  }

 private:
  Status Spill() {
    if (before_spill_ != nullptr) LATHE_TRY(before_spill_());
    LATHE_ASSIGN(bool spilled, transaction_->Spill(table_));
    if (spilled) all_locked_ = true;
    return Ok();
  }

  TransactionImpl* const transaction_;
  const schema::RelationPtr relation_;
  const std::shared_ptr<Table> table_;
  std::function<Status()> before_spill_;
  bool started_ = false, all_locked_ = false;
  uint64_t locked_rows_ = 0;
};

class InsertSink final : public exec::RowSink {
 public:
  InsertSink(RowWriter writer, uint64_t* affected)
      : writer_(std::move(writer)), affected_(affected) {}

  Status Consume(const exec::Segment& segment) override {
    LATHE_TRY(writer_.CheckCancel());
    *affected_ += segment.to - segment.from;
    const row::Layout& layout = writer_.table().layout();
    const uint32_t rows_min = writer_.transaction()->engine()->options().load_rows_min;
    if (load_ == nullptr && !no_load_ &&
        (rows_ + (segment.to - segment.from) >= rows_min || images_.size() > kWaitingBytes)) {
      LATHE_TRY(StartLoad());
    }
    if (load_ != nullptr && !writer_.table().has_row_id()) {
      return load_->AddRows(segment.page, segment.from, segment.to);
    }
    if (writer_.table().has_row_id()) LATHE_TRY(NeedRowIds(segment.to - segment.from));
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      const char* row = row::RowAt(segment.page, layout.stride(), i);
      if (load_ != nullptr) {
        LATHE_TRY(AddWithRowId(segment.page, row));
      } else {
        page::AppendRowImage(layout, segment.page, row, &images_);
        ends_.push_back(images_.size());
        ++rows_;
      }
    }
    return no_load_ ? WriteRows() : Ok();
  }

  Status Finish() override { return load_ != nullptr ? FinishLoad() : WriteRows(); }

 private:
  // The rows that wait, one by one.
  Status WriteRows() {
    LATHE_TRY(writer_.Start());
    LATHE_TRY(NeedRowIds(writer_.table().has_row_id() ? rows_ : 0));
    size_t begin = 0;
    std::string key;
    for (size_t end : ends_) {
      char* image = images_.data() + begin;
      if (writer_.table().has_row_id()) SetRowId(image);
      key.clear();
      writer_.table().encoder().EncodeRow(image, image, &key);
      LATHE_TRY(writer_.Insert(key, {image, end - begin}));
      begin = end;
    }
    images_.clear();
    ends_.clear();
    rows_ = 0;
    return Ok();
  }

  Status StartLoad() {
    TransactionImpl* transaction = writer_.transaction();
    // Against other loads and writers of single rows.
    LATHE_TRY(transaction->LockStorage(writer_.table().storage(),
                                       txn::TableLockMode::kShareRowExclusive));
    writer_.AllLocked();
    // The load's pages must fit between those that this transaction's snapshot reads, not only
    // between the newest.
    if (transaction->isolation() != txn::Isolation::kReadCommitted &&
        !writer_.table().NewestIs(transaction->snapshot())) {
      no_load_ = true;
      return Ok();
    }
    LATHE_TRY(transaction->SpillEarlier(writer_.shared_table()));
    LATHE_ASSIGN(uint64_t id, transaction->engine()->load_ids()->Next());
    LoadOptions options;
    options.view = [this] { return writer_.transaction()->ViewOf(writer_.table()); };
    options.sort_bytes = transaction->engine()->options().load_sort_bytes;
    options.range_free = [this](std::string_view first, std::string_view last) {
      return writer_.transaction()->RangeFree(writer_.table(), first, last);
    };
    options.fallback = [this](const char* base, const char* row) {
      const keyspace::KeyEncoder& encoder = writer_.table().encoder();
      return writer_.Insert(encoder.RowKey(base, row), page::RowImage(encoder.layout(), base, row));
    };
    options.duplicate = [this](std::string_view key) {
      return DuplicateKeyError(writer_.relation(), writer_.table().encoder(), key);
    };
    LATHE_ASSIGN(load_, LoadWriter::Begin(transaction->engine(), writer_.shared_table(), LoadId(id),
                                          std::move(options)));
    // What the load has written so far must be part of what buffered rows are merged with.
    writer_.SetBeforeSpill([this]() -> Status {
      if (load_ == nullptr) return Ok();
      LATHE_ASSIGN(uint64_t next, writer_.transaction()->engine()->load_ids()->Next());
      LATHE_ASSIGN(PendingLoad done, load_->Split(LoadId(next)));
      return writer_.transaction()->AddLoad(std::move(done));
    });
    size_t begin = 0;
    if (writer_.table().has_row_id()) LATHE_TRY(NeedRowIds(rows_));
    for (size_t end : ends_) {
      char* image = images_.data() + begin;
      if (writer_.table().has_row_id()) SetRowId(image);
      LATHE_TRY(load_->Add(image, image));
      begin = end;
    }
    images_ = std::string();
    ends_ = {};
    return Ok();
  }

  Status FinishLoad() {
    LATHE_ASSIGN(PendingLoad pending, load_->Finish());
    load_.reset();
    return writer_.transaction()->AddLoad(std::move(pending));
  }

  Status NeedRowIds(uint64_t count) {
    if (count <= row_id_end_ - row_id_next_) return Ok();
    // Ids of one block follow each other, so that a load of them is in order; what a block has left
    // is skipped.
    const uint64_t block = std::max<uint64_t>(count, load_ != nullptr ? 65536 : 1);
    LATHE_ASSIGN(row_id_next_, writer_.shared_table()->AllocateRowIds(block));
    row_id_end_ = row_id_next_ + block;
    writer_.transaction()->NoteRowIds(writer_.table().storage(), row_id_end_);
    return Ok();
  }
  void SetRowId(char* row) {
    const row::Layout& layout = writer_.table().layout();
    StoreAt(row + layout.field(layout.field_count() - 1).offset,
            static_cast<int64_t>(row_id_next_++));
  }
  Status AddWithRowId(const char* page, const char* row) {
    row_.assign(row, writer_.table().layout().stride());
    // Inline strings lie in the row, all others count from the page.
    SetRowId(row_.data());
    return load_->Add(page, row_.data());
  }

  RowWriter writer_;
  uint64_t* const affected_;
  std::string images_;        // rows that wait to become single changes or a load
  std::vector<size_t> ends_;  // of each in images_
  uint64_t rows_ = 0;
  bool no_load_ = false;  // rows are written one by one, however many
  std::unique_ptr<LoadWriter> load_;
  uint64_t row_id_next_ = 0, row_id_end_ = 0;
  std::string row_;
};

class DeleteSink final : public exec::RowSink {
 public:
  DeleteSink(RowWriter writer, uint64_t* affected)
      : writer_(std::move(writer)), affected_(affected) {}

  Status Consume(const exec::Segment& segment) override {
    LATHE_TRY(writer_.CheckCancel());
    LATHE_TRY(writer_.Start());
    const row::Layout& layout = writer_.table().layout();
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      key_.clear();
      writer_.table().encoder().EncodeRow(segment.page,
                                          row::RowAt(segment.page, layout.stride(), i), &key_);
      LATHE_TRY(writer_.Lock(key_));
      LATHE_TRY(writer_.CheckUnchanged(key_));
      LATHE_ASSIGN(bool again, writer_.ChangedByThisStatement(key_));
      if (again) continue;
      LATHE_TRY(writer_.Put(key_, {}, -1));
      ++*affected_;
    }
    return Ok();
  }
  Status Finish() override { return Ok(); }

 private:
  RowWriter writer_;
  uint64_t* const affected_;
  std::string key_;
};

// New values are fields [0, n) of a row, old ones [n, 2n). A changed key is a deletion at once and
// an insertion at the statement's end, so that UPDATE t SET k = k + 1 finds the keys free.
class UpdateSink final : public exec::RowSink {
 public:
  static Result<std::unique_ptr<exec::RowSink>> Make(RowWriter writer, uint64_t* affected) {
    auto sink = std::make_unique<UpdateSink>(std::move(writer), affected);
    const schema::RelationDescriptor& relation = sink->writer_.relation();
    sink->wide_ = exec::WriteLayout(relation, exec::WriteKind::kUpdate);
    const keyspace::KeyEncoder& encoder = sink->writer_.table().encoder();
    std::vector<keyspace::KeyPart> old_parts, new_parts;
    for (size_t i = 0; i < encoder.part_count(); ++i) {
      keyspace::KeyPart part = encoder.part(i);
      new_parts.push_back(part);
      part.field += static_cast<uint32_t>(encoder.layout().field_count());
      old_parts.push_back(part);
    }
    LATHE_ASSIGN(sink->old_key_, keyspace::KeyEncoder::Make(sink->wide_, old_parts));
    LATHE_ASSIGN(sink->new_key_, keyspace::KeyEncoder::Make(sink->wide_, new_parts));
    return std::unique_ptr<exec::RowSink>(std::move(sink));
  }
  UpdateSink(RowWriter writer, uint64_t* affected)
      : writer_(std::move(writer)), affected_(affected) {}

  Status Consume(const exec::Segment& segment) override {
    LATHE_TRY(writer_.CheckCancel());
    LATHE_TRY(writer_.Start());
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      LATHE_TRY(Update(segment.page, row::RowAt(segment.page, wide_.stride(), i)));
    }
    return Ok();
  }

  Status Finish() override {
    if (sorter_ != nullptr) {
      LATHE_ASSIGN(PendingLoad nothing, sorter_->Finish());
      LATHE_CHECK(nothing.pages.empty());
      return Ok();
    }
    std::sort(moved_.begin(), moved_.end());
    for (const auto& [key, image] : moved_) LATHE_TRY(writer_.Insert(key, image));
    return Ok();
  }

 private:
  Status Update(const char* page, const char* row) {
    old_.clear();
    old_key_.EncodeRow(page, row, &old_);
    LATHE_TRY(writer_.Lock(old_));
    LATHE_TRY(writer_.CheckUnchanged(old_));
    LATHE_ASSIGN(bool again, writer_.ChangedByThisStatement(old_));
    if (again) return Ok();
    ++*affected_;
    MakeImage(page, row);
    if (writer_.table().has_row_id()) return writer_.Put(old_, image_, 0);
    new_.clear();
    new_key_.EncodeRow(page, row, &new_);
    if (new_ == old_) return writer_.Put(old_, image_, 0);
    LATHE_TRY(writer_.Put(old_, {}, -1));
    return Move();
  }

  // A row with a new key waits; many of them in a sort on disk.
  Status Move() {
    if (sorter_ != nullptr) return sorter_->Add(image_.data(), image_.data());
    moved_bytes_ += new_.size() + image_.size() + sizeof(moved_[0]);
    moved_.emplace_back(new_, image_);
    if (moved_bytes_ < kWaitingBytes) return Ok();
    EngineImpl* engine = writer_.transaction()->engine();
    LATHE_ASSIGN(uint64_t id, engine->load_ids()->Next());
    LoadOptions options;
    options.sort_all = true;
    options.sort_bytes = engine->options().load_sort_bytes;
    options.range_free = [](std::string_view, std::string_view) { return false; };
    options.fallback = [this](const char* base, const char* row) {
      const keyspace::KeyEncoder& encoder = writer_.table().encoder();
      return writer_.Insert(encoder.RowKey(base, row), page::RowImage(encoder.layout(), base, row));
    };
    options.duplicate = [this](std::string_view key) {
      return DuplicateKeyError(writer_.relation(), writer_.table().encoder(), key);
    };
    LATHE_ASSIGN(sorter_,
                 LoadWriter::Begin(engine, writer_.shared_table(), LoadId(id), std::move(options)));
    for (const auto& [key, image] : moved_) LATHE_TRY(sorter_->Add(image.data(), image.data()));
    moved_ = {};
    return Ok();
  }

  void MakeImage(const char* page, const char* row) {
    const row::Layout& layout = writer_.table().layout();
    const size_t n = layout.field_count();
    datums_.resize(n);
    nulls_.resize(n);
    for (size_t i = 0; i < n; ++i) {
      // The hidden row id stays.
      const size_t from = writer_.table().has_row_id() && i + 1 == n ? i + n : i;
      nulls_[i] = wide_.IsNull(row, from) ? 1 : 0;
      datums_[i] = nulls_[i] ? types::Datum() : row::ReadField(wide_, page, row, from);
    }
    image_.clear();
    page::AppendImageOfDatums(layout, datums_.data(), reinterpret_cast<const bool*>(nulls_.data()),
                              &image_);
  }

  RowWriter writer_;
  uint64_t* const affected_;
  row::Layout wide_;
  keyspace::KeyEncoder old_key_, new_key_;
  std::string old_, new_, image_;
  std::vector<types::Datum> datums_;
  std::vector<uint8_t> nulls_;
  std::vector<std::pair<std::string, std::string>> moved_;  // rows with a new key
  uint64_t moved_bytes_ = 0;
  std::unique_ptr<LoadWriter> sorter_;  // instead of moved_ when they are many
};

}  // namespace

Result<std::unique_ptr<exec::RowSink>> MakeSink(TransactionImpl* transaction,
                                                const schema::RelationPtr& relation,
                                                std::shared_ptr<Table> table, exec::WriteKind kind,
                                                uint64_t* affected) {
  RowWriter writer(transaction, relation, std::move(table));
  switch (kind) {
    case exec::WriteKind::kInsert:
      return std::unique_ptr<exec::RowSink>(
          std::make_unique<InsertSink>(std::move(writer), affected));
    case exec::WriteKind::kUpdate:
      return UpdateSink::Make(std::move(writer), affected);
    case exec::WriteKind::kDelete:
      return std::unique_ptr<exec::RowSink>(
          std::make_unique<DeleteSink>(std::move(writer), affected));
  }
  return MakeError(SqlState::kInternalError, "unknown kind of write");
}

}  // namespace lathe::table
