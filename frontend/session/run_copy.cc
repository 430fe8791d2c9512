// COPY FROM STDIN and COPY TO STDOUT: fields of lines to rows of a table, and rows of a table or
// query to lines.
#include "frontend/session/copy_format.h"
#include "frontend/session/row_values.h"
#include "frontend/session/session_impl.h"
#include "runtime/row/row_buffer.h"
#include "runtime/types/text.h"

namespace lathe::session {
namespace {

constexpr uint64_t kFlushPages = 1;  // pages of rows handed to the table at a time
constexpr size_t kContextBytes = 100;

/// "COPY t, line 3, column a: "x"", with the value shortened as PostgreSQL does; without the value
/// when it is not text.
std::string CopyContext(const std::string& table, uint64_t line, const std::string& column,
                        std::string_view value) {
  std::string context = "COPY " + table + ", line " + std::to_string(line);
  if (!column.empty()) context += ", column " + column;
  if (!types::CheckUtf8(value).ok()) return context;
  size_t shown = std::min(value.size(), kContextBytes);
  while (shown < value.size() && (static_cast<uint8_t>(value[shown]) & 0xc0) == 0x80) --shown;
  context += ": \"" + std::string(value.substr(0, shown)) + (shown < value.size() ? "...\"" : "\"");
  return context;
}

std::vector<bool> Flags(const schema::RelationDescriptor& table,
                        const std::vector<uint32_t>& columns,
                        const std::vector<std::string>& names) {
  std::vector<bool> flags(columns.size(), false);
  for (size_t i = 0; i < columns.size(); ++i) {
    for (const std::string& name : names)
      flags[i] = flags[i] || table.columns[columns[i]].name == name;
  }
  return flags;
}

Status CheckForced(const schema::RelationDescriptor& table, const std::vector<uint32_t>& columns,
                   const std::vector<std::string>& names, std::string_view option) {
  for (const std::string& name : names) {
    const int index = table.FindColumn(name);
    if (index < 0) {
      return MakeError(SqlState::kUndefinedColumn,
                       "column \"" + name + "\" of relation \"" + table.name + "\" does not exist");
    }
    if (std::find(columns.begin(), columns.end(), static_cast<uint32_t>(index)) == columns.end()) {
      return MakeError(SqlState::kInvalidColumnReference,
                       std::string(option) + " column \"" + name + "\" not referenced by COPY");
    }
  }
  return Ok();
}

/// One field of a row being read.
struct Target {
  size_t field;  // of the row layout
  types::Type type;
  const std::string* name;
};

/// Writes result rows as lines.
class CopySink final : public exec::RowSink {
 public:
  CopySink(const CopyFormat& format, std::vector<bool> force_quote, const row::Layout* layout,
           const types::FormatContext* types_format, Client* client)
      : format_(format),
        force_quote_(std::move(force_quote)),
        layout_(layout),
        types_format_(types_format),
        client_(client) {}

  Status Consume(const exec::Segment& segment) override {
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* row = row::RowAt(segment.page, layout_->stride(), r);
      line_.clear();
      for (size_t i = 0; i < layout_->field_count(); ++i) {
        const bool is_null = layout_->IsNull(row, i);
        field_.clear();
        if (!is_null) {
          types::AppendText(layout_->field(i).type, row::ReadField(*layout_, segment.page, row, i),
                            *types_format_, &field_);
        }
        AppendCopyField(format_, field_, is_null, i == 0,
                        format_.force_quote_all || force_quote_[i], &line_);
      }
      line_ += '\n';
      LATHE_TRY(client_->WriteCopy(line_));
    }
    return Ok();
  }
  Status Finish() override { return Ok(); }

 private:
  const CopyFormat& format_;
  const std::vector<bool> force_quote_;
  const row::Layout* const layout_;
  const types::FormatContext* const types_format_;
  Client* const client_;
  std::string line_, field_;
};

}  // namespace

Status SessionImpl::RunCopy(Run* run) {
  const auto& copy = run->prepared->statement->As<ast::CopyStatement>();
  const int32_t position = ast::PositionOf(run->prepared->sql, copy.location);
  if (copy.endpoint == ast::CopyStatement::Endpoint::kFile) {
    return NotSupported("COPY with a server-side file", position);
  }
  if (copy.endpoint == ast::CopyStatement::Endpoint::kProgram) {
    return NotSupported("COPY with a program", position);
  }
  if (copy.where != nullptr) return NotSupported("COPY FROM with WHERE", position);
  return copy.from ? RunCopyFrom(run, copy) : RunCopyTo(run, copy);
}

Status SessionImpl::RunCopyFrom(Run* run, const ast::CopyStatement& copy) {
  LATHE_ASSIGN(CopyFormat format, ReadCopyOptions(copy, run->prepared->sql));
  LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(copy.table, run->prepared->sql, false));
  if (read_only_) {
    return MakeError(SqlState::kReadOnlySqlTransaction,
                     "cannot execute COPY FROM in a read-only transaction");
  }
  LATHE_ASSIGN(table, txn_->LockTable(table->id, txn::TableLockMode::kRowExclusive));
  LATHE_ASSIGN(std::vector<uint32_t> columns, bind::BindColumnList(*table, copy.columns));
  LATHE_TRY(CheckForced(*table, columns, format.force_not_null, "FORCE_NOT_NULL"));
  LATHE_TRY(CheckForced(*table, columns, format.force_null, "FORCE_NULL"));

  // FREEZE changes when rows become visible to others, in PostgreSQL; here they always do at
  // commit, which is the stricter rule.
  const row::Layout layout = table->RowLayout();
  const std::vector<uint32_t> live = table->LiveColumns();
  std::vector<Target> targets;
  std::vector<bool> given(layout.field_count(), false);
  for (uint32_t column : columns) {
    const size_t field =
        static_cast<size_t>(std::find(live.begin(), live.end(), column) - live.begin());
    if (!table->columns[column].generated_sql.empty()) {
      if (copy.columns.empty()) continue;
      Error error =
          MakeError(SqlState::kInvalidColumnReference,
                    "column \"" + table->columns[column].name + "\" is a generated column");
      error.detail = "Generated columns cannot be used in COPY.";
      return error;
    }
    targets.push_back({field, table->columns[column].type, &table->columns[column].name});
    given[field] = true;
  }
  std::vector<types::Datum> datums(layout.field_count());
  std::unique_ptr<bool[]> nulls(new bool[layout.field_count() + 1]());
  // Columns that the input does not have take their defaults, those that are not the same for all
  // rows anew each time; generated ones are last.
  struct PerRow {
    size_t field;
    expr::ExprPtr value;
  };
  std::vector<PerRow> per_row;
  ValueEvaluator evaluator(context_);
  std::vector<types::Value> defaults(layout.field_count());
  for (size_t field = 0; field < live.size(); ++field) {
    if (given[field]) continue;
    const schema::Column& column = table->columns[live[field]];
    nulls[field] = true;
    if (!column.generated_sql.empty()) continue;
    bind::BindContext context = MakeBindContext({}, catalog_.get());
    LATHE_ASSIGN(expr::ExprPtr value, bind::BindColumnDefault(column, context));
    if (bind::IsVolatileExpression(*value)) {
      per_row.push_back({field, std::move(value)});
      continue;
    }
    LATHE_ASSIGN(defaults[field], evaluator.Evaluate(*value));
    nulls[field] = defaults[field].is_null();
    if (!nulls[field]) datums[field] = defaults[field].datum();
  }
  for (size_t field = 0; field < live.size(); ++field) {
    const schema::Column& column = table->columns[live[field]];
    if (column.generated_sql.empty()) continue;
    bind::BindContext context = MakeBindContext({}, catalog_.get());
    LATHE_ASSIGN(expr::ExprPtr value,
                 bind::BindStoredExpression(*table, column.generated_sql, bind::RowUse::kGenerated,
                                            &column, context));
    per_row.push_back({field, std::move(value)});
  }
  evaluator.SetColumns([&](uint32_t column) {
    const size_t field =
        static_cast<size_t>(std::find(live.begin(), live.end(), column) - live.begin());
    const types::Type& type = table->columns[column].type;
    return nulls[field] ? types::Value::Null(type) : types::Value::FromDatum(type, datums[field]);
  });

  uint64_t affected = 0;
  LATHE_ASSIGN(std::unique_ptr<exec::RowSink> sink,
               access_->OpenWrite(table, exec::WriteKind::kInsert, &affected));
  base::MemoryBudget budget(instance_->options().query_memory_bytes_max, instance_->memory());
  row::RowBuffer rows(&layout, &budget);
  auto flush = [&]() -> Status {
    for (size_t i = 0; i < rows.page_count(); ++i) {
      const char* page = rows.page(i);
      LATHE_TRY(sink->Consume({page, 0, row::HeaderOf(page).row_count}));
    }
    rows.Clear();
    return Ok();
  };

  LATHE_TRY(run->client->BeginCopyIn(targets.size(), false));
  CopyReader reader(format, Flags(*table, columns, format.force_not_null),
                    Flags(*table, columns, format.force_null));
  std::vector<CopyReader::Field> fields;
  base::Arena arena;
  bool skip_header = format.header;
  for (;;) {
    Result<CopyReader::Outcome> next = reader.Next(&fields);
    if (!next.ok()) {
      Error error = std::move(next).error();
      error.context = "COPY " + table->name + ", line " + std::to_string(reader.line());
      return error;
    }
    if (*next == CopyReader::Outcome::kEnd) break;
    if (*next == CopyReader::Outcome::kNeedMore) {
      LATHE_TRY(CheckInterrupt());
      LATHE_ASSIGN(bool more, run->client->ReadCopy(reader.input()));
      if (!more) reader.EndOfInput();
      continue;
    }
    if (skip_header) {
      skip_header = false;
      for (size_t i = 0; format.header_match && i < std::max(fields.size(), targets.size()); ++i) {
        if (i >= fields.size() || i >= targets.size() || fields[i].bytes != *targets[i].name) {
          Error error =
              MakeError(SqlState::kBadCopyFileFormat,
                        "column name mismatch in header line field " + std::to_string(i + 1));
          error.context =
              "COPY " + table->name + ", line 1: \"" + std::string(reader.line_text()) + "\"";
          return error;
        }
      }
      continue;
    }
    if (fields.size() != targets.size()) {
      Error error =
          fields.size() > targets.size()
              ? MakeError(SqlState::kBadCopyFileFormat, "extra data after last expected column")
              : MakeError(SqlState::kBadCopyFileFormat,
                          "missing data for column \"" + *targets[fields.size()].name + "\"");
      error.context = CopyContext(table->name, reader.line(), "", reader.line_text());
      return error;
    }
    arena.Reset();
    for (size_t i = 0; i < targets.size(); ++i) {
      const Target& target = targets[i];
      nulls[target.field] = fields[i].is_null;
      if (fields[i].is_null) {
        if (layout.field(target.field).null_bit < 0) {
          Error error = MakeError(SqlState::kNotNullViolation,
                                  "null value in column \"" + *target.name + "\" of relation \"" +
                                      table->name + "\" violates not-null constraint");
          error.table_name = table->name;
          error.column_name = *target.name;
          error.context = CopyContext(table->name, reader.line(), "", reader.line_text());
          return error;
        }
        continue;
      }
      Status parsed =
          types::ParseText(target.type, fields[i].bytes, format_, &arena, &datums[target.field]);
      if (!parsed.ok()) {
        Error error = std::move(parsed).error();
        Status text = types::CheckUtf8(fields[i].bytes);  // what is wrong first
        if (!text.ok()) error = std::move(text).error();
        error.context = CopyContext(table->name, reader.line(), *target.name, fields[i].bytes);
        return error;
      }
    }
    for (const PerRow& one : per_row) {
      LATHE_ASSIGN(defaults[one.field], evaluator.Evaluate(*one.value));
      nulls[one.field] = defaults[one.field].is_null();
      if (!nulls[one.field]) datums[one.field] = defaults[one.field].datum();
    }
    for (size_t field = 0; field < live.size(); ++field) {
      if (!given[field] && nulls[field] && layout.field(field).null_bit < 0) {
        Error error =
            MakeError(SqlState::kNotNullViolation,
                      "null value in column \"" + table->columns[live[field]].name +
                          "\" of relation \"" + table->name + "\" violates not-null constraint");
        error.table_name = table->name;
        error.column_name = table->columns[live[field]].name;
        error.context = CopyContext(table->name, reader.line(), "", reader.line_text());
        return error;
      }
    }
    if (!rows.AppendRow(datums.data(), nulls.get())) {
      return MakeError(SqlState::kOutOfMemory, "out of memory");
    }
    if (rows.page_count() > kFlushPages) {
      Status flushed = flush();
      if (!flushed.ok()) {
        Error error = std::move(flushed).error();
        if (error.context.empty()) {
          error.context = "COPY " + table->name + ", line " + std::to_string(reader.line());
        }
        return error;
      }
    }
  }
  Status finished = flush();
  if (finished.ok()) finished = sink->Finish();
  if (!finished.ok()) {
    Error error = std::move(finished).error();
    if (error.context.empty()) {
      error.context = "COPY " + table->name + ", line " + std::to_string(reader.line());
    }
    return error;
  }
  // Bytes after the end mark are read and dropped, so that the conversation stays in step.
  std::string rest;
  for (;;) {
    LATHE_ASSIGN(bool more, run->client->ReadCopy(&rest));
    if (!more) break;
    rest.clear();
  }
  run->tag = "COPY " + std::to_string(affected);
  return Ok();
}

Result<types::Value> SessionImpl::EvaluateAs(const std::string& expression,
                                             const types::Type& type) {
  LATHE_ASSIGN(std::shared_ptr<Prepared> prepared,
               PrepareText("SELECT CAST((" + expression + ") AS " + types::FormatType(type) + ")"));
  LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan, PlanFor(prepared.get(), nullptr));
  class OneValue final : public exec::RowSink {
   public:
    OneValue(const row::Layout* layout, types::Value* value) : layout_(layout), value_(value) {}
    Status Consume(const exec::Segment& segment) override {
      const char* row = row::RowAt(segment.page, layout_->stride(), segment.from);
      const types::Type& type = layout_->field(0).type;
      *value_ = layout_->IsNull(row, 0)
                    ? types::Value::Null(type)
                    : types::Value::FromDatum(type, row::ReadField(*layout_, segment.page, row, 0));
      return Ok();
    }
    Status Finish() override { return Ok(); }

   private:
    const row::Layout* const layout_;
    types::Value* const value_;
  };
  types::Value value;
  OneValue sink(&plan->query->result_layout(), &value);
  uint64_t affected = 0;
  LATHE_TRY(ExecutePlan(*plan, *prepared, {}, &sink, &affected, false));
  return value;
}

Status SessionImpl::RunCopyTo(Run* run, const ast::CopyStatement& copy) {
  LATHE_ASSIGN(CopyFormat format, ReadCopyOptions(copy, run->prepared->sql));
  std::shared_ptr<Prepared> prepared;
  std::vector<bool> force_quote;
  if (copy.query != nullptr) {
    if (copy.query->kind != ast::Statement::Kind::kSelect) {
      return NotSupported("COPY of a statement with RETURNING",
                          ast::PositionOf(run->prepared->sql, copy.query->location));
    }
    LATHE_ASSIGN(prepared, PrepareText(ast::Print(*copy.query)));
  } else {
    LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(copy.table, run->prepared->sql, false));
    LATHE_ASSIGN(std::vector<uint32_t> columns, bind::BindColumnList(*table, copy.columns));
    LATHE_TRY(CheckForced(*table, columns, format.force_quote, "FORCE_QUOTE"));
    force_quote = Flags(*table, columns, format.force_quote);
    if (copy.columns.empty()) {
      std::erase_if(columns,
                    [&](uint32_t column) { return !table->columns[column].generated_sql.empty(); });
    }
    std::string sql = "SELECT ";
    for (size_t i = 0; i < columns.size(); ++i) {
      if (!table->columns[columns[i]].generated_sql.empty()) {
        Error error =
            MakeError(SqlState::kInvalidColumnReference,
                      "column \"" + table->columns[columns[i]].name + "\" is a generated column");
        error.detail = "Generated columns cannot be used in COPY.";
        return error;
      }
      if (i > 0) sql += ", ";
      sql += ast::QuoteIdentifier(table->columns[columns[i]].name);
    }
    sql += " FROM " + ast::QuoteIdentifier(catalog_->GetSchema(table->schema)->name) + "." +
           ast::QuoteIdentifier(table->name);
    LATHE_ASSIGN(prepared, PrepareText(sql));
  }
  LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan,
               LockedPlanFor(prepared.get(), run->params));
  const row::Layout& layout = plan->query->result_layout();
  std::vector<ResultColumn> columns = ColumnsOf(*plan);
  if (copy.query != nullptr) {
    for (const ResultColumn& column : columns) {
      force_quote.push_back(std::find(format.force_quote.begin(), format.force_quote.end(),
                                      column.name) != format.force_quote.end());
    }
  }
  LATHE_TRY(run->client->BeginCopyOut(layout.field_count(), false));
  if (format.header) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
      AppendCopyField(format, columns[i].name, false, i == 0, false, &line);
    }
    line += '\n';
    LATHE_TRY(run->client->WriteCopy(line));
  }
  CopySink sink(format, std::move(force_quote), &layout, &format_, run->client);
  uint64_t affected = 0;
  LATHE_ASSIGN(driver::ExecutionStats stats,
               ExecutePlan(*plan, *prepared, {}, &sink, &affected, false));
  LATHE_TRY(run->client->EndCopyOut());
  run->tag = "COPY " + std::to_string(stats.rows);
  return Ok();
}

}  // namespace lathe::session
