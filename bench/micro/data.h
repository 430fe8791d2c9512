// A database in a folder of its own, filled with generated TPC-H tables through COPY, for
// benchmarks in one process.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/tpch/tpch.h"
#include "frontend/session/instance.h"
#include "frontend/session/session.h"
#include "runtime/base/result.h"

namespace lathe::micro {

/// Keeps the rows of the last statement as text; gives a generated table to COPY.
class Client final : public session::Client {
 public:
  explicit Client(const types::FormatContext* format) : format_(format) {}

  /// What the next COPY FROM STDIN reads.
  void SetCopyInput(const tpch::Generator* generator, tpch::Table table);
  /// Rows since the last call, columns separated by '|'.
  std::vector<std::string> TakeRows() { return std::move(rows_); }

  void Columns(const std::vector<session::ResultColumn>&) override {}
  Status Rows(const row::Layout& layout, const exec::Segment& segment) override;
  void Complete(std::string_view) override {}
  void EmptyQuery() override {}
  void SendNotice(const session::Notice&) override {}
  void ParameterStatus(std::string_view, std::string_view) override {}
  Status BeginCopyIn(size_t, bool) override { return Ok(); }
  Result<bool> ReadCopy(std::string* bytes) override;
  Status BeginCopyOut(size_t, bool) override { return Ok(); }
  Status WriteCopy(std::string_view) override { return Ok(); }
  Status EndCopyOut() override { return Ok(); }

 private:
  const types::FormatContext* const format_;
  const tpch::Generator* generator_ = nullptr;
  tpch::Table table_ = tpch::Table::kRegion;
  int64_t next_unit_ = 0;
  std::vector<std::string> rows_;
};

/// The text of TPC-H query `number` (1 to 22). 58030 when it is not there.
Result<std::string> QueryText(int number);

/// An open database with one session. The folder is removed at the end.
class Database {
 public:
  /// In a new folder under the system's folder for temporary files.
  static Result<std::unique_ptr<Database>> Create(const session::InstanceOptions& options);
  ~Database();

  /// Runs SQL and returns the rows of its last query.
  Result<std::vector<std::string>> Run(std::string_view sql);
  /// Creates and fills one table.
  Status Load(const tpch::Generator& generator, tpch::Table table);

  session::Instance* instance() { return instance_.get(); }
  session::Session* session() { return session_.get(); }
  Client* client() { return client_.get(); }

 private:
  Database() = default;
  std::string dir_;
  std::unique_ptr<session::Instance> instance_;
  std::unique_ptr<session::Session> session_;
  std::unique_ptr<Client> client_;
};

}  // namespace lathe::micro
