#include "tests/check/graph.h"

#include <algorithm>
#include <deque>

namespace lathe::check {
namespace {

constexpr size_t kStarts = 64;  // nodes of a component from which the shortest cycle is sought

}  // namespace

std::vector<std::vector<uint32_t>> Graph::Components(uint8_t kinds) const {
  constexpr uint32_t kUnseen = UINT32_MAX;
  struct Frame {
    uint32_t node;
    size_t next;
  };
  std::vector<uint32_t> order(size(), kUnseen), low(size()), stack;
  std::vector<bool> on_stack(size());
  std::vector<Frame> frames;
  std::vector<std::vector<uint32_t>> components;
  uint32_t count = 0;
  auto enter = [&](uint32_t node) {
    order[node] = low[node] = count++;
    stack.push_back(node);
    on_stack[node] = true;
    frames.push_back({node, 0});
  };
  for (uint32_t root = 0; root < size(); root++) {
    if (order[root] != kUnseen) continue;
    enter(root);
    while (!frames.empty()) {
      uint32_t node = frames.back().node;
      if (frames.back().next < out_[node].size()) {
        const Edge& edge = out_[node][frames.back().next++];
        if (!(Mask(edge.kind) & kinds)) continue;
        if (order[edge.to] == kUnseen) {
          enter(edge.to);
        } else if (on_stack[edge.to]) {
          low[node] = std::min(low[node], order[edge.to]);
        }
        continue;
      }
      frames.pop_back();
      if (!frames.empty()) {
        low[frames.back().node] = std::min(low[frames.back().node], low[node]);
      }
      if (low[node] != order[node]) continue;
      auto at = std::find(stack.rbegin(), stack.rend(), node).base() - 1;
      std::vector<uint32_t> component(at, stack.end());
      stack.erase(at, stack.end());
      for (uint32_t member : component) on_stack[member] = false;
      if (component.size() > 1) components.push_back(std::move(component));
    }
  }
  return components;
}

std::optional<std::vector<Edge>> Graph::Path(uint32_t from, uint32_t to, uint8_t kinds) const {
  std::vector<const Edge*> by(size());
  std::vector<bool> seen(size());
  std::deque<uint32_t> queue{from};
  seen[from] = true;
  while (!queue.empty()) {
    uint32_t node = queue.front();
    queue.pop_front();
    for (const Edge& edge : out_[node]) {
      if (!(Mask(edge.kind) & kinds) || (seen[edge.to] && edge.to != to)) continue;
      if (edge.to != to) {
        seen[edge.to] = true;
        by[edge.to] = &edge;
        queue.push_back(edge.to);
        continue;
      }
      std::vector<Edge> path{edge};
      for (uint32_t at = node; at != from; at = path.back().from) path.push_back(*by[at]);
      std::reverse(path.begin(), path.end());
      return path;
    }
  }
  return std::nullopt;
}

std::vector<Edge> Graph::CycleIn(const std::vector<uint32_t>& component, uint8_t kinds) const {
  std::vector<Edge> best;
  for (size_t i = 0; i < std::min(component.size(), kStarts); i++) {
    auto cycle = Path(component[i], component[i], kinds);
    if (cycle && (best.empty() || cycle->size() < best.size())) best = *std::move(cycle);
  }
  return best;
}

std::optional<std::vector<Edge>> Graph::CycleWithOneAnti(const std::vector<uint32_t>& component,
                                                         uint8_t kinds) const {
  std::vector<uint32_t> members = component;
  std::sort(members.begin(), members.end());
  uint8_t others = kinds & ~Mask(EdgeKind::kAnti);
  for (uint32_t node : members) {
    for (const Edge& edge : out_[node]) {
      if (edge.kind != EdgeKind::kAnti ||
          !std::binary_search(members.begin(), members.end(), edge.to)) {
        continue;
      }
      if (auto rest = Path(edge.to, node, others)) {
        rest->insert(rest->begin(), edge);
        return rest;
      }
    }
  }
  return std::nullopt;
}

}  // namespace lathe::check
