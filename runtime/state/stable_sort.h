// A stable merge sort with a buffer of its own. (std::stable_sort of this standard library asks for
// its buffer through a function that C++17 deprecated.)
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

namespace lathe::state {

/// Sorts [begin, end); equal elements keep their order. Elements are copied freely.
template <class Iterator, class Less>
void StableSort(Iterator begin, Iterator end, Less less) {
  using Value = typename std::iterator_traits<Iterator>::value_type;
  constexpr std::ptrdiff_t kInsertion = 16;
  const std::ptrdiff_t count = end - begin;
  for (std::ptrdiff_t from = 0; from < count; from += kInsertion) {
    const std::ptrdiff_t to = std::min(count, from + kInsertion);
    for (std::ptrdiff_t i = from + 1; i < to; ++i) {
      const Value value = begin[i];
      std::ptrdiff_t at = i;
      for (; at > from && less(value, begin[at - 1]); --at) begin[at] = begin[at - 1];
      begin[at] = value;
    }
  }
  std::vector<Value> left;
  for (std::ptrdiff_t length = kInsertion; length < count; length *= 2) {
    for (std::ptrdiff_t from = 0; from + length < count; from += 2 * length) {
      const std::ptrdiff_t middle = from + length, to = std::min(count, middle + length);
      if (!less(begin[middle], begin[middle - 1])) continue;  // in order already
      left.assign(begin + from, begin + middle);
      // What is written never catches up with what is still to be read on the right.
      std::ptrdiff_t right = middle, out = from;
      for (const Value& value : left) {
        while (right < to && less(begin[right], value)) begin[out++] = begin[right++];
        begin[out++] = value;
      }
    }
  }
}

}  // namespace lathe::state
