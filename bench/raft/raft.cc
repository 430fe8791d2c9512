// lathe-bench-raft [--json FILE] [--seconds S] [--bytes N] [--groups N]
// What the consensus core costs by itself; README.md says what is measured. Processor time is
// taken, not the clock, so that others on the machine change little.
#include <malloc.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <string>
#include <vector>

#include "dist/raft/raft.h"

namespace {

int64_t allocated = 0;  // bytes, with what malloc adds

void* Allocate(size_t size) {
  void* memory = std::malloc(size);
  if (!memory) std::abort();
  allocated += static_cast<int64_t>(malloc_usable_size(memory) + sizeof(size_t));
  return memory;
}

void Release(void* memory) {
  if (memory) allocated -= static_cast<int64_t>(malloc_usable_size(memory) + sizeof(size_t));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete(void* memory, size_t) noexcept { Release(memory); }

namespace lathe::bench {
namespace {

using raft::Core;
using raft::LogIndex;
using raft::ReplicaId;

double ProcessorSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Three replicas whose messages all arrive at once.
class Group {
 public:
  explicit Group(const raft::Options* options) {
    raft::Config config{{ReplicaId(1), ReplicaId(2), ReplicaId(3)}, {}, {}};
    cores_.reserve(3);
    for (uint64_t i = 1; i <= 3; i++) {
      raft::StartState start;
      start.id = ReplicaId(i);
      start.base.config = config;
      start.seed = i;
      cores_.emplace_back(options, std::move(start));
    }
    cores_[0].Campaign();
  }
  Core& operator[](size_t i) { return cores_[i]; }

  /// Carries out effects until there are none left.
  void Settle(raft::Effects* effects) {
    for (size_t calm = 0, i = 0; calm < 3; i = (i + 1) % 3) {
      Core& core = cores_[i];
      calm++;
      if (!core.HasWork()) continue;
      core.Take(effects);
      calm = 0;
      if (effects->write) core.LogAppended(effects->write);
      for (raft::Message& m : effects->send_now) To(m);
      for (raft::Message& m : effects->send_after) To(m);
      if (!effects->apply.empty()) core.Applied(effects->apply.back().index);
    }
  }
  void Rest() {
    for (Core& core : cores_) core.ForgetLog(core.applied());
    for (Core& core : cores_) core.Shrink();
  }
  bool Quiet() const { return cores_[0].Quiet() && cores_[1].Quiet() && cores_[2].Quiet(); }

 private:
  void To(raft::Message& message) { cores_[message.to.value - 1].Step(std::move(message)); }

  std::vector<Core> cores_;
};

struct Arguments {
  double seconds = 2;
  size_t bytes = 64, groups = 100000;
  const char* json = nullptr;
};

/// Entries that all three replicas applied, per second.
double Commits(const Arguments& arguments, size_t batch) {
  raft::Options options;
  raft::Effects effects;
  Group group(&options);
  group.Settle(&effects);
  std::vector<raft::Payload> commands(batch, raft::Payload());
  std::string bytes(arguments.bytes, 'x');
  double begin = ProcessorSeconds(), end = begin;
  uint64_t first = group[0].commit().value;
  while (end - begin < arguments.seconds) {
    for (int i = 0; i < 100; i++) {
      for (raft::Payload& command : commands) command = raft::Payload(bytes);
      group[0].Propose(commands);
      group.Settle(&effects);
    }
    for (size_t i = 0; i < 3; i++) group[i].ForgetLog(group[i].applied());
    end = ProcessorSeconds();
  }
  if (!group.Quiet() || group[1].applied() != group[0].commit()) {
    std::fprintf(stderr, "the group did not come to rest\n");
    std::exit(1);
  }
  return static_cast<double>(group[0].commit().value - first) / (end - begin);
}

struct Size {
  int64_t leader = 0, follower = 0;
};

/// Bytes of one replica at rest.
Size Idle() {
  raft::Options options;
  raft::Effects effects;
  Group group(&options);
  group.Settle(&effects);
  std::vector<raft::Payload> commands(100, raft::Payload("a command of some length"));
  for (int i = 0; i < 100; i++) {
    group[0].Propose(commands);
    group.Settle(&effects);
  }
  commands.clear();
  effects = raft::Effects();
  group.Rest();
  if (!group.Quiet()) {
    std::fprintf(stderr, "a group at rest needs ticks\n");
    std::exit(1);
  }
  auto size = [&](size_t i) {
    int64_t before = allocated;
    {
      Core moved = std::move(group[i]);
    }  // frees what it holds
    return before - allocated + static_cast<int64_t>(sizeof(Core));
  };
  return {size(0), size(1)};
}

struct Many {
  double create_us = 0, entry_us = 0;  // of one group
  double bytes = 0;                    // of one group of three
  size_t quiet = 0;
};

Many Groups(size_t count) {
  raft::Options options;
  raft::Effects effects;
  Many many;
  int64_t before = allocated;
  double begin = ProcessorSeconds();
  std::vector<Group> groups;
  groups.reserve(count);
  std::vector<raft::Payload> commands{raft::Payload("a command of some length")};
  for (size_t i = 0; i < count; i++) {
    groups.emplace_back(&options);
    groups.back().Settle(&effects);
    groups.back()[0].Propose(commands);
    groups.back().Settle(&effects);
    groups.back().Rest();
  }
  many.create_us = (ProcessorSeconds() - begin) * 1e6 / static_cast<double>(count);
  many.bytes = static_cast<double>(allocated - before) / static_cast<double>(count);
  for (const Group& group : groups) many.quiet += group.Quiet();
  begin = ProcessorSeconds();
  for (size_t i = 0; i < count; i++) {
    Group& group = groups[i * 7919 % count];
    group[0].Propose(commands);
    group.Settle(&effects);
  }
  many.entry_us = (ProcessorSeconds() - begin) * 1e6 / static_cast<double>(count);
  return many;
}

bool Parse(int argc, char** argv, Arguments* out) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seconds") == 0)
      out->seconds = std::atof(argv[i + 1]);
    else if (std::strcmp(argv[i], "--bytes") == 0)
      out->bytes = std::strtoul(argv[i + 1], nullptr, 10);
    else if (std::strcmp(argv[i], "--groups") == 0)
      out->groups = std::strtoul(argv[i + 1], nullptr, 10);
    else if (std::strcmp(argv[i], "--json") == 0)
      out->json = argv[i + 1];
    else
      return false;
  }
  return argc % 2 == 1;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  if (!Parse(argc, argv, &arguments)) {
    std::fprintf(stderr,
                 "usage: lathe-bench-raft [--seconds S] [--bytes N] [--groups N] [--json FILE]\n");
    return 2;
  }
  std::string json = "{\"bytes\": " + std::to_string(arguments.bytes);
  auto note = [&](const std::string& name, double value) {
    json += ", \"" + name + "\": " + std::to_string(value);
  };
  std::printf("committed and applied by three replicas, %zu bytes each, one thread\n",
              arguments.bytes);
  for (size_t batch : {size_t{1}, size_t{8}, size_t{64}, size_t{512}}) {
    double rate = Commits(arguments, batch);
    std::printf("  %4zu a batch  %12.0f entries/s\n", batch, rate);
    note("entries_per_second_batch_" + std::to_string(batch), rate);
  }
  Size size = Idle();
  std::printf("one replica at rest: leader %lld bytes, follower %lld bytes, no ticks\n",
              static_cast<long long>(size.leader), static_cast<long long>(size.follower));
  note("idle_leader_bytes", static_cast<double>(size.leader));
  note("idle_follower_bytes", static_cast<double>(size.follower));
  Many many = Groups(arguments.groups);
  std::printf(
      "%zu groups of three in one process: %.0f bytes a group, %.2f us to elect and commit the "
      "first entry, %.2f us for one more, %zu need no ticks\n",
      arguments.groups, many.bytes, many.create_us, many.entry_us, many.quiet);
  note("groups", static_cast<double>(arguments.groups));
  note("group_bytes", many.bytes);
  note("group_create_us", many.create_us);
  note("group_entry_us", many.entry_us);
  note("groups_without_ticks", static_cast<double>(many.quiet));
  if (arguments.json) {
    std::FILE* file = std::fopen(arguments.json, "w");
    if (!file) return 2;
    std::fprintf(file, "%s}\n", json.c_str());
    std::fclose(file);
  }
  return 0;
}

}  // namespace
}  // namespace lathe::bench

int main(int argc, char** argv) { return lathe::bench::Main(argc, argv); }
