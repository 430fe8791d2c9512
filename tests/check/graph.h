// A graph of dependencies between transactions, and its cycles by Adya's kinds (Adya, Liskov,
// O'Neil: Generalized Isolation Level Definitions, ICDE 2000).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lathe::check {

enum class EdgeKind : uint8_t {
  kWrite = 1,  // ww: both wrote, in this order
  kRead = 2,   // wr: read what the other wrote
  kAnti = 4,   // rw: the other wrote over what was read
  kClock = 8,  // ended before the other began
};

inline constexpr uint8_t Mask(EdgeKind kind) { return static_cast<uint8_t>(kind); }

struct Edge {
  uint32_t from = 0, to = 0;
  EdgeKind kind = EdgeKind::kWrite;
  int64_t key = 0;
};

/// Not thread-safe. Nodes are numbers; edges may repeat.
class Graph {
 public:
  explicit Graph(size_t nodes) : out_(nodes) {}
  uint32_t AddNode() {
    out_.emplace_back();
    return static_cast<uint32_t>(out_.size() - 1);
  }
  void Add(const Edge& edge) {
    if (edge.from != edge.to) out_[edge.from].push_back(edge);
  }
  size_t size() const { return out_.size(); }

  /// Strongly connected components of two nodes and more, by edges of these kinds (Tarjan 1972).
  std::vector<std::vector<uint32_t>> Components(uint8_t kinds) const;
  /// The shortest path by edges of these kinds; nothing when there is none.
  std::optional<std::vector<Edge>> Path(uint32_t from, uint32_t to, uint8_t kinds) const;
  /// The shortest cycle through some node of a component.
  std::vector<Edge> CycleIn(const std::vector<uint32_t>& component, uint8_t kinds) const;
  /// A cycle in a component with exactly one edge of kind kAnti, the others of `kinds`.
  std::optional<std::vector<Edge>> CycleWithOneAnti(const std::vector<uint32_t>& component,
                                                    uint8_t kinds) const;

 private:
  std::vector<std::vector<Edge>> out_;
};

}  // namespace lathe::check
