// ANALYZE: null fractions, distinct counts, most common values and histograms from a sample of
// rows. Distinct counts: the estimator Duj1 of Haas and Stokes, "Estimating the Number of Classes
// in a Finite Population", IBM RJ 10025, 1996, as PostgreSQL uses it: n d / (n - f1 + f1 n / N),
// with n rows sampled of N, d distinct, f1 seen once.
#include <algorithm>
#include <map>

#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

constexpr size_t kSampleRows = 30000;
constexpr size_t kMostCommon = 20;
constexpr size_t kHistogramBounds = 101;

// Values of one column in the sample, as their order-preserving encodings.
struct Sample {
  std::vector<std::string> values;
  uint64_t nulls = 0;
};

types::Value Decode(const types::Type& type, std::string_view bytes) {
  types::Value value;
  if (!keyspace::DecodeValue(type, false, &bytes, &value)) return types::Value::Null(type);
  return value;
}

void Summarize(const types::Type& type, double rows_total, Sample* sample,
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
  const double f1 = static_cast<double>(
      std::count_if(runs.begin(), runs.end(), [](const Run& run) { return run.count == 1; }));
  stats->distinct_count = std::clamp(n * d / (n - f1 + f1 * n / total), d, total);

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

}  // namespace

Status TransactionImpl::Analyze(RelationId id) {
  LATHE_ASSIGN(schema::RelationPtr relation,
               LockTable(id, txn::TableLockMode::kShareUpdateExclusive));
  if (relation->storage.value == 0) return Ok();
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(relation));
  const row::Layout& layout = table->layout();
  const std::vector<uint32_t> live = relation->LiveColumns();
  std::vector<Sample> samples(live.size());
  LATHE_ASSIGN(std::unique_ptr<exec::RowSource> rows, OpenScan(relation, {}));
  // Every k-th row of every page: pages are in key order, so this spreads over the whole key.
  const double total_before = std::max(rows->RowsLeft(), 1.0);
  const uint64_t step =
      std::max<uint64_t>(1, static_cast<uint64_t>(total_before / static_cast<double>(kSampleRows)));
  uint64_t seen = 0;
  exec::Morsel morsel;
  std::string bytes;
  for (;;) {
    LATHE_ASSIGN(bool more, rows->Next(&morsel));
    if (!more) break;
    for (const exec::Segment& segment : morsel.segments) {
      for (uint32_t i = segment.from; i < segment.to; ++i, ++seen) {
        // Spread within the step, so that a pattern in the data does not meet the step.
        if ((seen + (seen / step) * 7919 % step) % step != 0) continue;
        const char* row = row::RowAt(segment.page, layout.stride(), i);
        for (size_t f = 0; f < live.size(); ++f) {
          if (layout.IsNull(row, f)) {
            ++samples[f].nulls;
          } else if (keyspace::CanBeKey(layout.field(f).type)) {
            bytes.clear();
            keyspace::EncodeValue(layout.field(f).type,
                                  row::ReadField(layout, segment.page, row, f), false, &bytes);
            samples[f].values.push_back(bytes);
          }
        }
      }
    }
  }
  auto stats = std::make_shared<schema::RelationStats>();
  stats->row_count = static_cast<double>(seen);
  stats->page_count = table->Stats(*relation)->page_count;
  stats->columns.resize(relation->columns.size());
  for (size_t f = 0; f < live.size(); ++f) {
    Summarize(layout.field(f).type, static_cast<double>(seen), &samples[f],
              &stats->columns[live[f]]);
  }
  view_.PutStats(id, std::move(stats));
  schema::RelationDescriptor next = *relation;
  ++next.version;
  view_.PutRelation(std::make_shared<const schema::RelationDescriptor>(std::move(next)));
  return Ok();
}

}  // namespace lathe::table
