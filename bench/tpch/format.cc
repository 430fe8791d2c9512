// Writes rows column by column through a cursor into a buffer that is long enough for any row.
#include "bench/tpch/format.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>

namespace lathe::tpch {
namespace {

constexpr int kRowBytesMax = 512;

/// "1992-01-01" for every day of the data.
class DateTexts {
 public:
  DateTexts() {
    for (int32_t day = kStartDate; day <= kEndDate; ++day) {
      std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
      char* to = texts_[day - kStartDate].data();
      Digits(static_cast<int>(date.year()), 4, to);
      to[4] = '-';
      Digits(static_cast<int>(static_cast<unsigned>(date.month())), 2, to + 5);
      to[7] = '-';
      Digits(static_cast<int>(static_cast<unsigned>(date.day())), 2, to + 8);
    }
  }
  const char* Get(int32_t day) const { return texts_[day - kStartDate].data(); }

 private:
  static void Digits(int value, int width, char* to) {
    for (int i = width - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
  }
  std::array<std::array<char, 10>, kEndDate - kStartDate + 1> texts_;
};

const DateTexts& Dates() {
  static const DateTexts dates;
  return dates;
}

/// Writes one row: columns in order, then Finish.
class RowWriter {
 public:
  explicit RowWriter(std::string* text) : text_(text), at_(buffer_) {}

  RowWriter& Number(int64_t value) {
    at_ = std::to_chars(at_, buffer_ + kRowBytesMax, value).ptr;
    return Separate();
  }
  RowWriter& String(std::string_view value) {
    std::memcpy(at_, value.data(), value.size());
    at_ += value.size();
    return Separate();
  }
  RowWriter& Character(char value) {
    *at_++ = value;
    return Separate();
  }
  /// A number with two decimals, given in hundredths.
  RowWriter& Hundredths(int64_t value) {
    if (value < 0) *at_++ = '-';
    value = value < 0 ? -value : value;
    at_ = std::to_chars(at_, buffer_ + kRowBytesMax, value / 100).ptr;
    *at_++ = '.';
    *at_++ = static_cast<char>('0' + value / 10 % 10);
    *at_++ = static_cast<char>('0' + value % 10);
    return Separate();
  }
  RowWriter& Date(int32_t day) {
    std::memcpy(at_, Dates().Get(day), 10);
    at_ += 10;
    return Separate();
  }
  /// Ends the row.
  void Finish() {
    at_[-1] = '\n';
    text_->append(buffer_, at_ - buffer_);
  }

 private:
  RowWriter& Separate() {
    *at_++ = '|';
    return *this;
  }

  std::string* text_;
  char* at_;
  char buffer_[kRowBytesMax];
};

}  // namespace

void AppendRow(const Region& row, std::string* text) {
  RowWriter(text).Number(row.regionkey).String(row.name).String(row.comment).Finish();
}

void AppendRow(const Nation& row, std::string* text) {
  RowWriter(text)
      .Number(row.nationkey)
      .String(row.name)
      .Number(row.regionkey)
      .String(row.comment)
      .Finish();
}

void AppendRow(const Part& row, std::string* text) {
  RowWriter(text)
      .Number(row.partkey)
      .String(row.name.view())
      .String(row.mfgr.view())
      .String(row.brand.view())
      .String(row.type.view())
      .Number(row.size)
      .String(row.container.view())
      .Hundredths(row.retailprice)
      .String(row.comment)
      .Finish();
}

void AppendRow(const Supplier& row, std::string* text) {
  RowWriter(text)
      .Number(row.suppkey)
      .String(row.name.view())
      .String(row.address.view())
      .Number(row.nationkey)
      .String(row.phone.view())
      .Hundredths(row.acctbal)
      .String(row.comment.view())
      .Finish();
}

void AppendRow(const PartSupp& row, std::string* text) {
  RowWriter(text)
      .Number(row.partkey)
      .Number(row.suppkey)
      .Number(row.availqty)
      .Hundredths(row.supplycost)
      .String(row.comment)
      .Finish();
}

void AppendRow(const Customer& row, std::string* text) {
  RowWriter(text)
      .Number(row.custkey)
      .String(row.name.view())
      .String(row.address.view())
      .Number(row.nationkey)
      .String(row.phone.view())
      .Hundredths(row.acctbal)
      .String(row.mktsegment)
      .String(row.comment)
      .Finish();
}

void AppendRow(const Order& row, std::string* text) {
  RowWriter(text)
      .Number(row.orderkey)
      .Number(row.custkey)
      .Character(row.orderstatus)
      .Hundredths(row.totalprice)
      .Date(row.orderdate)
      .String(row.orderpriority)
      .String(row.clerk.view())
      .Number(row.shippriority)
      .String(row.comment)
      .Finish();
}

void AppendRow(const LineItem& row, std::string* text) {
  RowWriter(text)
      .Number(row.orderkey)
      .Number(row.partkey)
      .Number(row.suppkey)
      .Number(row.linenumber)
      .Number(row.quantity)
      .Hundredths(row.extendedprice)
      .Hundredths(row.discount)
      .Hundredths(row.tax)
      .Character(row.returnflag)
      .Character(row.linestatus)
      .Date(row.shipdate)
      .Date(row.commitdate)
      .Date(row.receiptdate)
      .String(row.shipinstruct)
      .String(row.shipmode)
      .String(row.comment)
      .Finish();
}

void AppendRows(const Generator& generator, Table table, int64_t from, int64_t to,
                std::string* text) {
  auto order = std::make_unique<Order>();
  for (int64_t index = from; index < to; ++index) {
    switch (table) {
      case Table::kRegion:
        AppendRow(generator.MakeRegion(index), text);
        break;
      case Table::kNation:
        AppendRow(generator.MakeNation(index), text);
        break;
      case Table::kPart:
        AppendRow(generator.MakePart(index), text);
        break;
      case Table::kSupplier:
        AppendRow(generator.MakeSupplier(index), text);
        break;
      case Table::kPartSupp:
        AppendRow(generator.MakePartSupp(index), text);
        break;
      case Table::kCustomer:
        AppendRow(generator.MakeCustomer(index), text);
        break;
      case Table::kOrders:
        generator.MakeOrder(index, order.get());
        AppendRow(*order, text);
        break;
      case Table::kLineItem:
        generator.MakeOrder(index, order.get());
        for (int i = 0; i < order->line_count; ++i) AppendRow(order->lines[i], text);
        break;
    }
  }
}

}  // namespace lathe::tpch
