// For tests: rows as values into and out of an engine.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/row/row_buffer.h"
#include "runtime/types/codec.h"
#include "storage/table/engine.h"

namespace lathe::table::testing {

/// A directory that goes with the object.
class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lathe_test_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_ + "/data"; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

using Cell = std::optional<std::string>;  // text form; none = NULL
using Row = std::vector<Cell>;

inline schema::Column Col(const std::string& name, types::Type type, bool not_null = false) {
  schema::Column column;
  column.name = name;
  column.type = type;
  column.not_null = not_null;
  return column;
}

/// t(k int8, v int4, s text), keyed by k, or by a hidden row id.
inline TableSpec KeyedSpec(const std::string& name = "t", bool key = true) {
  TableSpec spec;
  spec.schema = schema::kPublicSchema;
  spec.name = name;
  spec.columns = {Col("k", types::TypeId::kInt8), Col("v", types::TypeId::kInt4),
                  Col("s", types::TypeId::kText)};
  if (key) spec.key = {{0}};
  return spec;
}

/// Appends a row of text cells to a buffer; fields beyond the cells are zero.
inline void AppendRow(const row::Layout& layout, const Row& cells, row::RowBuffer* buffer) {
  std::vector<types::Value> values;
  std::vector<types::Datum> datums(layout.field_count());
  auto nulls = std::make_unique<bool[]>(layout.field_count());
  values.reserve(cells.size());
  for (size_t i = 0; i < layout.field_count(); ++i) {
    nulls[i] = i < cells.size() && !cells[i].has_value();
    if (i >= cells.size() || nulls[i]) continue;
    values.push_back(types::ValueFromText(layout.field(i).type, *cells[i]).value());
    datums[i] = values.back().datum();
  }
  LATHE_CHECK(buffer->AppendRow(datums.data(), nulls.get()));
}

inline Status WriteRows(Transaction* txn, const schema::RelationPtr& relation, exec::WriteKind kind,
                        const std::vector<Row>& rows, uint64_t* affected = nullptr) {
  row::Layout layout = exec::WriteLayout(*relation, kind);
  row::RowBuffer buffer(&layout, nullptr);
  for (const Row& row : rows) AppendRow(layout, row, &buffer);
  uint64_t count = 0;
  LATHE_ASSIGN(std::unique_ptr<exec::RowSink> sink,
               txn->tables()->OpenWrite(relation, kind, affected ? affected : &count));
  for (size_t i = 0; i < buffer.page_count(); ++i) {
    LATHE_TRY(sink->Consume({buffer.page(i), 0, row::HeaderOf(buffer.page(i)).row_count}));
  }
  return sink->Finish();
}

/// One statement that inserts rows.
inline Status Insert(Transaction* txn, const schema::RelationPtr& relation,
                     const std::vector<Row>& rows) {
  LATHE_TRY(txn->StartStatement(nullptr));
  return WriteRows(txn, relation, exec::WriteKind::kInsert, rows);
}

inline Row ReadRow(const row::Layout& layout, const char* page, const char* row, size_t fields) {
  Row cells;
  for (size_t i = 0; i < fields; ++i) {
    if (layout.IsNull(row, i)) {
      cells.emplace_back();
      continue;
    }
    std::string text;
    types::AppendText(layout.field(i).type, row::ReadField(layout, page, row, i), {}, &text);
    cells.emplace_back(std::move(text));
  }
  return cells;
}

/// All rows of a source in the order in which they come; with_id keeps the hidden row id.
inline Result<std::vector<Row>> Drain(exec::RowSource* source,
                                      const schema::RelationDescriptor& relation,
                                      bool with_id = false) {
  row::Layout layout = relation.RowLayout();
  const size_t fields = layout.field_count() - (relation.has_row_id() && !with_id ? 1 : 0);
  std::vector<Row> rows;
  exec::Morsel morsel;
  for (;;) {
    LATHE_ASSIGN(bool more, source->Next(&morsel));
    if (!more) return rows;
    uint64_t count = 0;
    for (const exec::Segment& segment : morsel.segments) {
      for (uint32_t i = segment.from; i < segment.to; ++i, ++count) {
        rows.push_back(
            ReadRow(layout, segment.page, row::RowAt(segment.page, layout.stride(), i), fields));
      }
    }
    LATHE_CHECK(count == morsel.row_count);
  }
}

/// One statement that reads a table, in key order.
inline std::vector<Row> Scan(Transaction* txn, const schema::RelationPtr& relation,
                             exec::ScanRequest request = {}, bool with_id = false) {
  LATHE_CHECK(txn->StartStatement(nullptr).ok());
  request.key_order = true;
  auto source = txn->tables()->OpenScan(relation, request);
  LATHE_CHECK_NOTE(source.ok(), source.error().ToString().c_str());
  auto rows = Drain(source.value().get(), *relation, with_id);
  LATHE_CHECK_NOTE(rows.ok(), rows.error().ToString().c_str());
  return std::move(rows).value();
}

/// One statement: for the rows that pass, the new row (none = delete).
inline Status Change(Transaction* txn, const schema::RelationPtr& relation,
                     const std::function<bool(const Row&)>& filter,
                     const std::function<std::optional<Row>(const Row&)>& change,
                     const exec::ScanRequest& request = {}) {
  LATHE_TRY(txn->StartStatement(nullptr));
  LATHE_ASSIGN(std::unique_ptr<exec::RowSource> source, txn->tables()->OpenScan(relation, request));
  LATHE_ASSIGN(std::vector<Row> rows, Drain(source.get(), *relation, true));
  std::vector<Row> updates, deletes;
  for (const Row& row : rows) {
    if (!filter(row)) continue;
    std::optional<Row> next = change(row);
    if (!next.has_value()) {
      deletes.push_back(row);
      continue;
    }
    next->resize(row.size(), Cell("0"));
    next->insert(next->end(), row.begin(), row.end());
    updates.push_back(std::move(*next));
  }
  if (!updates.empty()) LATHE_TRY(WriteRows(txn, relation, exec::WriteKind::kUpdate, updates));
  if (!deletes.empty()) LATHE_TRY(WriteRows(txn, relation, exec::WriteKind::kDelete, deletes));
  return Ok();
}

inline exec::ScanRequest PointRequest(int64_t key) {
  exec::ScanRequest request;
  request.lower.values = {types::Value::Int8(key)};
  request.upper.values = {types::Value::Int8(key)};
  return request;
}

}  // namespace lathe::table::testing
