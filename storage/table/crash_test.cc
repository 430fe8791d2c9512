// kill -9: a child process (this test program again) commits, loads and folds in a loop and writes
// down what was acknowledged; the parent kills it at a random moment, opens the directory and
// compares it with the model. LATHE_CRASH_ROUNDS sets the rounds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "storage/kv/kv.h"
#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

constexpr int kWorkers = 3;
constexpr const char* kChildVariable = "LATHE_CRASH_CHILD";

EngineOptions CrashOptions(bool fold) {
  EngineOptions options;
  options.background_fold = fold;
  options.load_rows_min = 100;
  options.load_sort_bytes = 32 << 10;
  options.delta_bytes_max = 256 << 10;
  return options;
}

std::vector<Workload> MakeWorkloads() {
  std::vector<Workload> all;
  for (int i = 0; i < kWorkers; ++i) {
    all.emplace_back("w" + std::to_string(i), static_cast<uint64_t>(100 + i));
  }
  return all;
}

std::string AckFile(const std::string& directory, int worker) {
  return directory + "/acknowledged" + std::to_string(worker);
}

// One byte per acknowledged commit: its size is their number. Bytes written stay when the process
// is killed.
void RunChild(const std::string& directory) {
  auto engine = Engine::Open(directory + "/data", CrashOptions(true));
  if (!engine.ok()) {
    std::fprintf(stderr, "child: %s\n", engine.error().ToString().c_str());
    _exit(3);
  }
  std::vector<Workload> workloads = MakeWorkloads();
  std::vector<std::thread> threads;
  for (int w = 0; w < kWorkers; ++w) {
    threads.emplace_back([&, w] {
      Workload& work = workloads[static_cast<size_t>(w)];
      if (!work.Setup(engine.value().get()).ok()) _exit(4);
      int ack = open(AckFile(directory, w).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      const off_t done = lseek(ack, 0, SEEK_END);
      while (static_cast<off_t>(work.commits()) < done) work.Advance();
      for (;;) {
        Status status = work.Commit(engine.value().get());
        if (!status.ok()) {
          std::fprintf(stderr, "child: %s\n", status.error().ToString().c_str());
          _exit(5);
        }
        if (write(ack, "x", 1) != 1) _exit(6);
        work.Advance();
      }
    });
  }
  for (;;) {
    if (!engine.value()->FoldAll().ok()) _exit(7);
    std::this_thread::yield();
  }
}

TEST(CrashChild, Run) {
  const char* directory = std::getenv(kChildVariable);
  if (directory == nullptr) GTEST_SKIP() << "only as a child of Crash.KilledAtAnyTime";
  RunChild(directory);
}

pid_t StartChild(const std::string& directory) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  setenv(kChildVariable, directory.c_str(), 1);
  execl("/proc/self/exe", "lathe_table_test", "--gtest_filter=CrashChild.Run", "--gtest_brief=1",
        static_cast<char*>(nullptr));
  _exit(9);
}

uint64_t Acknowledged(const std::string& directory, int worker) {
  std::ifstream file(AckFile(directory, worker), std::ios::ate | std::ios::binary);
  return file ? static_cast<uint64_t>(file.tellg()) : 0;
}

// Every page body has its directory entry and the other way round; no load, fold or drop is under
// way.
void CheckNothingLeftOver(const std::string& directory) {
  auto kv = kv::Kv::Open(directory + "/data", {}).value();
  auto keys = [&](kv::Family family) {
    std::vector<std::string> all;
    auto it = kv->NewIterator(family, {});
    for (it->SeekToFirst(); it->Valid(); it->Next()) all.emplace_back(it->key());
    return all;
  };
  EXPECT_EQ(keys(kv::Family::kPages), keys(kv::Family::kPageDir));
  for (const std::string& key : keys(kv::Family::kMeta)) {
    for (const char* prefix : {"fold/", "old/", "dropped/"}) EXPECT_FALSE(key.starts_with(prefix));
    if (!key.starts_with("load/")) continue;  // names what a committed load has written
    std::string value;
    EXPECT_TRUE(kv->Get(kv::Family::kLoads, key.substr(5, 8), &value).value());
  }
}

TEST(Crash, KilledAtAnyTime) {
  const char* wanted = std::getenv("LATHE_CRASH_ROUNDS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 4;
  TempDirectory directory;
  std::filesystem::create_directories(directory.path(""));
  std::vector<Workload> workloads = MakeWorkloads();
  Dice dice(static_cast<uint64_t>(getpid()));
  for (int round = 0; round < rounds; ++round) {
    pid_t child = StartChild(directory.path(""));
    ASSERT_GT(child, 0);
    // Let it do some commits more, then a little longer.
    const uint64_t before = Acknowledged(directory.path(""), 0);
    const uint64_t more = before + static_cast<uint64_t>(1 + dice.Below(30));
    int status = 0;
    while (Acknowledged(directory.path(""), 0) < more && waitpid(child, &status, WNOHANG) == 0) {
      std::this_thread::yield();
    }
    for (int64_t spin = dice.Below(2'000'000); spin > 0; --spin)
      std::atomic_signal_fence(std::memory_order_seq_cst);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;

    {
      auto engine = Engine::Open(directory.path("") + "/data", CrashOptions(false));
      ASSERT_TRUE(engine.ok()) << engine.error().ToString();
      for (int w = 0; w < kWorkers; ++w) {
        Workload& work = workloads[static_cast<size_t>(w)];
        const uint64_t acknowledged = Acknowledged(directory.path(""), w);
        while (work.commits() < acknowledged) work.Advance();
        Workload::Model found = work.Read(engine.value().get());
        if (found != work.model()) {
          // The commit that was under way may have become durable before its acknowledgement.
          work.Advance();
          std::ofstream(AckFile(directory.path(""), w), std::ios::app) << "x";
          ASSERT_EQ(found, work.model()) << "round " << round << ", worker " << w;
        }
      }
    }
    CheckNothingLeftOver(directory.path(""));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

}  // namespace
}  // namespace lathe::table::testing
