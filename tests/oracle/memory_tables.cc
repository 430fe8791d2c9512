#include "tests/oracle/memory_tables.h"

#include <algorithm>

#include "runtime/base/memory.h"
#include "runtime/row/row_buffer.h"
#include "tests/oracle/aggregate.h"

namespace lathe::oracle {
namespace {

using types::Value;

/// The rows of a table as they were when the scan was opened, as one morsel.
class MemorySource : public exec::RowSource {
 public:
  MemorySource(row::Layout layout, const std::vector<Row>& rows)
      : layout_(std::move(layout)), budget_(0), buffer_(&layout_, &budget_) {
    for (const Row& row : rows) {
      std::vector<types::Datum> datums(row.size());
      auto nulls = std::make_unique<bool[]>(row.size() + 1);
      for (size_t i = 0; i < row.size(); ++i) {
        nulls[i] = row[i].is_null();
        if (!nulls[i]) datums[i] = row[i].datum();
      }
      LATHE_CHECK(buffer_.AppendRow(datums.data(), nulls.get()));
    }
  }

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    if (done_) return false;
    done_ = true;
    for (size_t p = 0; p < buffer_.page_count(); ++p) {
      const uint32_t count = row::HeaderOf(buffer_.page(p)).row_count;
      morsel->segments.push_back({buffer_.page(p), 0, count});
      morsel->row_count += count;
    }
    return morsel->row_count > 0;
  }
  double RowsLeft() override { return done_ ? 0 : static_cast<double>(buffer_.row_count()); }

 private:
  row::Layout layout_;
  base::MemoryBudget budget_;
  row::RowBuffer buffer_;
  bool done_ = false;
};

bool SameRow(const Row& a, const Row& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (CompareValues(a[i], b[i]) != 0) return false;
  }
  return true;
}

class MemorySink : public exec::RowSink {
 public:
  MemorySink(schema::RelationPtr relation, exec::WriteKind kind, std::vector<Row>* rows,
             int64_t* last_row_id, uint64_t* affected)
      : relation_(std::move(relation)),
        kind_(kind),
        layout_(exec::WriteLayout(*relation_, kind)),
        rows_(rows),
        last_row_id_(last_row_id),
        affected_(affected) {}

  Status Consume(const exec::Segment& segment) override {
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* bytes = row::RowAt(segment.page, layout_.stride(), r);
      Row row;
      for (size_t field = 0; field < layout_.field_count(); ++field) {
        const types::Type& type = layout_.field(field).type;
        row.push_back(
            layout_.IsNull(bytes, field)
                ? Value::Null(type)
                : Value::FromDatum(type, row::ReadField(layout_, segment.page, bytes, field)));
      }
      pending_.push_back(std::move(row));
    }
    return Ok();
  }

  Status Finish() override {
    for (Row& row : pending_) {
      if (kind_ == exec::WriteKind::kInsert) {
        if (relation_->has_row_id()) row.back() = Value::Int8(++*last_row_id_);
        rows_->push_back(std::move(row));
        continue;
      }
      const size_t width = relation_->RowLayout().field_count();
      const Row old(row.end() - static_cast<ptrdiff_t>(width), row.end());
      auto found = std::find_if(rows_->begin(), rows_->end(),
                                [&old](const Row& other) { return SameRow(old, other); });
      if (found == rows_->end()) {
        return MakeError(SqlState::kInternalError, "the old row is not there");
      }
      if (kind_ == exec::WriteKind::kDelete) {
        rows_->erase(found);
      } else {
        row.resize(width);
        *found = std::move(row);
      }
    }
    if (affected_ != nullptr) *affected_ += pending_.size();
    pending_.clear();
    return Ok();
  }

 private:
  schema::RelationPtr relation_;
  exec::WriteKind kind_;
  row::Layout layout_;
  std::vector<Row>* rows_;
  int64_t* last_row_id_;
  uint64_t* affected_;
  std::vector<Row> pending_;
};

}  // namespace

MemoryTables::MemoryTables() {
  auto add = [this](SchemaId id, std::string name) {
    schemas_.push_back(
        std::make_shared<schema::SchemaDescriptor>(schema::SchemaDescriptor{id, std::move(name)}));
  };
  add(schema::kPgCatalogSchema, "pg_catalog");
  add(schema::kPublicSchema, "public");
}

schema::RelationPtr MemoryTables::Create(schema::RelationDescriptor table) {
  table.id = RelationId(++last_id_);
  table.schema = schema::kPublicSchema;
  table.storage = StorageId(last_id_);
  relations_.push_back(std::make_shared<schema::RelationDescriptor>(std::move(table)));
  return relations_.back();
}

std::shared_ptr<const schema::SchemaDescriptor> MemoryTables::FindSchema(std::string_view name) {
  for (const auto& schema : schemas_) {
    if (schema->name == name) return schema;
  }
  return nullptr;
}

std::shared_ptr<const schema::SchemaDescriptor> MemoryTables::GetSchema(SchemaId id) {
  for (const auto& schema : schemas_) {
    if (schema->id == id) return schema;
  }
  return nullptr;
}

schema::RelationPtr MemoryTables::FindRelation(SchemaId schema, std::string_view name) {
  for (const auto& relation : relations_) {
    if (relation->schema == schema && relation->name == name) return relation;
  }
  return nullptr;
}

schema::RelationPtr MemoryTables::GetRelation(RelationId id) {
  for (const auto& relation : relations_) {
    if (relation->id == id) return relation;
  }
  return nullptr;
}

std::vector<std::shared_ptr<const schema::SchemaDescriptor>> MemoryTables::Schemas() {
  return schemas_;
}

std::vector<schema::RelationPtr> MemoryTables::Relations() { return relations_; }

std::shared_ptr<const schema::RelationStats> MemoryTables::GetStats(RelationId) {
  return std::make_shared<schema::RelationStats>();
}

Result<std::unique_ptr<exec::RowSource>> MemoryTables::OpenScan(const schema::RelationPtr& relation,
                                                                const exec::ScanRequest& request) {
  // Where the key columns lie in a row.
  std::vector<size_t> key;
  const std::vector<uint32_t> live = relation->LiveColumns();
  for (const schema::KeyColumn& column : relation->key) {
    key.push_back(std::find(live.begin(), live.end(), column.column) - live.begin());
  }
  /// The row's key against the first key columns that the bound gives.
  auto compare = [&key](const Row& row, const exec::KeyBound& bound) {
    for (size_t i = 0; i < bound.values.size(); ++i) {
      if (const int order = CompareValues(row[key[i]], bound.values[i])) return order;
    }
    return 0;
  };
  std::vector<Row> wanted;
  for (const Row& row : rows_[relation->id.value]) {
    const int low = compare(row, request.lower), high = compare(row, request.upper);
    const bool below =
        !request.lower.values.empty() && (low < 0 || (low == 0 && !request.lower.inclusive));
    const bool above =
        !request.upper.values.empty() && (high > 0 || (high == 0 && !request.upper.inclusive));
    auto equals = [&](const std::vector<Value>& point) { return compare(row, {point}) == 0; };
    const bool pointed_at =
        request.points.empty() || std::any_of(request.points.begin(), request.points.end(), equals);
    if (!below && !above && pointed_at) wanted.push_back(row);
  }
  if (request.key_order) {
    std::sort(wanted.begin(), wanted.end(), [&key](const Row& a, const Row& b) {
      for (size_t i : key) {
        if (const int order = CompareValues(a[i], b[i])) return order < 0;
      }
      return false;
    });
    if (request.reverse) std::reverse(wanted.begin(), wanted.end());
  }
  return std::unique_ptr<exec::RowSource>(
      std::make_unique<MemorySource>(relation->RowLayout(), wanted));
}

Result<std::unique_ptr<exec::RowSink>> MemoryTables::OpenWrite(const schema::RelationPtr& relation,
                                                               exec::WriteKind kind,
                                                               uint64_t* affected) {
  return std::unique_ptr<exec::RowSink>(std::make_unique<MemorySink>(
      relation, kind, &rows_[relation->id.value], &last_row_id_, affected));
}

}  // namespace lathe::oracle
