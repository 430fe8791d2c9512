// Sinks for INSERT, UPDATE and DELETE: lock the row, check it, buffer the change. Past
// load_rows_min rows an INSERT becomes a load.
#include <algorithm>

#include "storage/table/index_writer.h"

namespace lathe::table {
namespace {

using IndexWriters = std::vector<std::unique_ptr<IndexWriter>>;

Status FinishAll(const IndexWriters& indexes) {
  for (const auto& index : indexes) LATHE_TRY(index->Finish());
  return Ok();
}

class InsertSink final : public exec::RowSink {
 public:
  InsertSink(RowWriter writer, IndexWriters indexes, uint64_t* affected)
      : writer_(std::move(writer)), indexes_(std::move(indexes)), affected_(affected) {}

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
      LATHE_TRY(load_->AddRows(segment.page, segment.from, segment.to));
      for (uint32_t i = segment.from; i < segment.to && !indexes_.empty(); ++i) {
        LATHE_TRY(AddEntries(segment.page, row::RowAt(segment.page, layout.stride(), i)));
      }
      return Ok();
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

  Status Finish() override {
    LATHE_TRY(load_ != nullptr ? FinishLoad() : WriteRows());
    return FinishAll(indexes_);
  }

 private:
  Status AddEntries(const char* base, const char* row) {
    for (const auto& index : indexes_) LATHE_TRY(index->Insert(base, row));
    return Ok();
  }

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
      LATHE_TRY(AddEntries(image, image));
      begin = end;
    }
    images_.clear();
    ends_.clear();
    rows_ = 0;
    return Ok();
  }

  Status StartLoad() {
    LATHE_TRY(writer_.BeginLoad(&load_));
    if (load_ == nullptr) {
      no_load_ = true;
      return Ok();
    }
    for (const auto& index : indexes_) LATHE_TRY(index->StartLoad());
    size_t begin = 0;
    if (writer_.table().has_row_id()) LATHE_TRY(NeedRowIds(rows_));
    for (size_t end : ends_) {
      char* image = images_.data() + begin;
      if (writer_.table().has_row_id()) SetRowId(image);
      LATHE_TRY(load_->Add(image, image));
      LATHE_TRY(AddEntries(image, image));
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
    LATHE_TRY(load_->Add(page, row_.data()));
    return AddEntries(page, row_.data());
  }

  RowWriter writer_;
  const IndexWriters indexes_;
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
  DeleteSink(RowWriter writer, IndexWriters indexes, uint64_t* affected)
      : writer_(std::move(writer)), indexes_(std::move(indexes)), affected_(affected) {}

  Status Consume(const exec::Segment& segment) override {
    LATHE_TRY(writer_.CheckCancel());
    LATHE_TRY(writer_.Start());
    const row::Layout& layout = writer_.table().layout();
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      const char* row = row::RowAt(segment.page, layout.stride(), i);
      key_.clear();
      writer_.table().encoder().EncodeRow(segment.page, row, &key_);
      LATHE_TRY(writer_.Lock(key_));
      LATHE_ASSIGN(bool unchanged, writer_.Unchanged(key_));
      if (!unchanged) continue;
      LATHE_ASSIGN(bool again, writer_.ChangedByThisStatement(key_));
      if (again) continue;
      LATHE_TRY(writer_.Put(key_, {}, -1));
      for (const auto& index : indexes_) LATHE_TRY(index->Delete(segment.page, row));
      ++*affected_;
    }
    return Ok();
  }
  Status Finish() override {
    LATHE_TRY(writer_.CheckConflicts());
    return FinishAll(indexes_);
  }

 private:
  RowWriter writer_;
  const IndexWriters indexes_;
  uint64_t* const affected_;
  std::string key_;
};

// New values are fields [0, n) of a row, old ones [n, 2n). A changed key is a deletion at once and
// an insertion at the statement's end, so that UPDATE t SET k = k + 1 finds the keys free.
class UpdateSink final : public exec::RowSink {
 public:
  static Result<std::unique_ptr<exec::RowSink>> Make(RowWriter writer, IndexWriters indexes,
                                                     uint64_t* affected) {
    LATHE_ASSIGN(std::shared_ptr<const Table::UpdateShape> shape,
                 writer.shared_table()->UpdateShapeOf(writer.relation_ptr()));
    return std::unique_ptr<exec::RowSink>(std::make_unique<UpdateSink>(
        std::move(writer), std::move(indexes), affected, std::move(shape)));
  }
  UpdateSink(RowWriter writer, IndexWriters indexes, uint64_t* affected,
             std::shared_ptr<const Table::UpdateShape> shape)
      : writer_(std::move(writer)),
        indexes_(std::move(indexes)),
        affected_(affected),
        shape_(std::move(shape)),
        wide_(shape_->wide),
        old_key_(shape_->old_key),
        new_key_(shape_->new_key) {}

  Status Consume(const exec::Segment& segment) override {
    LATHE_TRY(writer_.CheckCancel());
    LATHE_TRY(writer_.Start());
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      LATHE_TRY(Update(segment.page, row::RowAt(segment.page, wide_.stride(), i)));
    }
    return Ok();
  }

  Status Finish() override {
    LATHE_TRY(writer_.CheckConflicts());
    if (sorter_ != nullptr) {
      LATHE_ASSIGN(PendingLoad nothing, sorter_->Finish());
      LATHE_CHECK(nothing.pages.empty());
    }
    std::sort(moved_.begin(), moved_.end());
    for (const auto& [key, image] : moved_) LATHE_TRY(writer_.Insert(key, image));
    return FinishAll(indexes_);
  }

 private:
  Status Update(const char* page, const char* row) {
    old_.clear();
    old_key_.EncodeRow(page, row, &old_);
    bool moved = false;
    if (!writer_.table().has_row_id()) {
      new_.clear();
      new_key_.EncodeRow(page, row, &new_);
      moved = new_ != old_;
    }
    bool key_changes = moved;
    for (size_t i = 0; i < indexes_.size() && !key_changes; ++i) {
      LATHE_ASSIGN(key_changes, indexes_[i]->ChangesUniqueKey(page, row));
    }
    const txn::RowLockMode mode =
        key_changes ? txn::RowLockMode::kExclusive : txn::RowLockMode::kNoKeyUpdate;
    LATHE_TRY(writer_.Lock(old_, mode));
    LATHE_ASSIGN(bool unchanged, writer_.Unchanged(old_, mode));
    if (!unchanged) return Ok();
    LATHE_ASSIGN(bool again, writer_.ChangedByThisStatement(old_));
    if (again) return Ok();
    ++*affected_;
    MakeImage(page, row);
    if (moved) {
      LATHE_TRY(writer_.Put(old_, {}, -1));
      writer_.transaction()->NoteMove(writer_.table().storage(), old_, new_);
      LATHE_TRY(Move());
    } else {
      LATHE_TRY(writer_.Put(old_, image_, 0));
    }
    for (const auto& index : indexes_) LATHE_TRY(index->Update(page, row, moved));
    return Ok();
  }

  // A row with a new key waits; many of them in a sort on disk.
  Status Move() {
    if (sorter_ != nullptr) return sorter_->Add(image_.data(), image_.data());
    moved_bytes_ += new_.size() + image_.size() + sizeof(moved_[0]);
    moved_.emplace_back(new_, image_);
    if (moved_bytes_ < kWaitingBytes) return Ok();
    LATHE_ASSIGN(sorter_, writer_.BeginSort());
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
  const IndexWriters indexes_;
  uint64_t* const affected_;
  const std::shared_ptr<const Table::UpdateShape> shape_;
  const row::Layout& wide_;
  const keyspace::KeyEncoder &old_key_, &new_key_;
  std::string old_, new_, image_;
  std::vector<types::Datum> datums_;
  std::vector<uint8_t> nulls_;
  std::vector<std::pair<std::string, std::string>> moved_;  // rows with a new key
  uint64_t moved_bytes_ = 0;
  std::unique_ptr<LoadWriter> sorter_;  // instead of moved_ when they are many
};

}  // namespace

Result<std::shared_ptr<const Table::UpdateShape>> Table::UpdateShapeOf(
    const schema::RelationPtr& relation) {
  {
    std::lock_guard lock(shape_mutex_);
    if (update_shape_ != nullptr && update_shape_->relation == relation) return update_shape_;
  }
  auto shape = std::make_shared<UpdateShape>();
  shape->relation = relation;
  shape->wide = exec::WriteLayout(*relation, exec::WriteKind::kUpdate);
  std::vector<keyspace::KeyPart> old_parts, new_parts;
  for (size_t i = 0; i < encoder_.part_count(); ++i) {
    keyspace::KeyPart part = encoder_.part(i);
    new_parts.push_back(part);
    part.field += static_cast<uint32_t>(encoder_.layout().field_count());
    old_parts.push_back(part);
  }
  LATHE_ASSIGN(shape->old_key, keyspace::KeyEncoder::Make(shape->wide, old_parts));
  LATHE_ASSIGN(shape->new_key, keyspace::KeyEncoder::Make(shape->wide, new_parts));
  std::lock_guard lock(shape_mutex_);
  update_shape_ = shape;
  return std::shared_ptr<const UpdateShape>(std::move(shape));
}

Result<std::unique_ptr<exec::RowSink>> MakeSink(TransactionImpl* transaction,
                                                const schema::RelationPtr& relation,
                                                std::shared_ptr<Table> table, exec::WriteKind kind,
                                                uint64_t* affected) {
  RowWriter writer(transaction, relation, std::move(table));
  LATHE_ASSIGN(IndexWriters indexes, IndexWriter::All(transaction, *relation, kind));
  switch (kind) {
    case exec::WriteKind::kInsert:
      return std::unique_ptr<exec::RowSink>(
          std::make_unique<InsertSink>(std::move(writer), std::move(indexes), affected));
    case exec::WriteKind::kUpdate:
      return UpdateSink::Make(std::move(writer), std::move(indexes), affected);
    case exec::WriteKind::kDelete:
      return std::unique_ptr<exec::RowSink>(
          std::make_unique<DeleteSink>(std::move(writer), std::move(indexes), affected));
  }
  return MakeError(SqlState::kInternalError, "unknown kind of write");
}

}  // namespace lathe::table
