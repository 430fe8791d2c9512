#include "storage/table/index_writer.h"

#include <algorithm>

namespace lathe::table {

namespace {
constexpr size_t kComputed = SIZE_MAX;
}  // namespace

EntryMaker::EntryMaker(const schema::RelationDescriptor& table,
                       const schema::RelationDescriptor& index, const row::Layout& rows,
                       const row::Layout& entries, size_t first_field, size_t row_id_field)
    : rows_(rows),
      entries_(entries),
      key_columns_(index.key_columns),
      first_tie_(index.first_tie),
      ties_always_null_(index.nulls_not_distinct),
      datums_(entries.field_count()),
      nulls_(new bool[entries.field_count()]) {
  const std::vector<uint32_t> live = table.LiveColumns();
  for (uint32_t source : index.sources) {
    if (source == schema::kRowIdSource || source == schema::kExpressionSource) {
      fields_.push_back(source == schema::kRowIdSource ? row_id_field : kComputed);
      continue;
    }
    const auto found = std::find(live.begin(), live.end(), source);
    LATHE_CHECK(found != live.end());
    fields_.push_back(first_field + static_cast<size_t>(found - live.begin()));
  }
}

Result<std::unique_ptr<EntryMaker>> EntryMaker::For(TransactionImpl* transaction,
                                                    const schema::RelationDescriptor& table,
                                                    const schema::RelationPtr& index,
                                                    const row::Layout& rows,
                                                    const row::Layout& entries, size_t first_field,
                                                    size_t row_id_field) {
  std::unique_ptr<EntryMaker> maker(
      new EntryMaker(table, *index, rows, entries, first_field, row_id_field));
  if (!schema::IsPlain(*index)) {
    maker->table_ = std::make_shared<const schema::RelationDescriptor>(table);
    maker->index_ = index;
    LATHE_ASSIGN(maker->expressions_,
                 transaction->ExpressionsOf(*maker->table_, *index, maker->rows_, first_field));
  }
  return maker;
}

Result<bool> EntryMaker::Make(const char* base, const char* row, std::string* image) {
  image->clear();
  if (expressions_ != nullptr) {
    LATHE_ASSIGN(bool has, expressions_->Compute(base, row, &values_));
    if (!has) return false;
  }
  bool has_null = false;
  size_t computed = 0;
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i] == kComputed) {
      const types::Value& value = values_[computed++];
      nulls_[i] = value.is_null();
      if (!nulls_[i]) datums_[i] = value.datum();
    } else {
      nulls_[i] =
          rows_.IsNull(row, fields_[i]) || (i >= first_tie_ && (!has_null || ties_always_null_));
      if (!nulls_[i]) datums_[i] = row::ReadField(rows_, base, row, fields_[i]);
    }
    has_null |= nulls_[i] && i < key_columns_;
  }
  page::AppendImageOfDatums(entries_, datums_.data(), nulls_.get(), image);
  return true;
}

IndexWriter::IndexWriter(TransactionImpl* transaction, const schema::RelationPtr& index,
                         std::shared_ptr<Table> table)
    : writer_(transaction, index, std::move(table)),
      unique_(index->unique),
      plain_(schema::IsPlain(*index)) {}

Result<std::vector<std::unique_ptr<IndexWriter>>> IndexWriter::All(
    TransactionImpl* transaction, const schema::RelationDescriptor& table, exec::WriteKind kind) {
  std::vector<std::unique_ptr<IndexWriter>> writers;
  const schema::RelationPtr newest = transaction->catalog()->GetRelation(table.id);
  if (newest == nullptr || newest->indexes.empty()) return writers;
  const row::Layout rows = exec::WriteLayout(table, kind);
  const size_t n = table.RowLayout().field_count();
  const bool update = kind == exec::WriteKind::kUpdate;
  const size_t row_id = rows.field_count() - 1;  // the old one, which stays
  for (RelationId id : newest->indexes) {
    schema::RelationPtr index = transaction->catalog()->GetRelation(id);
    if (index == nullptr) {
      return MakeError(SqlState::kInternalError,
                       "index with OID " + std::to_string(id.value) + " does not exist");
    }
    LATHE_ASSIGN(std::shared_ptr<Table> entries, transaction->engine()->GetTable(index));
    std::unique_ptr<IndexWriter> writer(new IndexWriter(transaction, index, entries));
    const row::Layout& layout = entries->layout();
    if (update) {
      LATHE_ASSIGN(writer->old_,
                   EntryMaker::For(transaction, table, index, rows, layout, n, row_id));
    }
    LATHE_ASSIGN(writer->new_, EntryMaker::For(transaction, table, index, rows, layout, 0, row_id));
    writers.push_back(std::move(writer));
  }
  return writers;
}

Status IndexWriter::InsertEntry(std::string_view key, std::string_view image) {
  LATHE_TRY(writer_.Start());
  // Entries of other indexes have their row's own key, which is locked.
  return unique_ ? writer_.Insert(key, image) : writer_.Put(key, image, 1);
}

Status IndexWriter::Remove(std::string_view key) {
  LATHE_TRY(writer_.Start());
  // Whoever inserts this key must wait for the outcome.
  if (unique_) LATHE_TRY(writer_.Lock(key));
  return writer_.Put(key, {}, -1);
}

Status IndexWriter::Insert(const char* base, const char* row) {
  LATHE_ASSIGN(bool has, new_->Make(base, row, &new_image_));
  if (!has) return Ok();
  if (load_ != nullptr) return load_->Add(new_image_.data(), new_image_.data());
  new_key_.clear();
  writer_.table().encoder().EncodeRow(new_image_.data(), new_image_.data(), &new_key_);
  return InsertEntry(new_key_, new_image_);
}

Status IndexWriter::Delete(const char* base, const char* row) {
  LATHE_ASSIGN(bool has, new_->Make(base, row, &new_image_));
  if (!has) return Ok();
  new_key_.clear();
  writer_.table().encoder().EncodeRow(new_image_.data(), new_image_.data(), &new_key_);
  return Remove(new_key_);
}

Status IndexWriter::Update(const char* base, const char* row, bool moved) {
  LATHE_ASSIGN(bool had, old_->Make(base, row, &old_image_));
  LATHE_ASSIGN(bool has, new_->Make(base, row, &new_image_));
  if (old_image_ == new_image_) return Ok();
  const keyspace::KeyEncoder& encoder = writer_.table().encoder();
  old_key_.clear();
  new_key_.clear();
  if (had) encoder.EncodeRow(old_image_.data(), old_image_.data(), &old_key_);
  if (has) encoder.EncodeRow(new_image_.data(), new_image_.data(), &new_key_);
  if (had && has && old_key_ == new_key_) {
    LATHE_TRY(writer_.Start());
    return writer_.Put(new_key_, new_image_, 0);
  }
  if (had) LATHE_TRY(Remove(old_key_));
  if (!has) return Ok();
  if (unique_ || moved) return Wait();
  return InsertEntry(new_key_, new_image_);
}

Result<bool> IndexWriter::ChangesUniqueKey(const char* base, const char* row) {
  // Foreign keys cannot refer to others, so nobody holds their keys.
  if (!unique_ || !plain_) return false;
  LATHE_TRY(old_->Make(base, row, &old_image_));
  LATHE_TRY(new_->Make(base, row, &new_image_));
  if (old_image_ == new_image_) return false;
  const keyspace::KeyEncoder& encoder = writer_.table().encoder();
  old_key_.clear();
  new_key_.clear();
  encoder.EncodeRow(old_image_.data(), old_image_.data(), &old_key_);
  encoder.EncodeRow(new_image_.data(), new_image_.data(), &new_key_);
  return old_key_ != new_key_;
}

Status IndexWriter::Wait() {
  if (sorter_ != nullptr) return sorter_->Add(new_image_.data(), new_image_.data());
  waiting_bytes_ += new_key_.size() + new_image_.size() + sizeof(waiting_[0]);
  waiting_.emplace_back(new_key_, new_image_);
  if (waiting_bytes_ < kWaitingBytes) return Ok();
  LATHE_ASSIGN(sorter_, writer_.BeginSort());
  for (const auto& [key, image] : waiting_) LATHE_TRY(sorter_->Add(image.data(), image.data()));
  waiting_ = {};
  return Ok();
}

Status IndexWriter::StartLoad() { return writer_.BeginLoad(&load_); }

Status IndexWriter::Finish() {
  if (load_ != nullptr) {
    LATHE_ASSIGN(PendingLoad pending, load_->Finish());
    load_.reset();
    return writer_.transaction()->AddLoad(std::move(pending));
  }
  if (sorter_ != nullptr) {
    LATHE_ASSIGN(PendingLoad nothing, sorter_->Finish());
    LATHE_CHECK(nothing.pages.empty());
    return Ok();
  }
  std::sort(waiting_.begin(), waiting_.end());
  for (const auto& [key, image] : waiting_) LATHE_TRY(InsertEntry(key, image));
  waiting_.clear();
  return Ok();
}

}  // namespace lathe::table
