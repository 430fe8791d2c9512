// lathe-raft-sim: runs seeds of the simulation.
//   lathe-raft-sim [--from N] [--seeds N] [--seconds N] [--print] [--idle] [--mutant NAME]
//                 [--any]
//   lathe-raft-sim --golden FILE [--update]
// Prints each failing seed and a summary; exit status 1 when one failed. --any stops at the first;
// --idle: few clients, and ticks are left out while nobody needs them. The same seed gives the same
// trace hash: --seeds 1 prints it. --golden runs each seed of a file twice and compares both hashes
// with the one beside it, which any compiler must give; --update rewrites the file after a change
// of the core or the simulation.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "dist/raft/mutant.h"
#include "tests/sim/cluster.h"

namespace lathe::sim {
namespace {

struct Arguments {
  uint64_t from = 1, seeds = 100;
  int64_t seconds = 600;
  bool print = false, any = false, update = false, idle = false;
  std::string golden;
};

bool SetMutant(const char* name) {
#ifdef LATHE_RAFT_MUTANTS
#define LATHE_IS(mutant) \
  if (std::strcmp(name, #mutant) == 0) raft::active_mutant = raft::Mutant::mutant;
  LATHE_RAFT_MUTANTS_ALL(LATHE_IS)
#undef LATHE_IS
  return raft::active_mutant != raft::Mutant::kNone;
#else
  return false;
#endif
}

bool Parse(int argc, char** argv, Arguments* out) {
  for (int i = 1; i < argc; i++) {
    std::string name = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--print") {
      out->print = true;
    } else if (name == "--idle") {
      out->idle = true;
    } else if (name == "--any") {
      out->any = true;
    } else if (name == "--update") {
      out->update = true;
    } else if (name == "--golden") {
      out->golden = value, i++;
    } else if (name == "--from") {
      out->from = std::strtoull(value, nullptr, 10), i++;
    } else if (name == "--seeds") {
      out->seeds = std::strtoull(value, nullptr, 10), i++;
    } else if (name == "--seconds") {
      out->seconds = std::strtoll(value, nullptr, 10), i++;
    } else if (name == "--mutant" && SetMutant(value)) {
      i++;
    } else {
      return false;
    }
  }
  return true;
}

int Golden(const Arguments& arguments) {
  std::ifstream in(arguments.golden);
  std::string got;
  int wrong = 0, seeds = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') {
      got += line + "\n";
      continue;
    }
    std::stringstream words(line);
    uint64_t seed = 0;
    std::string wanted, why;
    words >> seed >> wanted;
    std::getline(words, why);
    std::string hash[2];
    for (std::string& one : hash) {
      Outcome outcome = Cluster({seed, arguments.seconds, false}).Run();
      char text[17];
      std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(outcome.trace));
      one = text;
      if (outcome.failure.empty()) continue;
      std::printf("seed %s: %s\n", std::to_string(seed).c_str(), outcome.failure.c_str());
      wrong++;
    }
    if (hash[0] != hash[1] || (!arguments.update && hash[0] != wanted)) {
      std::printf("seed %s: trace %s, then %s, wanted %s\n", std::to_string(seed).c_str(),
                  hash[0].c_str(), hash[1].c_str(), wanted.c_str());
      wrong++;
    }
    got += std::to_string(seed) + " " + hash[0] + why + "\n";
    seeds++;
  }
  if (arguments.update) std::ofstream(arguments.golden) << got;
  std::printf("%d seeds, %d wrong\n", seeds, wrong);
  return wrong || seeds == 0 ? 1 : 0;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  if (!Parse(argc, argv, &arguments)) {
    std::fprintf(stderr, "usage: see the head of tests/sim/main.cc\n");
    return 2;
  }
  if (!arguments.golden.empty()) return Golden(arguments);
  Outcome sum;
  uint64_t failed = 0, trace = 0;
  for (uint64_t seed = arguments.from; seed < arguments.from + arguments.seeds; seed++) {
    Outcome one = Cluster({seed, arguments.seconds, arguments.print, arguments.idle}).Run();
    if (!one.failure.empty()) {
      failed++;
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), one.failure.c_str());
      std::fflush(stdout);
      if (arguments.any) return 1;
    }
    trace = trace * 31 + one.trace;
    sum.events += one.events, sum.committed += one.committed, sum.elections += one.elections;
    sum.crashes += one.crashes, sum.reads += one.reads, sum.lease_reads += one.lease_reads;
    sum.config_changes += one.config_changes, sum.snapshots += one.snapshots;
    sum.heals += one.heals, sum.ticks_left_out += one.ticks_left_out;
  }
  auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu seeds of %lld s, %llu failed, trace %016llx: %llu events, %llu committed, "
      "%llu elections, %llu crashes, %llu reads, %llu lease reads, %llu config changes, "
      "%llu snapshots, %llu heals",
      number(arguments.seeds), static_cast<long long>(arguments.seconds), number(failed),
      number(trace), number(sum.events), number(sum.committed), number(sum.elections),
      number(sum.crashes), number(sum.reads), number(sum.lease_reads), number(sum.config_changes),
      number(sum.snapshots), number(sum.heals));
  if (arguments.idle) std::printf(", %llu ticks left out", number(sum.ticks_left_out));
  std::printf("\n");
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace lathe::sim

int main(int argc, char** argv) { return lathe::sim::Main(argc, argv); }
