// The simulation's kernel: one heap of events, one simulated time, one seed as a tree of streams,
// and behind the interfaces of runtime/base what a node sees of them: a clock of its own that
// drifts and jumps, a network that loses, repeats, delays and reorders. Files are
// base::MemoryFileSystem, whose Crash loses what was not synced. A node that is written over these
// interfaces alone runs here unchanged, whole: everything that happens to it follows from the seed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/random.h"
#include "runtime/base/seed_tree.h"
#include "runtime/base/transport.h"

namespace lathe::sim {

/// Not thread-safe: all that is simulated runs in the thread that calls RunUntil.
class Kernel {
 public:
  explicit Kernel(uint64_t seed) : seeds_(seed) {}

  /// Microseconds since the simulation began.
  int64_t now() const { return now_; }
  /// A stream of its own for each name, so that one more draw in one part shifts no other.
  base::Random Stream(std::string_view name) const { return seeds_.Child(name).Stream(); }
  /// Runs `what` at `when`, which is not before now; of equal times the earlier call comes first.
  void At(int64_t when, std::function<void()> what);
  void After(int64_t delay, std::function<void()> what) { At(now_ + delay, std::move(what)); }
  /// Runs events up to and at `when`, which is now afterwards.
  void RunUntil(int64_t when);
  /// A hash over all that was passed to Mix: two runs are equal when their traces are.
  void Mix(uint64_t value);
  uint64_t trace() const { return trace_; }

 private:
  struct Event {
    int64_t at;
    uint64_t order;
    std::function<void()> what;
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  base::SeedTree seeds_;
  std::priority_queue<Event, std::vector<Event>, std::greater<Event>> heap_;
  int64_t now_ = 0;
  uint64_t order_ = 0, trace_ = 0;
};

/// One node's clock: runs `ppm` millionths too fast, shows a calendar time that may jump.
class SimulatedClock final : public base::Clock {
 public:
  SimulatedClock(const Kernel* kernel, int64_t ppm) : kernel_(kernel), ppm_(ppm) {}
  int64_t UnixMicros() override { return kEpochMicros + Local() + jumped_; }
  int64_t MonotonicNanos() override { return Local() * 1000; }
  void Jump(int64_t micros) { jumped_ += micros; }

 private:
  static constexpr int64_t kEpochMicros = 1'700'000'000'000'000;
  int64_t Local() const { return kernel_->now() + kernel_->now() / 1'000'000 * ppm_; }

  const Kernel* kernel_;
  int64_t ppm_, jumped_ = 0;
};

/// What a network does to messages: of a thousand so many are lost or repeated; the others take a
/// time from a range, so that they overtake one another.
struct NetworkFaults {
  uint64_t lost = 0, repeated = 0;
  int64_t delay_min = 200, delay_max = 5000;  // microseconds
};

class SimulatedNetwork {
 public:
  explicit SimulatedNetwork(Kernel* kernel);
  ~SimulatedNetwork();

  /// The node's end; lives as long as the network. A node without receiver loses what it is sent.
  base::Transport* Endpoint(base::NodeId node);
  /// The node is gone: nothing reaches it until its next SetReceiver.
  void Down(base::NodeId node);
  /// Messages from one node to another are lost until Heal.
  void Cut(base::NodeId from, base::NodeId to) { cut_.insert({from, to}); }
  void Heal() { cut_.clear(); }
  void Set(const NetworkFaults& faults) { faults_ = faults; }

 private:
  class End;
  void Carry(base::NodeId from, base::NodeId to, const std::string& bytes);

  Kernel* kernel_;
  base::Random random_;
  NetworkFaults faults_;
  std::map<base::NodeId, std::unique_ptr<End>> ends_;
  std::set<std::pair<base::NodeId, base::NodeId>> cut_;
};

}  // namespace lathe::sim
