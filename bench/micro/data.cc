#include "bench/micro/data.h"

#include <stdlib.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/row/page.h"
#include "runtime/types/codec.h"

namespace lathe::micro {

void Client::SetCopyInput(const tpch::Generator* generator, tpch::Table table) {
  generator_ = generator;
  table_ = table;
  next_unit_ = 0;
}

Status Client::Rows(const row::Layout& layout, const exec::Segment& segment) {
  for (uint32_t r = segment.from; r < segment.to; ++r) {
    const char* row = row::RowAt(segment.page, layout.stride(), r);
    std::string text;
    for (size_t i = 0; i < layout.field_count(); ++i) {
      if (i > 0) text += '|';
      if (layout.IsNull(row, i)) continue;
      types::AppendText(layout.field(i).type, row::ReadField(layout, segment.page, row, i),
                        *format_, &text);
    }
    rows_.push_back(std::move(text));
  }
  return Ok();
}

Result<bool> Client::ReadCopy(std::string* bytes) {
  constexpr int64_t kUnits = 512;
  const int64_t end = generator_ == nullptr ? 0 : generator_->Units(table_);
  if (next_unit_ >= end) return false;
  const int64_t to = std::min(end, next_unit_ + kUnits);
  tpch::AppendRows(*generator_, table_, next_unit_, to, bytes);
  next_unit_ = to;
  return true;
}

Result<std::string> QueryText(int number) {
  const std::string path = std::string(LATHE_QUERIES_DIR) + (number < 10 ? "/q0" : "/q") +
                           std::to_string(number) + ".sql";
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty())
    return MakeError(SqlState::kIoError, "could not read \"" + path + "\"");
  return text;
}

Result<std::unique_ptr<Database>> Database::Create(const session::InstanceOptions& options) {
  std::unique_ptr<Database> database(new Database());
  std::string pattern = (std::filesystem::temp_directory_path() / "lathe-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    return MakeError(SqlState::kIoError, "could not create a folder for temporary files");
  }
  database->dir_ = pattern;
  LATHE_ASSIGN(database->instance_, session::Instance::Open(pattern + "/data", options));
  LATHE_ASSIGN(database->session_, database->instance_->OpenSession({}));
  database->client_ = std::make_unique<Client>(&database->session_->format());
  return database;
}

Database::~Database() {
  session_.reset();
  instance_.reset();
  std::error_code ignored;
  if (!dir_.empty()) std::filesystem::remove_all(dir_, ignored);
}

Result<std::vector<std::string>> Database::Run(std::string_view sql) {
  client_->TakeRows();
  LATHE_TRY(session_->SimpleQuery(sql, client_.get()));
  return client_->TakeRows();
}

Status Database::Load(const tpch::Generator& generator, tpch::Table table) {
  LATHE_TRY(
      session_->SimpleQuery(tpch::CreateTableSql(table, generator.scale_factor()), client_.get()));
  client_->SetCopyInput(&generator, table);
  return session_->SimpleQuery(
      "COPY " + std::string(tpch::TableName(table)) + " FROM STDIN WITH (DELIMITER '|')",
      client_.get());
}

}  // namespace lathe::micro
