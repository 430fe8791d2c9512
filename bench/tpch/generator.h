// Makes the rows of the TPC-H tables by the value rules of the specification's clause 4.2.3.
//
// A row is a pure function of (scale factor, seed, table, index). It is made by unit: a unit is a
// row, but for lineitem an order with its one to seven lines, so that ranges of units can be made
// in any order, by any thread, and concatenate to the whole table.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/tpch/random.h"
#include "bench/tpch/rows.h"
#include "bench/tpch/text_pool.h"
#include "runtime/base/result.h"

namespace lathe::tpch {

struct Options {
  double scale_factor = 1;  // kScaleFactorMin to kScaleFactorMax
  uint64_t seed = 19920101;
};

inline constexpr double kScaleFactorMin = 0.001;
inline constexpr double kScaleFactorMax = 10000;

/// First and last day of the data, and the day that order and line states are told from
/// (clause 4.2.2.12), in days since 1970-01-01.
inline constexpr int32_t kStartDate = 8035;    // 1992-01-01
inline constexpr int32_t kCurrentDate = 9298;  // 1995-06-17
inline constexpr int32_t kEndDate = 10591;     // 1998-12-31

/// Immutable once made; safe for several threads. What it returns may point into it.
class Generator {
 public:
  /// 22023 if the scale factor is outside its bounds.
  static Result<Generator> Make(const Options& options);

  /// How many units the table has; unit indexes run from 0.
  int64_t Units(Table table) const;
  /// How many rows the table has. For lineitem it looks at every order.
  int64_t CountRows(Table table) const;

  // The row of a unit; index in [0, Units(table)).
  Region MakeRegion(int64_t index) const;
  Nation MakeNation(int64_t index) const;
  Part MakePart(int64_t index) const;
  Supplier MakeSupplier(int64_t index) const;
  PartSupp MakePartSupp(int64_t index) const;
  Customer MakeCustomer(int64_t index) const;
  /// Fills the order and its lines.
  void MakeOrder(int64_t index, Order* order) const;

  double scale_factor() const { return options_.scale_factor; }

 private:
  explicit Generator(const Options& options);

  Stream RowStream(Table table, int64_t index) const;
  /// The key of the i-th (0..3) supplier of a part.
  int64_t SupplierOfPart(int64_t partkey, int i) const;
  void MakeLine(Stream* random, const Order& order, LineItem* line) const;
  int64_t CountLines() const;

  Options options_;
  int64_t parts_, suppliers_, customers_, orders_, clerks_;
  std::shared_ptr<const TextPool> pool_;
  // Indexes of the suppliers whose comment tells of complaints or recommendations, each list
  // ascending.
  std::vector<int64_t> complaints_, recommends_;
};

}  // namespace lathe::tpch
