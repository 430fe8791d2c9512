#include "tests/check/list_append.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "runtime/base/hash.h"
#include "tests/check/graph.h"

namespace lathe::check {
namespace {

using List = std::vector<int64_t>;

constexpr uint8_t kWw = Mask(EdgeKind::kWrite), kWr = Mask(EdgeKind::kRead),
                  kRw = Mask(EdgeKind::kAnti), kRt = Mask(EdgeKind::kClock);

std::string Number(int64_t value) { return std::to_string(value); }

std::string Text(const List& list) {
  std::string out = "[";
  for (size_t i = 0; i < list.size(); i++) {
    if (list.size() > 20 && i == 8) {
      out += ", ...";
      i = list.size() - 8;
    }
    out += (i ? ", " : "") + Number(list[i]);
  }
  return out + "]";
}

bool StartsWith(const List& list, const List& prefix) {
  return list.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), list.begin());
}

bool EndsWith(const List& list, const List& suffix) {
  return list.size() >= suffix.size() && std::equal(suffix.rbegin(), suffix.rend(), list.rbegin());
}

struct Item {  // of a list
  int64_t key, value;
  bool operator==(const Item&) const = default;
};
struct ItemHash {
  size_t operator()(const Item& item) const {
    return base::MixBits(static_cast<uint64_t>(item.key) * 0x9e3779b97f4a7c15ull +
                         static_cast<uint64_t>(item.value));
  }
};
struct Writer {
  uint32_t transaction = 0;
  uint32_t nth = 0;  // of its appends to the list, from 0
};

class Checker {
 public:
  Checker(const std::vector<ListTransaction>& history, const ListOptions& options)
      : history_(history), options_(options), graph_(history.size()) {}
  ListReport Run();

 private:
  /// What a read shows of others: its own appends at the end taken off.
  struct Seen {
    uint32_t reader;
    int64_t key;
    List list;
  };
  void Add(const std::string& kind, const std::string& text) {
    report_.anomalies.push_back({kind, text});
  }
  std::string Name(uint32_t t) const { return "line " + Number(history_[t].line); }
  void IndexAppends();
  void DecideUnknown();
  void CheckInside(uint32_t t);
  void CheckValues(uint32_t t, const ListOp& read);
  void TakeOrders();
  void CheckOwnOrder();
  void Connect();
  void ConnectReader(const Seen& seen);
  void ConnectClock();
  void Cycles();
  void CyclesOf(uint8_t clock, const std::string& suffix);
  std::string Describe(const std::vector<Edge>& cycle) const;
  const Writer* WriterOf(int64_t key, int64_t value) const {
    auto at = writers_.find({key, value});
    return at == writers_.end() ? nullptr : &at->second;
  }

  const std::vector<ListTransaction>& history_;
  const ListOptions& options_;
  Graph graph_;
  ListReport report_;
  std::vector<bool> done_;  // committed, as far as anybody can know
  std::unordered_map<Item, Writer, ItemHash> writers_;
  std::vector<std::map<int64_t, List>> appended_;    // by transaction and list
  std::map<int64_t, List> order_;                    // the longest read of each list
  std::map<int64_t, std::vector<uint32_t>> unseen_;  // writers whose appends nobody saw
  std::vector<Seen> seen_;
};

ListReport Checker::Run() {
  report_.transactions = history_.size();
  IndexAppends();
  DecideUnknown();
  for (uint32_t t = 0; t < history_.size(); t++) {
    if (done_[t]) CheckInside(t);
  }
  TakeOrders();
  CheckOwnOrder();
  Connect();
  if (options_.realtime) ConnectClock();
  Cycles();
  return std::move(report_);
}

void Checker::IndexAppends() {
  appended_.resize(history_.size());
  for (uint32_t t = 0; t < history_.size(); t++) {
    for (const ListOp& op : history_[t].ops) {
      if (!op.append) continue;
      List& own = appended_[t][op.key];
      Writer writer{t, static_cast<uint32_t>(own.size())};
      own.push_back(op.value);
      if (!writers_.emplace(Item{op.key, op.value}, writer).second) {
        Add("duplicate", Name(t) + " appends " + Number(op.value) + " to list " + Number(op.key) +
                             ", as another append does: the history cannot be judged");
      }
    }
  }
}

// Who was seen has committed, and then what it saw counts too.
void Checker::DecideUnknown() {
  done_.resize(history_.size());
  std::vector<uint32_t> fresh;
  for (uint32_t t = 0; t < history_.size(); t++) {
    if (history_[t].outcome == Outcome::kOk) fresh.push_back(t), done_[t] = true;
  }
  while (!fresh.empty()) {
    uint32_t t = fresh.back();
    fresh.pop_back();
    for (const ListOp& op : history_[t].ops) {
      if (op.append || !op.list) continue;
      for (int64_t value : *op.list) {
        const Writer* writer = WriterOf(op.key, value);
        if (!writer || done_[writer->transaction] ||
            history_[writer->transaction].outcome != Outcome::kUnknown) {
          continue;
        }
        done_[writer->transaction] = true;
        fresh.push_back(writer->transaction);
      }
    }
  }
}

// A transaction against itself: it sees its own appends, and above read-committed what it saw.
void Checker::CheckInside(uint32_t t) {
  std::map<int64_t, List> own;       // appended so far
  std::map<int64_t, List> expected;  // by the last read and the appends since
  std::map<int64_t, bool> known;
  for (const ListOp& op : history_[t].ops) {
    if (op.append) {
      own[op.key].push_back(op.value);
      expected[op.key].push_back(op.value);
      continue;
    }
    if (!op.list) continue;
    CheckValues(t, op);
    bool strict = known[op.key] && options_.level != Level::kReadCommitted;
    if (!EndsWith(*op.list, own[op.key]) || (strict && *op.list != expected[op.key])) {
      Add("internal", Name(t) + " reads list " + Number(op.key) + " as " + Text(*op.list) +
                          ", having " + (strict ? "seen or made it " : "appended ") +
                          Text(strict ? expected[op.key] : own[op.key]));
    }
    expected[op.key] = *op.list;
    known[op.key] = true;
    List external = *op.list;
    const List& mine = own[op.key];
    if (EndsWith(external, mine)) external.resize(external.size() - mine.size());
    if (!external.empty()) {
      const Writer* last = WriterOf(op.key, external.back());
      if (last && last->transaction != t) {
        const List& theirs = appended_[last->transaction][op.key];
        if (last->nth + 1 < theirs.size()) {
          Add("G1b", Name(t) + " reads list " + Number(op.key) + " up to " +
                         Number(external.back()) + ", amid the appends of " +
                         Name(last->transaction));
        }
      }
    }
    seen_.push_back({t, op.key, std::move(external)});
  }
}

void Checker::CheckValues(uint32_t t, const ListOp& read) {
  List sorted = *read.list;
  std::sort(sorted.begin(), sorted.end());
  auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  std::string what = Name(t) + " reads list " + Number(read.key) + " as " + Text(*read.list);
  if (twice != sorted.end()) Add("duplicate", what + ", with " + Number(*twice) + " twice");
  for (int64_t value : sorted) {
    const Writer* writer = WriterOf(read.key, value);
    if (!writer) {
      Add("unknown-value", what + ", but nobody appended " + Number(value));
    } else if (history_[writer->transaction].outcome == Outcome::kFail) {
      Add("G1a", what + ", but " + Name(writer->transaction) + ", which appended " + Number(value) +
                     ", was refused");
    }
  }
}

// The longest read of a list is its order; all others must be where it begins.
void Checker::TakeOrders() {
  std::map<int64_t, uint32_t> by;
  auto each_read = [&](auto&& visit) {
    for (uint32_t t = 0; t < history_.size(); t++) {
      if (!done_[t]) continue;
      for (const ListOp& op : history_[t].ops) {
        if (!op.append && op.list) visit(t, op);
      }
    }
  };
  each_read([&](uint32_t t, const ListOp& op) {
    List& order = order_[op.key];
    if (op.list->size() <= order.size()) return;
    order = *op.list;
    by[op.key] = t;
  });
  each_read([&](uint32_t t, const ListOp& op) {
    const List& order = order_[op.key];
    if (StartsWith(order, *op.list)) return;
    Add("incompatible-order", "list " + Number(op.key) + " is " + Text(*op.list) + " in " +
                                  Name(t) + " and " + Text(order) + " in " + Name(by[op.key]));
  });
}

// Of each transaction's appends to a list, those that were seen are its first, in its order.
void Checker::CheckOwnOrder() {
  for (const auto& [key, order] : order_) {
    std::map<uint32_t, uint32_t> count;
    for (int64_t value : order) {
      const Writer* writer = WriterOf(key, value);
      if (!writer || writer->nth == count[writer->transaction]++) continue;
      Add("own-order", "list " + Number(key) + " is " + Text(order) + ", not as " +
                           Name(writer->transaction) + " appended to it");
      break;
    }
  }
}

void Checker::Connect() {
  std::unordered_set<Item, ItemHash> shown;
  for (const auto& [key, order] : order_) {
    for (int64_t value : order) shown.insert({key, value});
  }
  for (uint32_t t = 0; t < history_.size(); t++) {
    if (!done_[t]) continue;
    for (const auto& [key, own] : appended_[t]) {
      if (!shown.contains({key, own.back()})) unseen_[key].push_back(t);
    }
  }
  report_.lists = order_.size();
  auto link = [&](uint32_t from, uint32_t to, EdgeKind kind, int64_t key) {
    graph_.Add({from, to, kind, key});
    report_.edges++;
  };
  for (const auto& [key, order] : order_) {
    const Writer* before = nullptr;
    for (int64_t value : order) {
      const Writer* writer = WriterOf(key, value);
      if (writer && before) link(before->transaction, writer->transaction, EdgeKind::kWrite, key);
      if (writer) before = writer;
    }
    for (uint32_t t : unseen_[key]) {
      if (before) link(before->transaction, t, EdgeKind::kWrite, key);
    }
  }
  for (const Seen& seen : seen_) ConnectReader(seen);
}

// Reads from the writer of the last value, before the writer of the next.
void Checker::ConnectReader(const Seen& seen) {
  const List& order = order_[seen.key];
  if (!StartsWith(order, seen.list)) return;
  if (!seen.list.empty()) {
    const Writer* writer = WriterOf(seen.key, seen.list.back());
    if (writer) {
      graph_.Add({writer->transaction, seen.reader, EdgeKind::kRead, seen.key});
      report_.edges++;
    }
  }
  if (seen.list.size() < order.size()) {
    const Writer* next = WriterOf(seen.key, order[seen.list.size()]);
    if (next) graph_.Add({seen.reader, next->transaction, EdgeKind::kAnti, seen.key});
    report_.edges++;
    return;
  }
  for (uint32_t t : unseen_[seen.key]) {
    graph_.Add({seen.reader, t, EdgeKind::kAnti, seen.key});
    report_.edges++;
  }
}

// Instead of an edge for each pair, one chain of nodes that stand for "all that has ended by then".
void Checker::ConnectClock() {
  struct Moment {
    int64_t at;
    bool end;
    uint32_t transaction;
  };
  std::vector<Moment> moments;
  for (uint32_t t = 0; t < history_.size(); t++) {
    if (!done_[t]) continue;
    moments.push_back({history_[t].start, false, t});
    if (history_[t].outcome == Outcome::kOk) moments.push_back({history_[t].end, true, t});
  }
  std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
    return std::tie(a.at, a.end, a.transaction) < std::tie(b.at, b.end, b.transaction);
  });
  std::optional<uint32_t> ended;
  for (const Moment& moment : moments) {
    if (!moment.end) {
      if (ended) graph_.Add({*ended, moment.transaction, EdgeKind::kClock, 0});
      continue;
    }
    uint32_t node = graph_.AddNode();
    if (ended) graph_.Add({*ended, node, EdgeKind::kClock, 0});
    graph_.Add({moment.transaction, node, EdgeKind::kClock, 0});
    ended = node;
  }
}

std::string Checker::Describe(const std::vector<Edge>& cycle) const {
  std::string out;
  bool clock = false;
  // Begin with a transaction, not with a moment.
  size_t first = 0;
  while (first < cycle.size() && cycle[first].from >= history_.size()) first++;
  for (size_t i = 0; i < cycle.size(); i++) {
    const Edge& edge = cycle[(first + i) % cycle.size()];
    if (edge.from < history_.size()) out += Name(edge.from);
    if (edge.to >= history_.size()) continue;
    clock = edge.from >= history_.size();
    std::string key = " list " + Number(edge.key) + ")-> ";
    if (clock)
      out += " -(began later)-> ";
    else if (edge.kind == EdgeKind::kWrite)
      out += " -(ww" + key;
    else if (edge.kind == EdgeKind::kRead)
      out += " -(wr" + key;
    else
      out += " -(rw" + key;
  }
  if (!cycle.empty()) out += Name(cycle[first % cycle.size()].from);
  return out;
}

void Checker::Cycles() {
  CyclesOf(0, "");
  if (options_.realtime) CyclesOf(kRt, "-realtime");
}

void Checker::CyclesOf(uint8_t clock, const std::string& suffix) {
  auto found = [&](const std::string& kind) {
    for (const Anomaly& anomaly : report_.anomalies) {
      if (anomaly.kind == kind) return true;
    }
    return false;
  };
  auto report = [&](const std::string& kind, const std::vector<Edge>& cycle) {
    // With the clock, the same cycles are there again: only kinds that were not found without.
    if (!found(kind)) Add(kind + suffix, Describe(cycle));
  };
  uint8_t writes = kWw | clock, reads = kWw | kWr | clock, all = kWw | kWr | kRw | clock;
  std::vector<bool> weaker(graph_.size());
  auto mark = [&](const std::vector<uint32_t>& component) {
    for (uint32_t node : component) weaker[node] = true;
  };
  auto marked = [&](const std::vector<uint32_t>& component) {
    return std::any_of(component.begin(), component.end(), [&](uint32_t n) { return weaker[n]; });
  };
  for (const auto& component : graph_.Components(writes)) {
    report("G0", graph_.CycleIn(component, writes));
    mark(component);
  }
  for (const auto& component : graph_.Components(reads)) {
    if (!marked(component)) report("G1c", graph_.CycleIn(component, reads));
    mark(component);
  }
  if (options_.level == Level::kReadCommitted) return;
  for (const auto& component : graph_.Components(all)) {
    if (marked(component)) continue;
    if (auto cycle = graph_.CycleWithOneAnti(component, all)) {
      report("G-single", *cycle);
    } else if (options_.level == Level::kSerializable) {
      report("G2", graph_.CycleIn(component, all));
    }
  }
}

}  // namespace

ListReport CheckLists(const std::vector<ListTransaction>& history, const ListOptions& options) {
  return Checker(history, options).Run();
}

}  // namespace lathe::check
