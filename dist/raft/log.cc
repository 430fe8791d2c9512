#include "dist/raft/log.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace lathe::raft {

Log::Log(LogIndex base_index, Term base_term, std::vector<Entry> entries)
    : base_index_(base_index), base_term_(base_term), entries_(std::move(entries)) {
  LogIndex expected = first_index();
  for (const Entry& entry : entries_) {
    LATHE_CHECK(entry.index == expected);
    expected = expected + 1;
  }
}

const Entry& Log::At(LogIndex index) const {
  LATHE_CHECK(index > base_index_ && index <= last_index());
  return entries_[head_ + (index - base_index_) - 1];
}

std::optional<Term> Log::TermAt(LogIndex index) const {
  if (index == base_index_) return base_term_;
  if (index < base_index_ || index > last_index()) return std::nullopt;
  return At(index).term;
}

bool Log::Has(LogIndex index, Term term) const {
  std::optional<Term> own = TermAt(index);
  return own && *own == term;
}

bool Log::IsUpToDate(LogIndex index, Term term) const {
  return term > last_term() || (term == last_term() && index >= last_index());
}

LogIndex Log::LastWithin(LogIndex index, Term term) const {
  LogIndex at = std::min(index, last_index());
  while (at > base_index_ && At(at).term > term) at = at - 1;
  return std::max(at, base_index_);
}

void Log::Append(Entry entry) {
  LATHE_CHECK(entry.index == last_index() + 1);
  entries_.push_back(std::move(entry));
}

void Log::CutFrom(LogIndex from) {
  LATHE_CHECK(from > base_index_);
  if (from > last_index()) return;
  entries_.erase(entries_.begin() + head_ + (from - base_index_ - 1), entries_.end());
}

void Log::ForgetUpTo(LogIndex upto) {
  LATHE_CHECK(upto >= base_index_ && upto <= last_index());
  base_term_ = *TermAt(upto);
  size_t count = upto - base_index_;
  for (size_t i = 0; i < count; i++) entries_[head_ + i].payload = Payload();
  head_ += count;
  base_index_ = upto;
  if (head_ * 2 >= entries_.size()) {  // each entry moves at most once on average
    entries_.erase(entries_.begin(), entries_.begin() + head_);
    head_ = 0;
  }
}

void Log::Reset(LogIndex index, Term term) {
  entries_.clear();
  head_ = 0;
  base_index_ = index;
  base_term_ = term;
}

void Log::Copy(LogIndex from, LogIndex to, size_t bytes_max, std::vector<Entry>* out) const {
  if (from > to) return;
  size_t begin = head_ + (from - base_index_) - 1;
  size_t end = begin, limit = head_ + (to - base_index_);
  size_t bytes = 0;
  do {
    bytes += entries_[end++].bytes();
  } while (end < limit && bytes + entries_[end].bytes() <= bytes_max);
  out->insert(out->end(), entries_.begin() + begin, entries_.begin() + end);
}

void Log::Shrink() {
  entries_.erase(entries_.begin(), entries_.begin() + head_);
  head_ = 0;
  entries_.shrink_to_fit();
}

}  // namespace lathe::raft
