#include "storage/table/load.h"

#include <algorithm>
#include <queue>

#include "runtime/base/bytes.h"

namespace lathe::table {
namespace {

constexpr uint8_t kLoadRecordVersion = 1;
constexpr uint64_t kFileBytes = 128ull << 20;  // bodies taken in at once
constexpr uint64_t kPageIdBlock = 256;

// One sorted input of a merge: pages of a run, or the items in memory.
class Cursor {
 public:
  Cursor(const Table* table, const std::vector<PageNodePtr>* pages)
      : table_(table), pages_(pages) {}

  Result<bool> Next() {
    if (pinned_ && ++row_ < rows_) {
      MakeKey();
      return true;
    }
    pinned_.Reset();
    if (next_page_ == pages_->size()) return false;
    const PageNode& node = *(*pages_)[next_page_++];
    LATHE_ASSIGN(pinned_, page::PinnedPage::Make(&node.cached));
    row_ = 0;
    rows_ = node.entry.row_count;
    MakeKey();
    return true;
  }
  std::string_view key() const { return key_; }
  const char* base() const { return pinned_.data(); }
  const char* row() const { return row::RowAt(pinned_.data(), table_->layout().stride(), row_); }

 private:
  void MakeKey() {
    key_.clear();
    table_->encoder().EncodeRow(base(), row(), &key_);
  }

  const Table* table_;
  const std::vector<PageNodePtr>* pages_;
  size_t next_page_ = 0;
  page::PinnedPage pinned_;
  uint32_t row_ = 0, rows_ = 0;
  std::string key_;
};

}  // namespace

std::string EncodeLoadRecord(Timestamp ts, StorageId storage) {
  std::string out(1, static_cast<char>(kLoadRecordVersion));
  AppendLittle(&out, ts.value);
  AppendLittle(&out, storage.value);
  return out;
}

bool DecodeLoadRecord(std::string_view bytes, Timestamp* ts, StorageId* storage) {
  ByteReader in(bytes);
  if (in.Little<uint8_t>() != kLoadRecordVersion) return false;
  *ts = Timestamp(in.Little<uint64_t>());
  *storage = StorageId(in.Little<uint64_t>());
  return in.ok() && in.AtEnd();
}

LoadWriter::LoadWriter(EngineImpl* engine, std::shared_ptr<Table> table, LoadId load,
                       LoadOptions options)
    : engine_(engine), table_(std::move(table)), load_(load), options_(std::move(options)) {
  table_->BeginLoad();
  if (options_.sort_all) {
    sorting_ = true;
    arena_ = std::make_unique<txn::Arena>();
  }
}

LoadWriter::~LoadWriter() {
  if (!finished_) {
    file_.reset();
    (void)RemoveScratch();
    (void)DropLoad(engine_->kv(), load_);  // left-overs are found by recovery
    table_->EndLoad();
  }
}

Result<std::unique_ptr<LoadWriter>> LoadWriter::Begin(EngineImpl* engine,
                                                      std::shared_ptr<Table> table, LoadId load,
                                                      LoadOptions options) {
  std::unique_ptr<LoadWriter> writer(
      new LoadWriter(engine, std::move(table), load, std::move(options)));
  LATHE_TRY(writer->StartOutput());
  return writer;
}

Status LoadWriter::StartOutput() {
  builder_ = std::make_unique<page::PageBuilder>(&table_->layout(), table_->schema_version(),
                                                 table_->page_bytes(), this);
  return Ok();
}

Status LoadWriter::Add(const char* base, const char* row) {
  if (sorting_) return AddUnsorted(base, row);
  if (!last_row_.empty()) {
    int order = table_->encoder().CompareRows(last_row_.data(), last_row_.data(), base, row);
    if (order == 0) return options_.duplicate(table_->encoder().RowKey(base, row));
    if (order > 0) {
      sorting_ = true;
      arena_ = std::make_unique<txn::Arena>();
      return AddUnsorted(base, row);
    }
  }
  last_row_.clear();
  page::AppendRowImage(table_->layout(), base, row, &last_row_);
  return Append(base, row);
}

void LoadWriter::FindFence(std::string_view key) {
  TableVersionPtr version = View();
  fence_ = version->directory->leaf(version->directory->Find(key))->upper();
  fence_known_ = true;
}

// Called with a row that may be the first behind the fence.
Status LoadWriter::PassFence(const char* base, const char* row) {
  if (fence_known_ && (fence_.empty() || table_->encoder().CompareRow(base, row, fence_) <= 0)) {
    return Ok();
  }
  LATHE_TRY(builder_->Cut());
  FindFence(table_->encoder().RowKey(base, row));
  return Ok();
}

Status LoadWriter::Append(const char* base, const char* row) {
  LATHE_TRY(PassFence(base, row));
  return builder_->AppendRow(base, row);
}

Status LoadWriter::AppendRun(const char* page, uint32_t from, uint32_t to) {
  const uint32_t stride = table_->layout().stride();
  const keyspace::KeyEncoder& encoder = table_->encoder();
  while (from < to) {
    LATHE_TRY(PassFence(page, row::RowAt(page, stride, from)));
    uint32_t end = to;
    if (!fence_.empty()) {
      end = encoder.LowerBound(page, from, to, fence_ + '\0');  // behind the fence itself
    }
    LATHE_TRY(builder_->AppendRows(page, from, end));
    from = end;
  }
  return Ok();
}

Status LoadWriter::AddRows(const char* page, uint32_t from, uint32_t to) {
  const row::Layout& layout = table_->layout();
  const uint32_t stride = layout.stride();
  while (from < to) {
    LATHE_TRY(Add(page, row::RowAt(page, stride, from)));
    uint32_t first = ++from;
    if (sorting_) continue;
    // The ascending stretch that follows goes in as a whole.
    while (from < to && table_->encoder().CompareRows(page, row::RowAt(page, stride, from - 1),
                                                      page, row::RowAt(page, stride, from)) < 0) {
      ++from;
    }
    if (first == from) continue;
    LATHE_TRY(AppendRun(page, first, from));
    last_row_.clear();
    page::AppendRowImage(layout, page, row::RowAt(page, stride, from - 1), &last_row_);
  }
  return Ok();
}

Status LoadWriter::AddUnsorted(const char* base, const char* row) {
  if (arena_->used_bytes() + items_.size() * sizeof(SortItem) > options_.sort_bytes) {
    LATHE_TRY(SpillRun());
  }
  std::string scratch;
  table_->encoder().EncodeRow(base, row, &scratch);
  SortItem item;
  item.key = arena_->Copy(scratch);
  scratch.clear();
  page::AppendRowImage(table_->layout(), base, row, &scratch);
  item.image = arena_->Copy(scratch);
  items_.push_back(item);
  return Ok();
}

Status LoadWriter::SortMemory() {
  std::sort(items_.begin(), items_.end(),
            [](const SortItem& a, const SortItem& b) { return a.key < b.key; });
  for (size_t i = 1; i < items_.size(); ++i) {
    if (items_[i - 1].key == items_[i].key) return options_.duplicate(items_[i].key);
  }
  return Ok();
}

Status LoadWriter::SpillRun() {
  LATHE_TRY(SortMemory());
  if (scratch_.value == 0) {
    LATHE_ASSIGN(uint64_t id, engine_->storage_ids()->Next());
    kv::WriteBatch batch;
    std::string ts;
    AppendLittle(&ts, uint64_t{0});
    batch.Put(kv::Family::kMeta, DroppedStorageKey(StorageId(id)), ts);  // recovery removes it
    LATHE_TRY(engine_->kv()->Write(batch, true));
    scratch_ = StorageId(id);
  }
  // The load's own pages stay as they are (a run, too); the builder's rest is cut first so that
  // runs do not mix.
  LATHE_TRY(builder_->Finish());
  LATHE_TRY(FlushFile());
  runs_.emplace_back();
  spilling_ = &runs_.back();
  LATHE_ASSIGN(file_, engine_->kv()->NewPageFileWriter());
  for (const SortItem& item : items_) {
    LATHE_TRY(builder_->AppendRow(item.image.data(), item.image.data()));
  }
  LATHE_TRY(builder_->Finish());
  LATHE_TRY(file_->Finish());
  file_.reset();
  spilling_ = nullptr;
  items_.clear();
  arena_ = std::make_unique<txn::Arena>();
  return Ok();
}

Status LoadWriter::MergeRuns() {
  LATHE_TRY(builder_->Finish());
  LATHE_TRY(FlushFile());
  LATHE_TRY(SortMemory());
  Run first = std::move(pages_);
  pages_.clear();
  const LoadId first_load = load_;  // a fallback may change it
  fence_known_ = false;
  std::vector<Cursor> cursors;
  cursors.emplace_back(table_.get(), &first);
  for (const Run& run : runs_) cursors.emplace_back(table_.get(), &run);

  auto greater = [&](size_t a, size_t b) { return cursors[a].key() > cursors[b].key(); };
  std::priority_queue<size_t, std::vector<size_t>, decltype(greater)> heap(greater);
  for (size_t i = 0; i < cursors.size(); ++i) {
    LATHE_ASSIGN(bool more, cursors[i].Next());
    if (more) heap.push(i);
  }
  size_t item = 0;
  std::string last;
  bool any = false;
  while (!heap.empty() || item < items_.size()) {
    const bool from_memory =
        heap.empty() || (item < items_.size() && items_[item].key <= cursors[heap.top()].key());
    std::string_view key = from_memory ? items_[item].key : cursors[heap.top()].key();
    if (any && key == last) return options_.duplicate(key);
    any = true;
    last = key;
    if (from_memory) {
      LATHE_TRY(Append(items_[item].image.data(), items_[item].image.data()));
      ++item;
      continue;
    }
    const size_t i = heap.top();
    heap.pop();
    LATHE_TRY(Append(cursors[i].base(), cursors[i].row()));
    LATHE_ASSIGN(bool more, cursors[i].Next());
    if (more) heap.push(i);
  }
  LATHE_TRY(builder_->Finish());
  LATHE_TRY(FlushFile());
  // The pages of the first part have been merged into the new ones.
  kv::WriteBatch batch;
  for (const PageNodePtr& node : first) {
    const std::string key = node->entry.EncodeKey();
    batch.Delete(kv::Family::kPageDir, key);
    batch.Delete(kv::Family::kPages, key);
    batch.Delete(kv::Family::kMeta, LoadItemKey(first_load, key));
  }
  cursors.clear();
  if (!batch.empty()) LATHE_TRY(engine_->kv()->Write(batch, false));
  items_.clear();
  runs_.clear();
  return RemoveScratch();
}

Status LoadWriter::RemoveScratch() {
  if (scratch_.value == 0) return Ok();
  runs_.clear();
  LATHE_TRY(
      engine_->kv()->DropPages(keyspace::StoragePrefix(scratch_), keyspace::StorageEnd(scratch_)));
  kv::WriteBatch batch;
  batch.Delete(kv::Family::kMeta, DroppedStorageKey(scratch_));
  scratch_ = StorageId();
  return engine_->kv()->Write(batch, false);
}

Status LoadWriter::OnPage(const page::BuiltPage& built) {
  const row::Layout& layout = table_->layout();
  const keyspace::KeyEncoder& encoder = table_->encoder();
  if (page_id_next_ == page_id_end_) {
    LATHE_ASSIGN(page_id_next_, engine_->page_ids()->Next(kPageIdBlock));
    page_id_end_ = page_id_next_ + kPageIdBlock;
  }
  page::PageDirectoryEntry entry;
  entry.storage = spilling_ != nullptr ? scratch_ : table_->storage();
  entry.first_key = encoder.RowKey(built.page, row::RowAt(built.page, layout.stride(), 0));
  entry.last_key =
      encoder.RowKey(built.page, row::RowAt(built.page, layout.stride(), built.row_count - 1));
  if (spilling_ == nullptr && options_.fallback != nullptr) {
    LATHE_ASSIGN(bool range_free, options_.range_free(entry.first_key, entry.last_key));
    if (range_free) {
      // Fences may have come since the page was begun.
      TableVersionPtr version = View();
      range_free =
          version->directory->Find(entry.first_key) == version->directory->Find(entry.last_key);
    }
    if (!range_free) {
      for (uint32_t i = 0; i < built.row_count; ++i) {
        LATHE_TRY(options_.fallback(built.page, row::RowAt(built.page, layout.stride(), i)));
      }
      return Ok();
    }
  }
  entry.page = PageId(page_id_next_++);
  entry.row_count = built.row_count;
  entry.page_bytes = built.bytes;
  entry.schema_version = table_->schema_version();
  entry.summary = built.summary;
  if (file_ == nullptr) {
    LATHE_ASSIGN(file_, engine_->kv()->NewPageFileWriter());
  }
  LATHE_TRY(file_->Add(entry.EncodeKey(), built.view()));
  if (spilling_ != nullptr) {
    spilling_->push_back(table_->MakeNode(std::move(entry)));
    return Ok();
  }
  entry.load = load_;
  {
    TableVersionPtr version = View();
    LATHE_TRY(Hold(version->directory->leaf(version->directory->Find(entry.last_key))));
  }
  table_->Widen(entry.summary);
  const std::string key = entry.EncodeKey();
  entries_.Put(kv::Family::kPageDir, key, entry.EncodeValue());
  entries_.Put(kv::Family::kMeta, LoadItemKey(load_, key), {});
  pages_.push_back(table_->MakeNode(std::move(entry)));
  return file_->bytes() >= kFileBytes ? FlushFile() : Ok();
}

Status LoadWriter::FlushFile() {
  if (file_ == nullptr) return Ok();
  if (!recorded_) {
    entries_.Put(kv::Family::kLoads, keyspace::LoadKey(load_),
                 EncodeLoadRecord(Timestamp(), table_->storage()));
    recorded_ = true;
  }
  LATHE_TRY(table_->WriteWithRecord(&entries_, true));
  entries_.Clear();
  std::unique_ptr<kv::PageFileWriter> file = std::move(file_);
  return file->Finish();
}

Result<PendingLoad> LoadWriter::Finish() {
  if (sorting_) {
    LATHE_TRY(MergeRuns());
  } else {
    LATHE_TRY(builder_->Finish());
    LATHE_TRY(FlushFile());
  }
  finished_ = true;
  PendingLoad pending = TakePending();
  if (pending.pages.empty()) {
    table_->EndLoad();
    return pending;
  }
  engine_->AddPendingLoad(pending);
  return pending;
}

Result<PendingLoad> LoadWriter::FinishMerge(std::shared_ptr<const Replaced> replaced,
                                            TableVersionPtr version, uint64_t changes) {
  LATHE_TRY(builder_->Finish());
  LATHE_TRY(FlushFile());
  finished_ = true;
  PendingLoad pending = TakePending();
  pending.row_count = changes;
  pending.net_rows = 0;
  pending.replaced = std::move(replaced);
  pending.version = std::move(version);
  engine_->AddPendingLoad(pending);
  return pending;
}

Result<const LeafPages*> LoadWriter::Hold(const LeafPtr& leaf) {
  auto it = held_.find(leaf.get());
  if (it == held_.end()) {
    LATHE_ASSIGN(HeldLeaf held, HeldLeaf::Make(leaf));
    it = held_.emplace(leaf.get(), std::move(held)).first;
  }
  return &it->second.pages();
}

Result<PendingLoad> LoadWriter::Split(LoadId next) {
  LATHE_TRY(FlushFile());
  PendingLoad pending = TakePending();
  load_ = next;
  recorded_ = false;
  fence_known_ = false;
  if (pending.pages.empty()) return pending;
  table_->BeginLoad();  // one for each pending load
  engine_->AddPendingLoad(pending);
  return pending;
}

PendingLoad LoadWriter::TakePending() {
  auto held = std::make_shared<std::vector<HeldLeaf>>();
  for (auto& [leaf, hold] : held_) held->push_back(std::move(hold));
  PendingLoad pending{load_, table_, std::move(pages_), std::move(held), 0};
  pages_.clear();
  held_.clear();
  for (const PageNodePtr& node : pending.pages) pending.row_count += node->entry.row_count;
  pending.net_rows = static_cast<int64_t>(pending.row_count);
  return pending;
}

Status DropLoad(kv::Kv* kv, LoadId load) {
  kv::WriteBatch batch;
  kv::IterateOptions range;
  range.lower = LoadItemPrefix(load);
  range.upper = keyspace::PrefixSuccessor(range.lower);
  auto it = kv->NewIterator(kv::Family::kMeta, range);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view page = it->key().substr(range.lower.size());
    batch.Delete(kv::Family::kPageDir, page);
    batch.Delete(kv::Family::kPages, page);
    batch.Delete(kv::Family::kMeta, it->key());
  }
  LATHE_TRY(it->status());
  batch.Delete(kv::Family::kLoads, keyspace::LoadKey(load));
  return kv->Write(batch, false);
}

}  // namespace lathe::table
