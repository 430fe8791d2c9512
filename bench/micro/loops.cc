// Compiled with -O3 -march=native; see loops.h.
#include "bench/micro/loops.h"

#include <cstring>

namespace lathe::micro {
namespace {

template <class T>
inline T At(const char* row, size_t offset) {
  T value;
  std::memcpy(&value, row + offset, sizeof value);
  return value;
}

/// How far ahead the loops prefetch (into the second-level cache).
constexpr size_t kAheadBytes = 12 * 1024;
constexpr size_t kAheadRows = kAheadBytes / kStride;

/// Calls step(row) for all rows of the spans in order. With each row the two lines are asked for
/// that hold the columns of a row kAheadBytes further, in the next span near a span's end: the
/// processor's own prefetching stops at a page's heap and takes long to get up to speed again.
/// Never vectorized: gathers are slower than plain loads here.
template <class Step>
inline void ForEachRow(const RowSpan* spans, size_t span_count, Step step) {
  for (size_t s = 0; s < span_count; ++s) {
    const char* row = spans[s].rows;
    auto run = [&](const char* end, ptrdiff_t ahead) {
#if defined(__clang__)
#pragma clang loop vectorize(disable) interleave(disable)
#endif
      for (; row != end; row += kStride) {
        __builtin_prefetch(row + ahead + kQuantity, 0, 2);
        __builtin_prefetch(row + ahead + kShipDate + 3, 0, 2);
        step(row);
      }
    };
    const char* const end = row + spans[s].count * kStride;
    if (spans[s].count > kAheadRows) run(end - kAheadRows * kStride, kAheadBytes);
    run(end, s + 1 < span_count ? spans[s + 1].rows - row : 0);
  }
}

}  // namespace

int64_t SumQ6(const RowSpan* spans, size_t span_count) {
  int64_t sum = 0;
  ForEachRow(spans, span_count, [&sum](const char* row) {
    // Without branches, as the conditions are too random to be predicted.
    const int32_t ship = At<int32_t>(row, kShipDate);
    const int64_t discount = At<int64_t>(row, kDiscount);
    const bool taken = (ship >= kQ6ShipFrom) & (ship < kQ6ShipTo) & (discount >= kQ6DiscountMin) &
                       (discount <= kQ6DiscountMax) &
                       (At<int64_t>(row, kQuantity) < kQ6QuantityBelow);
    sum += -static_cast<int64_t>(taken) & (At<int64_t>(row, kExtendedPrice) * discount);
  });
  return sum;
}

void SumQ1(const RowSpan* spans, size_t span_count, Q1Group* groups) {
  ForEachRow(spans, span_count, [groups](const char* row) {
    if (At<int32_t>(row, kShipDate) > kQ1ShipMax) return;
    const size_t flag = static_cast<uint8_t>(row[kReturnFlag + 1]);
    const size_t status = static_cast<uint8_t>(row[kLineStatus + 1]);
    Q1Group& group = groups[(flag & 31) << 5 | (status & 31)];
    const int64_t price = At<int64_t>(row, kExtendedPrice);
    const int64_t discount = At<int64_t>(row, kDiscount);
    const int64_t disc_price = price * (100 - discount);
    group.quantity += At<int64_t>(row, kQuantity);
    group.base_price += price;
    group.disc_price += disc_price;
    group.charge += disc_price * (100 + At<int64_t>(row, kTax));
    group.discount += discount;
    ++group.count;
  });
}

}  // namespace lathe::micro
