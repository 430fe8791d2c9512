// The rows of the eight tables as plain structs (TPC-H specification, clause 1.4), before they
// become text. Money is in cents, quantities in units, discount and tax in percent, dates in days
// since 1970-01-01.
//
// Texts that a row makes are in the row (Text<N>); comments are views into the generator's text
// pool and live as long as the generator.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lathe::tpch {

/// The tables, in an order in which foreign keys are satisfied.
enum class Table : uint8_t {
  kRegion,
  kNation,
  kPart,
  kSupplier,
  kPartSupp,
  kCustomer,
  kOrders,
  kLineItem,
};
inline constexpr int kTableCount = 8;

/// A short text of at most N bytes, kept inside the row.
template <int N>
struct Text {
  std::array<char, N> bytes;
  uint8_t size = 0;

  void Append(char c) { bytes[size++] = c; }
  void Append(std::string_view text) {
    std::memcpy(bytes.data() + size, text.data(), text.size());
    size = static_cast<uint8_t>(size + text.size());
  }
  std::string_view view() const { return {bytes.data(), size}; }
};

struct Region {
  int32_t regionkey;
  std::string_view name;
  std::string_view comment;
};

struct Nation {
  int32_t nationkey;
  std::string_view name;
  int32_t regionkey;
  std::string_view comment;
};

struct Part {
  int64_t partkey;
  Text<55> name;
  Text<25> mfgr;
  Text<10> brand;
  Text<25> type;
  int32_t size;
  Text<10> container;
  int64_t retailprice;
  std::string_view comment;
};

struct Supplier {
  int64_t suppkey;
  Text<25> name;
  Text<40> address;
  int32_t nationkey;
  Text<15> phone;
  int64_t acctbal;
  Text<101> comment;
};

struct PartSupp {
  int64_t partkey;
  int64_t suppkey;
  int32_t availqty;
  int64_t supplycost;
  std::string_view comment;
};

struct Customer {
  int64_t custkey;
  Text<25> name;
  Text<40> address;
  int32_t nationkey;
  Text<15> phone;
  int64_t acctbal;
  std::string_view mktsegment;
  std::string_view comment;
};

struct LineItem {
  int64_t orderkey;
  int64_t partkey;
  int64_t suppkey;
  int32_t linenumber;
  int32_t quantity;
  int64_t extendedprice;
  int32_t discount;
  int32_t tax;
  char returnflag;
  char linestatus;
  int32_t shipdate;
  int32_t commitdate;
  int32_t receiptdate;
  std::string_view shipinstruct;
  std::string_view shipmode;
  std::string_view comment;
};

inline constexpr int kLinesMax = 7;

struct Order {
  int64_t orderkey;
  int64_t custkey;
  char orderstatus;
  int64_t totalprice;
  int32_t orderdate;
  std::string_view orderpriority;
  Text<15> clerk;
  int32_t shippriority;
  std::string_view comment;
  int line_count;
  std::array<LineItem, kLinesMax> lines;  // the first line_count are meaningful
};

}  // namespace lathe::tpch
