// The log as the core holds it: the entries after the base (the newest snapshot or truncation), all
// in memory, shared with the messages that carry them. Indexes are without gaps.
#pragma once

#include <optional>
#include <vector>

#include "dist/raft/types.h"

namespace lathe::raft {

/// A value. Not thread-safe.
class Log {
 public:
  Log() = default;
  Log(LogIndex base_index, Term base_term, std::vector<Entry> entries);

  LogIndex base_index() const { return base_index_; }
  Term base_term() const { return base_term_; }
  LogIndex first_index() const { return base_index_ + 1; }
  LogIndex last_index() const { return base_index_ + size(); }
  Term last_term() const { return size() == 0 ? base_term_ : entries_.back().term; }
  size_t size() const { return entries_.size() - head_; }

  /// An entry; first_index() <= index <= last_index().
  const Entry& At(LogIndex index) const;
  /// The term at an index; nothing before the base and after the end.
  std::optional<Term> TermAt(LogIndex index) const;
  bool Has(LogIndex index, Term term) const;
  /// True when a log that ends with (index, term) is at least as new as this one (paper 5.4.1).
  bool IsUpToDate(LogIndex index, Term term) const;
  /// The greatest index <= `index` whose term is <= `term`, not below the base: where the logs of
  /// a leader and a follower that differ at `index` may agree again.
  LogIndex LastWithin(LogIndex index, Term term) const;

  /// Adds an entry; its index must be last_index() + 1.
  void Append(Entry entry);
  /// Removes the entries from `from` on.
  void CutFrom(LogIndex from);
  /// Forgets the entries up to `upto`, which becomes the base.
  void ForgetUpTo(LogIndex upto);
  /// Forgets everything; the log goes on after (index, term).
  void Reset(LogIndex index, Term term);
  /// Copies entries of [from, to] up to a number of bytes, at least one.
  void Copy(LogIndex from, LogIndex to, size_t bytes_max, std::vector<Entry>* out) const;
  /// Gives back memory kept for growth.
  void Shrink();

 private:
  LogIndex base_index_;
  Term base_term_;
  size_t head_ = 0;  // entries_[head_] is the first one; those before are empty
  std::vector<Entry> entries_;
};

}  // namespace lathe::raft
