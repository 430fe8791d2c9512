#include "storage/txn/key_moves.h"

#include <algorithm>

namespace lathe::txn {
namespace {

constexpr uint64_t kOwnBytesMax = 4 << 20, kBytesMax = 64 << 20;

uint64_t BytesOf(std::string_view from, std::string_view to) {
  return from.size() + to.size() + 128;
}

}  // namespace

void OwnKeyMoves::Add(std::string_view from, std::string_view to, uint32_t statement) {
  if (lost_) return;
  bytes_ += BytesOf(from, to);
  if (bytes_ > kOwnBytesMax) {
    lost_ = true;
    moves_ = {};
    return;
  }
  moves_.push_back({{std::string(from), std::string(to)}, statement});
}

void OwnKeyMoves::UndoTo(size_t mark) {
  while (moves_.size() > mark) {
    const KeyMove& last = moves_.back().move;
    bytes_ -= BytesOf(last.from, last.to);
    moves_.pop_back();
  }
}

std::vector<KeyMove> OwnKeyMoves::Composed() const {
  absl::flat_hash_map<std::string, std::string> origin;  // by where the row is now
  std::vector<KeyMove> composed;
  for (size_t i = 0; i < moves_.size();) {
    std::vector<std::pair<std::string, std::string>> arrived;
    const uint32_t statement = moves_[i].statement;
    for (; i < moves_.size() && moves_[i].statement == statement; ++i) {
      const KeyMove& move = moves_[i].move;
      auto known = origin.extract(move.from);
      if (move.to.empty()) {
        composed.push_back({known.empty() ? move.from : std::move(known.mapped()), {}});
        continue;
      }
      arrived.emplace_back(move.to, known.empty() ? move.from : std::move(known.mapped()));
    }
    for (auto& [to, from] : arrived) origin.insert_or_assign(std::move(to), std::move(from));
  }
  for (auto& [to, from] : origin) {
    if (to != from) composed.push_back({from, to});
  }
  return composed;
}

void KeyMoves::Add(const OwnKeyMoves& moves, Timestamp ts, Timestamp oldest) {
  std::lock_guard lock(mutex_);
  TrimTo(oldest);
  if (moves.lost()) forgotten_ = std::max(forgotten_, ts);
  for (const KeyMove& move : moves.Composed()) {
    std::vector<Move>& of_key = moves_[move.from];
    of_key.push_back({ts, move.to});
    order_.push_back({ts, move.from, BytesOf(move.from, move.to)});
    bytes_ += order_.back().bytes;
  }
  while (bytes_ > kBytesMax) {
    forgotten_ = std::max(forgotten_, order_.front().ts);
    DropOldest();
  }
}

void KeyMoves::DropOldest() {
  auto it = moves_.find(order_.front().from);
  it->second.erase(it->second.begin());
  if (it->second.empty()) moves_.erase(it);
  bytes_ -= order_.front().bytes;
  order_.pop_front();
}

void KeyMoves::AddDeleted(DeletedRowsPtr rows, Timestamp ts) {
  std::lock_guard lock(mutex_);
  deleted_.push_back({ts, std::move(rows)});
}

void KeyMoves::Trim(Timestamp oldest) {
  std::lock_guard lock(mutex_);
  TrimTo(oldest);
}

void KeyMoves::TrimTo(Timestamp oldest) {
  while (!order_.empty() && order_.front().ts <= oldest) DropOldest();
  while (!deleted_.empty() && deleted_.front().ts <= oldest) deleted_.pop_front();
}

Result<std::optional<KeyMoves::Move>> KeyMoves::Find(std::string_view from, Timestamp after) const {
  std::optional<Move> first;
  std::vector<Deleted> deleted;  // looked into without the mutex: it may read pages
  {
    std::lock_guard lock(mutex_);
    auto it = moves_.find(absl::string_view(from.data(), from.size()));
    if (it != moves_.end()) {
      for (const Move& move : it->second) {
        if (move.ts <= after) continue;
        // A commit may have given the row another key and that key another row.
        if (!first.has_value() || (first->ts == move.ts && first->to.empty())) first = move;
      }
    }
    for (const Deleted& commit : deleted_) {
      if (commit.ts > after && !(first.has_value() && commit.ts >= first->ts)) {
        deleted.push_back(commit);
      }
    }
  }
  for (const Deleted& commit : deleted) {
    LATHE_ASSIGN(bool contains, commit.rows->Contains(from));
    if (contains) return std::optional<Move>({commit.ts, {}});
  }
  return first;
}

bool KeyMoves::ForgottenAfter(Timestamp after) const {
  std::lock_guard lock(mutex_);
  return forgotten_ > after;
}

}  // namespace lathe::txn
