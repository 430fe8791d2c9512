#include "tests/check/registers.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>

#include "runtime/base/hash.h"

namespace lathe::check {
namespace {

using Value = std::optional<int64_t>;

/// Where the value goes with this operation; nothing when the operation cannot be here.
std::optional<Value> Apply(const RegisterOp& op, const Value& value) {
  switch (op.kind) {
    case RegisterKind::kRead:
      if (op.value != value) return std::nullopt;
      return value;
    case RegisterKind::kWrite:
      return op.value;
    case RegisterKind::kCas:
      if (value != Value(op.expected)) return std::nullopt;
      return op.value;
    case RegisterKind::kFailedCas:
      if (value == Value(op.expected)) return std::nullopt;
      return value;
  }
  return std::nullopt;
}

/// The search over one register's operations.
class Search {
 public:
  Search(std::vector<RegisterOp> ops, size_t states_max);
  enum class Verdict : uint8_t { kOk, kWrong, kUndecided };
  Verdict Run();
  /// The operation that no order could get past.
  const RegisterOp& stuck() const { return ops_[stuck_]; }

 private:
  // Calls and returns by time, as a doubly linked list; 0 is its head.
  struct Event {
    size_t op = 0;
    bool call = false;
    size_t before = 0, after = 0;
    size_t partner = 0;  // of a call: its return; 0 = it never returns
  };
  struct State {
    std::vector<uint64_t> placed;
    Value value;
    bool operator==(const State&) const = default;
  };
  struct StateHash {
    size_t operator()(const State& state) const {
      uint64_t hash = state.value ? base::MixBits(static_cast<uint64_t>(*state.value) + 1) : 0;
      for (uint64_t word : state.placed) hash = base::MixBits(hash * 31 + word);
      return hash;
    }
  };
  void Unlink(size_t event);
  void Relink(size_t event);

  std::vector<RegisterOp> ops_;
  std::vector<Event> events_;
  size_t states_max_, returns_ = 0, stuck_ = 0;
};

Search::Search(std::vector<RegisterOp> ops, size_t states_max)
    : ops_(std::move(ops)), states_max_(states_max) {
  struct Moment {
    int64_t at;
    bool call;
    size_t op;
  };
  std::vector<Moment> moments;
  for (size_t i = 0; i < ops_.size(); i++) {
    moments.push_back({ops_[i].start, true, i});
    if (ops_[i].outcome == Outcome::kOk) moments.push_back({ops_[i].end, false, i});
  }
  // At one moment calls come first: such operations count as concurrent.
  std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
    return std::tuple(a.at, !a.call, a.op) < std::tuple(b.at, !b.call, b.op);
  });
  std::vector<size_t> call_of(ops_.size());
  events_.push_back({});
  for (const Moment& moment : moments) {
    size_t here = events_.size();
    events_.push_back({moment.op, moment.call, here - 1, 0, 0});
    events_[here - 1].after = here;
    if (moment.call) {
      call_of[moment.op] = here;
    } else {
      events_[call_of[moment.op]].partner = here;
      returns_++;
    }
  }
}

// Takes a call and its return out of the list.
void Search::Unlink(size_t event) {
  for (size_t e : {event, events_[event].partner}) {
    if (e == 0) continue;
    events_[events_[e].before].after = events_[e].after;
    if (events_[e].after) events_[events_[e].after].before = events_[e].before;
  }
}

void Search::Relink(size_t event) {
  for (size_t e : {events_[event].partner, event}) {
    if (e == 0) continue;
    events_[events_[e].before].after = e;
    if (events_[e].after) events_[events_[e].after].before = e;
  }
}

Search::Verdict Search::Run() {
  struct Step {
    size_t event;
    Value before;
  };
  std::unordered_set<State, StateHash> seen;
  std::vector<Step> steps;
  State state{std::vector<uint64_t>((ops_.size() + 63) / 64), std::nullopt};
  size_t left = returns_;
  size_t furthest = 0;
  size_t at = events_[0].after;
  while (left > 0) {
    const Event& event = events_[at];
    if (event.call) {
      std::optional<Value> value = Apply(ops_[event.op], state.value);
      if (value) {
        State next = state;
        next.placed[event.op / 64] |= uint64_t{1} << (event.op % 64);
        next.value = *value;
        if (seen.insert(next).second) {
          if (seen.size() > states_max_) return Verdict::kUndecided;
          steps.push_back({at, state.value});
          state = std::move(next);
          left -= event.partner ? 1 : 0;
          Unlink(at);
          at = events_[0].after;
          continue;
        }
      }
      at = event.after;
      continue;
    }
    // It has ended and was not placed: something before it must have been placed otherwise.
    if (at > furthest) furthest = at, stuck_ = event.op;
    if (steps.empty()) return Verdict::kWrong;
    Step last = steps.back();
    steps.pop_back();
    const Event& undone = events_[last.event];
    state.placed[undone.op / 64] &= ~(uint64_t{1} << (undone.op % 64));
    state.value = last.before;
    left += undone.partner ? 1 : 0;
    Relink(last.event);
    at = undone.after;
  }
  return Verdict::kOk;
}

std::string Describe(const RegisterOp& op) {
  auto number = [](int64_t value) { return std::to_string(value); };
  std::string value = op.value ? number(*op.value) : "nothing";
  std::string what;
  switch (op.kind) {
    case RegisterKind::kRead:
      what = "read of " + value;
      break;
    case RegisterKind::kWrite:
      what = "write of " + value;
      break;
    case RegisterKind::kCas:
      what = "change of " + number(op.expected) + " to " + value;
      break;
    case RegisterKind::kFailedCas:
      what = "failed change of " + number(op.expected);
      break;
  }
  return "line " + std::to_string(op.line) + ", " + what;
}

}  // namespace

RegisterReport CheckRegisters(const std::vector<RegisterOp>& history,
                              const RegisterOptions& options) {
  RegisterReport report;
  std::map<int64_t, std::vector<RegisterOp>> by_key;
  for (const RegisterOp& op : history) {
    report.operations++;
    std::vector<RegisterOp>& ops = by_key[op.key];
    bool effect = op.kind == RegisterKind::kWrite || op.kind == RegisterKind::kCas;
    // What did not happen, or may have and changes nothing, says nothing.
    if (op.outcome == Outcome::kOk || (op.outcome == Outcome::kUnknown && effect))
      ops.push_back(op);
  }
  report.registers = by_key.size();
  for (auto& [key, ops] : by_key) {
    Search search(std::move(ops), options.states_max);
    Search::Verdict verdict = search.Run();
    if (verdict == Search::Verdict::kUndecided) report.undecided++;
    if (verdict != Search::Verdict::kWrong) continue;
    report.ok = false;
    if (report.text.empty()) {
      report.text = "register " + std::to_string(key) +
                    " is not linearizable: no order has a place for the operation of " +
                    Describe(search.stuck());
    }
  }
  return report;
}

}  // namespace lathe::check
