// Time of a prepared point SELECT inside the server: bind, execute and the end of its transaction,
// without sockets.
//   lathe-bench-point [--rows N] [--seconds S] [--json PATH]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "frontend/session/instance.h"
#include "runtime/base/bytes.h"

namespace lathe {
namespace {

/// Counts rows and feeds COPY.
class PointClient final : public session::Client {
 public:
  uint64_t rows = 0;
  std::function<bool(std::string*)> copy;

  void Columns(const std::vector<session::ResultColumn>&) override {}
  Status Rows(const row::Layout&, const exec::Segment& segment) override {
    rows += segment.to - segment.from;
    return Ok();
  }
  void Complete(std::string_view) override {}
  void EmptyQuery() override {}
  void SendNotice(const session::Notice&) override {}
  void ParameterStatus(std::string_view, std::string_view) override {}
  Status BeginCopyIn(size_t, bool) override { return Ok(); }
  Result<bool> ReadCopy(std::string* bytes) override { return copy(bytes); }
  Status BeginCopyOut(size_t, bool) override { return Ok(); }
  Status WriteCopy(std::string_view) override { return Ok(); }
  Status EndCopyOut() override { return Ok(); }
};

Status Run(const std::string& dir, int64_t rows, double seconds, std::vector<double>* micros) {
  LATHE_ASSIGN(auto instance, session::Instance::Open(dir, session::InstanceOptions()));
  LATHE_ASSIGN(auto session, instance->OpenSession(session::SessionOptions()));
  PointClient client;
  int64_t next = 0;
  client.copy = [&](std::string* bytes) {
    for (int i = 0; i < 10000 && next < rows; ++i, ++next) {
      *bytes += std::to_string(next) + "\t1\t0\t" + std::string(84, 'x') + "\n";
    }
    return next < rows;
  };
  LATHE_TRY(session->SimpleQuery(
      "CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
      &client));
  LATHE_TRY(session->SimpleQuery("COPY accounts FROM STDIN", &client));
  LATHE_TRY(session->Parse("p", "SELECT abalance FROM accounts WHERE aid = $1", {}));
  LATHE_TRY(session->Sync(&client));
  std::mt19937_64 random(1);
  const auto stop = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  uint64_t runs = 0;
  client.rows = 0;
  while (std::chrono::steady_clock::now() < stop) {
    const std::string key = std::to_string(random() % static_cast<uint64_t>(rows));
    const auto begin = std::chrono::steady_clock::now();
    LATHE_TRY(session->Bind("", "p", {{false, false, key}}));
    LATHE_TRY(session->Execute("", 0, &client));
    LATHE_TRY(session->Sync(&client));
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    micros->push_back(took.count());
    ++runs;
  }
  if (client.rows != runs) return MakeError(SqlState::kInternalError, "a point query found no row");
  return Ok();
}

}  // namespace
}  // namespace lathe

int main(int argc, char** argv) {
  int64_t rows = 1000000;
  double seconds = 5;
  std::string json;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rows") == 0) rows = std::atoll(argv[i + 1]);
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::atof(argv[i + 1]);
    if (std::strcmp(argv[i], "--json") == 0) json = argv[i + 1];
  }
  char dir[] = "/tmp/lathe-bench-point-XXXXXX";
  if (mkdtemp(dir) == nullptr) return 1;
  std::vector<double> micros;
  lathe::Status done = lathe::Run(dir, rows, seconds, &micros);
  std::filesystem::remove_all(dir);
  if (!done.ok() || micros.empty()) {
    std::fprintf(stderr, "%s\n", done.ok() ? "no runs" : done.error().ToString().c_str());
    return 1;
  }
  std::sort(micros.begin(), micros.end());
  auto at = [&](double q) {
    return micros[static_cast<size_t>(q * static_cast<double>(micros.size() - 1))];
  };
  std::printf(
      "prepared point SELECT, %lld rows, inside the server: median %.2f us, p99 %.2f us, %zu "
      "runs\n",
      static_cast<long long>(rows), at(0.5), at(0.99), micros.size());
  if (!json.empty()) {
    std::ofstream(json) << "{\"rows\": " << rows << ", \"median_us\": " << at(0.5)
                        << ", \"p99_us\": " << at(0.99) << ", \"runs\": " << micros.size() << "}\n";
  }
  return 0;
}
