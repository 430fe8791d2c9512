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

/// Asks for the first lines of the next span: the processor's own prefetching stops at a page's
/// heap.
inline void PrefetchNext(const RowSpan* spans, size_t span_count, size_t s) {
  if (s + 1 == span_count) return;
  for (size_t i = 0; i < 16; ++i) __builtin_prefetch(spans[s + 1].rows + 64 * i);
}

}  // namespace

int64_t SumQ6(const RowSpan* spans, size_t span_count) {
  int64_t sum = 0;
  for (size_t s = 0; s < span_count; ++s) {
    PrefetchNext(spans, span_count, s);
    const char* const end = spans[s].rows + spans[s].count * kStride;
    // Without branches, as the conditions are too random to be predicted, and without gathers,
    // which are slower than plain loads here.
#if defined(__clang__)
#pragma clang loop vectorize(disable) interleave(disable)
#endif
    for (const char* row = spans[s].rows; row != end; row += kStride) {
      const int32_t ship = At<int32_t>(row, kShipDate);
      const int64_t discount = At<int64_t>(row, kDiscount);
      const bool taken = (ship >= kQ6ShipFrom) & (ship < kQ6ShipTo) & (discount >= kQ6DiscountMin) &
                         (discount <= kQ6DiscountMax) &
                         (At<int64_t>(row, kQuantity) < kQ6QuantityBelow);
      sum += -static_cast<int64_t>(taken) & (At<int64_t>(row, kExtendedPrice) * discount);
    }
  }
  return sum;
}

void SumQ1(const RowSpan* spans, size_t span_count, Q1Group* groups) {
  for (size_t s = 0; s < span_count; ++s) {
    PrefetchNext(spans, span_count, s);
    const char* const end = spans[s].rows + spans[s].count * kStride;
    for (const char* row = spans[s].rows; row != end; row += kStride) {
      if (At<int32_t>(row, kShipDate) > kQ1ShipMax) continue;
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
    }
  }
}

}  // namespace lathe::micro
