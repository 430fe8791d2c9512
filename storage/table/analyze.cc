// ANALYZE: null fractions, most common values and histograms from a sample of rows; distinct counts
// from all rows that are read. Of a large table only a sample of its pages is read; the number of
// rows is then what the directory knows.
#include <algorithm>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "runtime/base/random.h"
#include "runtime/types/order.h"
#include "storage/table/distinct.h"
#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

constexpr size_t kSampleRows = 30000;
// Of a larger table this part of EngineOptions::analyze_pages is read, so many rows of each page.
constexpr uint64_t kSamplePart = 4;
constexpr uint64_t kSamplePageRows = 30;
constexpr size_t kMostCommon = 20;
constexpr size_t kHistogramBounds = 101;

// What is seen of one column.
struct Sample {
  // Of the rows sampled, as order-preserving encodings.
  std::vector<std::string> values;
  uint64_t nulls = 0;
  // Of all rows read.
  HyperLogLog distinct;
  absl::flat_hash_set<uint64_t> of_page;  // hashes of the page at hand, when not all pages are read
  double sum_over_pages = 0;
};

types::Value Decode(const types::Type& type, std::string_view bytes) {
  types::Value value;
  if (!keyspace::DecodeValue(type, false, &bytes, &value)) return types::Value::Null(type);
  return value;
}

// distinct: the estimate of the different values of the whole table.
void Summarize(const types::Type& type, double rows_total, double distinct, Sample* sample,
               schema::ColumnStats* stats) {
  std::vector<std::string>& values = sample->values;
  const double sampled = static_cast<double>(values.size() + sample->nulls);
  if (sampled == 0) return;
  stats->null_fraction = static_cast<double>(sample->nulls) / sampled;
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  struct Run {
    size_t first, count;
  };
  std::vector<Run> runs;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!runs.empty() && values[runs.back().first] == values[i]) {
      ++runs.back().count;
    } else {
      runs.push_back({i, 1});
    }
  }
  const double n = static_cast<double>(values.size());
  const double total = std::max(n, rows_total * (1 - stats->null_fraction));
  const double d = static_cast<double>(runs.size());
  // A sample of everything is exact.
  stats->distinct_count = sampled >= rows_total ? d : std::clamp(distinct, d, total);

  std::vector<Run> common = runs;
  std::sort(common.begin(), common.end(),
            [](const Run& a, const Run& b) { return a.count > b.count; });
  const double average = n / d;
  for (size_t i = 0; i < common.size() && i < kMostCommon; ++i) {
    if (static_cast<double>(common[i].count) < 1.25 * average || common[i].count < 2) {
      if (runs.size() > kMostCommon) break;
    }
    stats->most_common.emplace_back(Decode(type, values[common[i].first]),
                                    static_cast<double>(common[i].count) / sampled);
  }
  const size_t bounds = std::min(kHistogramBounds, values.size());
  for (size_t i = 0; bounds > 1 && i < bounds; ++i) {
    stats->histogram.push_back(Decode(type, values[i * (values.size() - 1) / (bounds - 1)]));
  }
}

// Reads a source: about every step-th row goes into the samples, all of them into the counts of
// distinct values, by page if by_page.
Status SampleRows(const row::Layout& layout, uint64_t step, bool by_page, exec::RowSource* rows,
                  uint64_t* seen, std::vector<Sample>* samples) {
  step = std::max<uint64_t>(step, 1);
  exec::Morsel morsel;
  std::string bytes;
  for (;;) {
    LATHE_ASSIGN(bool more, rows->Next(&morsel));
    if (!more) return Ok();
    for (const exec::Segment& segment : morsel.segments) {
      for (uint32_t i = segment.from; i < segment.to; ++i, ++*seen) {
        // Spread within the step, so that a pattern in the data does not meet the step.
        const bool sampled = (*seen + (*seen / step) * 7919 % step) % step == 0;
        const char* row = row::RowAt(segment.page, layout.stride(), i);
        for (size_t f = 0; f < samples->size(); ++f) {
          Sample& sample = (*samples)[f];
          if (layout.IsNull(row, f)) {
            if (sampled) ++sample.nulls;
            continue;
          }
          const types::Type& type = layout.field(f).type;
          if (!keyspace::CanBeKey(type)) continue;
          const types::Datum value = row::ReadField(layout, segment.page, row, f);
          const uint64_t hash = base::MixBits(types::HashByType(type, value));
          sample.distinct.Add(hash);
          if (by_page) sample.of_page.insert(hash);
          if (!sampled) continue;
          bytes.clear();
          keyspace::EncodeValue(type, value, false, &bytes);
          sample.values.push_back(bytes);
        }
      }
    }
  }
}

}  // namespace

Result<std::unique_ptr<exec::RowSource>> TransactionImpl::OpenUnit(
    const schema::RelationPtr& relation, const Leaf& leaf, const LeafPages& pages, size_t i) {
  ScanSource source;
  LATHE_ASSIGN(source.table, engine_->GetTable(relation));
  LATHE_ASSIGN(TableVersionPtr newest, source.table->VersionFor(snapshot_));
  source.version = VersionWithLoads(*source.table, std::move(newest));
  source.snapshot = snapshot_;
  source.cancel = cancel_;
  ScanRange range;
  range.keys.begin = i > 0 ? pages.page(i - 1).entry.last_key : leaf.lower();
  if (!range.keys.begin.empty()) range.keys.begin.push_back('\0');
  range.keys.end = pages.page(i).entry.last_key + '\0';
  source.own = OwnRows(source.table->storage(), range);
  if (!source.own.empty()) source.own_bytes = buffer_.Find(source.table->storage())->arena();
  return table::OpenScan(std::move(source), std::move(range), {});
}

Status TransactionImpl::Analyze(RelationId id) {
  LATHE_ASSIGN(schema::RelationPtr relation,
               LockTable(id, txn::TableLockMode::kShareUpdateExclusive));
  if (relation->storage.value == 0) return Ok();
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(relation));
  const std::vector<uint32_t> live = relation->LiveColumns();
  std::vector<Sample> samples(live.size());
  LATHE_ASSIGN(TableVersionPtr newest, table->VersionFor(snapshot_));
  TableVersionPtr version = VersionWithLoads(*table, std::move(newest));
  const Directory& directory = *version->directory;
  const uint64_t page_count = directory.pages_between(0, directory.size());
  double row_count, sampled_pages = 0;  // 0 = all
  const uint64_t all_pages = engine_->options().analyze_pages;
  if (page_count <= all_pages) {
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> rows, OpenScan(relation, {}));
    // Every k-th row of every page: pages are in key order, so this spreads over the whole key.
    const double before = std::max(rows->RowsLeft(), 1.0);
    const auto step = static_cast<uint64_t>(before / static_cast<double>(kSampleRows));
    uint64_t seen = 0;
    LATHE_TRY(SampleRows(table->layout(), step, false, rows.get(), &seen, &samples));
    row_count = static_cast<double>(seen);
  } else {
    row_count = view_.GetStats(id)->row_count;
    base::Random random(id.value);
    uint64_t seen = 0;
    const uint64_t parts = std::max<uint64_t>(all_pages / kSamplePart, 1);
    for (uint64_t i = 0; i < parts; ++i) {
      // One page of each of so many equal parts of the table; none is empty.
      const uint64_t from = i * page_count / parts, to = (i + 1) * page_count / parts;
      uint64_t number = from + random.Next() % (to - from);
      size_t at = 0;
      while (at + 1 < directory.size() && directory.pages_between(0, at + 1) <= number) ++at;
      number -= directory.pages_between(0, at);
      const Leaf& leaf = *directory.leaf(at);
      LATHE_ASSIGN(LeafPagesPtr pages, leaf.Pages());
      if (number >= pages->size()) continue;  // fewer than were known of
      LATHE_ASSIGN(std::unique_ptr<exec::RowSource> rows, OpenUnit(relation, leaf, *pages, number));
      const uint64_t step = pages->page(number).entry.row_count / kSamplePageRows;
      seen = random.Next() % std::max<uint64_t>(step, 1);
      LATHE_TRY(SampleRows(table->layout(), step, true, rows.get(), &seen, &samples));
      ++sampled_pages;
      for (Sample& sample : samples) {
        sample.sum_over_pages += static_cast<double>(sample.of_page.size());
        sample.of_page.clear();
      }
    }
  }
  auto stats = std::make_shared<schema::RelationStats>();
  stats->row_count = row_count;
  stats->page_count = static_cast<double>(page_count);
  stats->columns.resize(relation->columns.size());
  for (size_t f = 0; f < live.size(); ++f) {
    double distinct = samples[f].distinct.Estimate();
    if (sampled_pages > 0) {
      distinct = DistinctOfAllPages(distinct, samples[f].sum_over_pages, sampled_pages,
                                    static_cast<double>(page_count));
    }
    Summarize(table->layout().field(f).type, row_count, distinct, &samples[f],
              &stats->columns[live[f]]);
  }
  view_.PutStats(id, std::move(stats));
  schema::RelationDescriptor next = *relation;
  ++next.version;
  view_.PutRelation(std::make_shared<const schema::RelationDescriptor>(std::move(next)));
  return Ok();
}

}  // namespace lathe::table
