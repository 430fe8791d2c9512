// Front door of runtime/exec: how rows move while a query runs. Rows always travel as segments of
// row pages, whatever they come from (tables, overlays, virtual tables, hash tables, sort runs,
// other nodes), so generated code knows one loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/row/page.h"
#include "runtime/schema/schema.h"
#include "runtime/types/value.h"

namespace lathe::exec {

/// Rows [from, to) of one page.
struct Segment {
  const char* page = nullptr;
  uint32_t from = 0;
  uint32_t to = 0;
};

/// A unit of work for one worker: some segments, and whatever keeps their pages in memory. Segments
/// stay valid until the morsel is cleared, refilled or destroyed. Reused from call to call.
class Morsel {
 public:
  Morsel() = default;
  ~Morsel() { Clear(); }
  Morsel(const Morsel&) = delete;
  Morsel& operator=(const Morsel&) = delete;

  std::vector<Segment> segments;
  uint64_t row_count = 0;

  /// Keeps owner alive as long as the segments are.
  void Pin(std::shared_ptr<const void> owner) { owners_.push_back(std::move(owner)); }
  /// Cheap pins (page frames): release(context) is called when the morsel is cleared.
  void Pin(void (*release)(void*), void* context) { releases_.push_back({release, context}); }
  void Clear() {
    segments.clear();
    row_count = 0;
    for (const Release& r : releases_)
      r.function(r.context);  // before the owners: what is pinned may belong to one
    releases_.clear();
    owners_.clear();
  }

 private:
  struct Release {
    void (*function)(void*);
    void* context;
  };
  std::vector<std::shared_ptr<const void>> owners_;
  std::vector<Release> releases_;
};

/// Where rows come from. Next may be called by several workers at once; each row is handed out
/// exactly once.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// Fills the morsel with the next rows; false at the end (the morsel is then empty). Errors: I/O,
  /// corrupted page, cancelled.
  virtual Result<bool> Next(Morsel* morsel) = 0;
  /// Rows that Next has not handed out yet, roughly; decides on parallelism and on the second tier.
  virtual double RowsLeft() = 0;
};

/// Where rows go: the client, a table, another node. Calls come from one thread at a time.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Takes the rows of a segment; they are gone after the call. Layout as agreed when the sink was
  /// made.
  virtual Status Consume(const Segment& segment) = 0;
  /// All rows have come.
  virtual Status Finish() = 0;
};

/// One end of a range over (a prefix of) a key.
struct KeyBound {
  std::vector<types::Value> values;  // of the first key columns, in their types; empty = unbounded
  bool inclusive = true;
};

/// Rows of a page can be skipped when column `field` (of RowLayout) has no value within [min, max];
/// NULL value = open end. A hint: the rows delivered still have to be filtered.
struct SkipRange {
  uint32_t field;
  types::Value min, max;
};

/// Which rows of a relation are wanted. Bounds are exact, skip ranges are hints.
struct ScanRequest {
  KeyBound lower, upper;
  std::vector<SkipRange> skip;
  bool key_order =
      false;  // morsels in key order, each of them in order; then only one worker may call Next
  bool reverse = false;  // with key_order: from the greatest key down
  // An index of the relation: bounds, points and order are of its key, and rows are found through
  // it. Null: the relation's own key.
  schema::RelationPtr index;
  // Not empty: rows whose first key parts equal one of these. Each is as long as the others, none
  // has a NULL; any order, repeats allowed. Then there are no bounds.
  std::vector<std::vector<types::Value>> points;
};

enum class WriteKind : uint8_t { kInsert, kUpdate, kDelete };

/// A scan or write that lost a race in READ COMMITTED: the statement has changed nothing that
/// counts and must be run again on a new snapshot. Carried as Error::state kSerializationFailure
/// with this message, seen by the session only.
inline constexpr const char* kRestartStatement = "restart statement";

/// The tables of one statement in one transaction, as generated code's driver sees them.
/// Implemented by storage/table (and, in front of it, by session for virtual tables). Used by one
/// thread; the sources that it gives may be used by several.
class TableAccess {
 public:
  virtual ~TableAccess() = default;
  /// Rows as the statement's snapshot sees them, own earlier writes included, in
  /// relation.RowLayout().
  virtual Result<std::unique_ptr<RowSource>> OpenScan(const schema::RelationPtr& relation,
                                                      const ScanRequest& request) = 0;
  /// A sink for changes. Row layout that it takes:
  ///   kInsert: relation.RowLayout() (the hidden row id, if any, is ignored and allocated by the
  ///   sink); kUpdate: the fields of relation.RowLayout() with the new values, followed by the same
  ///   fields with the old values
  ///            (row::Layout::Make over the concatenated specs);
  ///   kDelete: relation.RowLayout(), the old row.
  /// Each row is locked, checked for NOT NULL (23502) and unique keys (23505, at the latest in
  /// Finish) and buffered in the transaction. affected counts rows.
  virtual Result<std::unique_ptr<RowSink>> OpenWrite(const schema::RelationPtr& relation,
                                                     WriteKind kind, uint64_t* affected) = 0;
};

/// The layout of rows that OpenWrite(relation, kind) takes.
row::Layout WriteLayout(const schema::RelationDescriptor& relation, WriteKind kind);

/// Set by cancel, statement timeout and shutdown; read at morsel ends and in unbounded loops. One
/// per running statement.
struct CancelFlag {
  std::atomic<uint32_t> state{0};  // 0 = go on; else 1 + SqlState of the reason
  bool cancelled() const { return state.load(std::memory_order_relaxed) != 0; }
};

}  // namespace lathe::exec
