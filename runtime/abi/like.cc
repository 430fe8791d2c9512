// LIKE with a pattern that is prepared once: patterns of literal pieces between percent signs
// become substring searches; those with underscores go through a backtracking matcher that only
// ever returns to the last percent sign.
#include <cstring>

#include "runtime/abi/abi.h"
#include "runtime/types/text.h"

namespace lathe::abi {
namespace {

const char* Find(const char* from, const char* end, std::string_view piece) {
  if (piece.empty()) return from;
  return static_cast<const char*>(
      memmem(from, static_cast<size_t>(end - from), piece.data(), piece.size()));
}

bool MatchGeneral(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0;
  size_t retry_pattern = std::string_view::npos, retry_text = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size()) {
      char c = pattern[p];
      if (c == '%') {
        retry_pattern = ++p;
        retry_text = t;
        continue;
      }
      if (t < text.size()) {
        if (c == '_') {
          ++p;
          t += static_cast<size_t>(types::CharBytes(text[t]));
          continue;
        }
        size_t skip = c == '\\' && p + 1 < pattern.size() ? 1 : 0;
        if (pattern[p + skip] == text[t]) {
          p += 1 + skip;
          ++t;
          continue;
        }
      }
    }
    if (retry_pattern == std::string_view::npos || retry_text >= text.size()) return false;
    retry_text += static_cast<size_t>(types::CharBytes(text[retry_text]));
    t = retry_text;
    p = retry_pattern;
  }
  return true;
}

}  // namespace

LikePattern::LikePattern(std::string_view pattern) : pattern_(pattern) {
  bool underscore = false, percent = false;
  std::string piece;
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '_') underscore = true;
    if (c == '%') {
      percent = true;
      if (i == 0) open_front_ = true;
      if (!piece.empty()) pieces_.push_back(std::move(piece));
      piece.clear();
      open_back_ = i + 1 == pattern.size();
      continue;
    }
    if (c == '\\') {
      if (i + 1 == pattern.size()) {
        valid_ = false;
        break;
      }
      c = pattern[++i];
    }
    piece += c;
  }
  if (!piece.empty()) pieces_.push_back(std::move(piece));
  if (underscore) return;
  if (!percent) {
    shape_ = Shape::kExact;
    if (pieces_.empty()) pieces_.emplace_back();
  } else if (pieces_.size() == 1 && open_front_ != open_back_) {
    shape_ = open_back_ ? Shape::kPrefix : Shape::kSuffix;
  } else if (pieces_.size() == 1 && open_front_) {
    shape_ = Shape::kContains;
  } else {
    shape_ = Shape::kPieces;
  }
}

bool LikePattern::Matches(std::string_view text) const {
  switch (shape_) {
    case Shape::kExact:
      return text == pieces_[0];
    case Shape::kPrefix:
      return text.starts_with(pieces_[0]);
    case Shape::kSuffix:
      return text.ends_with(pieces_[0]);
    case Shape::kContains:
      return Find(text.data(), text.data() + text.size(), pieces_[0]) != nullptr;
    case Shape::kGeneral:
      return MatchGeneral(pattern_, text);
    case Shape::kPieces:
      break;
  }
  const char* from = text.data();
  const char* end = from + text.size();
  size_t first = 0, last = pieces_.size();
  if (!open_front_) {
    if (!text.starts_with(pieces_[0])) return false;
    from += pieces_[0].size();
    first = 1;
  }
  if (!open_back_ && last > first) {
    const std::string& tail = pieces_[--last];
    if (static_cast<size_t>(end - from) < tail.size()) return false;
    end -= tail.size();
    if (std::memcmp(end, tail.data(), tail.size()) != 0) return false;
  }
  for (size_t i = first; i < last; ++i) {
    const char* found = Find(from, end, pieces_[i]);
    if (found == nullptr) return false;
    from = found + pieces_[i].size();
  }
  return true;
}

}  // namespace lathe::abi
