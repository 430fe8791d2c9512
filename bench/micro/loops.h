// Hand-written loops for TPC-H Q1 and Q6 over packed rows of lineitem: what compiled queries are
// measured against. They know the row's offsets, check nothing and see every row.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lathe::micro {

/// Where the columns lie in a row of lineitem as storage packs it; the program compares them with
/// the real layout.
inline constexpr size_t kQuantity = 16, kExtendedPrice = 24, kDiscount = 32,
                        kTax = 40;                           // int64, two decimals
inline constexpr size_t kReturnFlag = 48, kLineStatus = 52;  // string slots of one byte each
inline constexpr size_t kShipDate = 56;                      // int32, days since 2000-01-01
inline constexpr size_t kStride = 80;

/// Rows [0, count) from `rows` on, kStride bytes apart.
struct RowSpan {
  const char* rows;
  size_t count;
};

/// The parameters of Q6 and Q1 as the rows hold them.
inline constexpr int32_t kQ6ShipFrom = -2191, kQ6ShipTo = -1826;  // 1994-01-01, 1995-01-01
inline constexpr int64_t kQ6DiscountMin = 5, kQ6DiscountMax = 7, kQ6QuantityBelow = 2400;
inline constexpr int32_t kQ1ShipMax = -486;  // 1998-09-02

/// Adds sum(l_extendedprice * l_discount), four decimals, of the rows that Q6 takes.
int64_t SumQ6(const RowSpan* spans, size_t span_count);

/// Q1's sums of one group; decimals as the products have them (2, 2, 4, 6, 2).
struct Q1Group {
  int64_t quantity = 0, base_price = 0, disc_price = 0, charge = 0, discount = 0, count = 0;
};
/// Groups by flag and status: index (flag & 31) << 5 | (status & 31).
inline constexpr size_t kQ1Groups = 1024;
void SumQ1(const RowSpan* spans, size_t span_count, Q1Group* groups);

}  // namespace lathe::micro
