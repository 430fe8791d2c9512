// The value rules, table by table. The order of draws within a row is part of what a seed means:
// append, don't reorder.
#include "bench/tpch/generator.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "bench/tpch/words.h"

namespace lathe::tpch {
namespace {

constexpr int kSuppliersPerPart = 4;
// Purposes of random streams besides the rows of tables.
constexpr uint64_t kPoolPurpose = 100;
constexpr uint64_t kRemarkPurpose = 101;

template <int N>
std::string_view Pick(Stream* random, const std::string_view (&words)[N]) {
  return words[random->Below(N)];
}

/// Appends value with at least nine digits, as "Customer#000000001" has it.
template <int N>
void AppendNumber(int64_t value, Text<N>* text) {
  char digits[20];
  int count = 0;
  for (; value != 0 || count < 9; value /= 10)
    digits[count++] = static_cast<char>('0' + value % 10);
  while (count > 0) text->Append(digits[--count]);
}

/// Appends exactly `width` digits.
template <int N>
void AppendDigits(int64_t value, int width, Text<N>* text) {
  for (int64_t unit = static_cast<int64_t>(std::pow(10, width - 1)); unit != 0; unit /= 10) {
    text->Append(static_cast<char>('0' + value / unit % 10));
  }
}

/// A v-string: 10 to 40 characters out of 64 (clause 4.2.2.7).
void AppendAddress(Stream* random, Text<40>* text) {
  static constexpr char kCharacters[] =
      "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,";
  int64_t length = random->Between(10, 40);
  uint64_t bits = 0;
  for (int64_t i = 0; i < length; ++i, bits >>= 6) {
    if (i % 10 == 0) bits = random->Next();
    text->Append(kCharacters[bits & 63]);
  }
}

/// A phone number whose country code tells the nation (clause 4.2.2.9).
void AppendPhone(Stream* random, int32_t nationkey, Text<15>* text) {
  AppendDigits(nationkey + 10, 2, text);
  text->Append('-');
  AppendDigits(random->Between(100, 999), 3, text);
  text->Append('-');
  AppendDigits(random->Between(100, 999), 3, text);
  text->Append('-');
  AppendDigits(random->Between(1000, 9999), 4, text);
}

/// Price of a part in cents (clause 4.2.3, P_RETAILPRICE).
int64_t RetailPrice(int64_t partkey) {
  return 90000 + partkey / 10 % 20001 + 100 * (partkey % 1000);
}

/// Chooses 2 * count different indexes below `bound` for the remarks in supplier comments.
void ChooseSuppliers(uint64_t seed, int64_t bound, int64_t count, std::vector<int64_t>* first,
                     std::vector<int64_t>* second) {
  Stream random(seed, kRemarkPurpose, 0);
  std::vector<int64_t> all;
  while (static_cast<int64_t>(all.size()) < 2 * count) {
    int64_t index = static_cast<int64_t>(random.Below(bound));
    auto place = std::lower_bound(all.begin(), all.end(), index);
    if (place != all.end() && *place == index) continue;
    all.insert(place, index);
    std::vector<int64_t>* list = static_cast<int64_t>(first->size()) < count ? first : second;
    list->push_back(index);
  }
  std::sort(first->begin(), first->end());
  std::sort(second->begin(), second->end());
}

/// Overwrites parts of a comment with "Customer", some text, and the remark.
void WriteRemark(Stream* random, std::string_view remark, Text<101>* comment) {
  constexpr std::string_view kCustomer = "Customer ";
  int64_t spare = comment->size - static_cast<int64_t>(kCustomer.size() + remark.size());
  int64_t at = random->Between(0, spare);
  int64_t gap = random->Between(0, spare - at);
  std::copy(kCustomer.begin(), kCustomer.end(), comment->bytes.begin() + at);
  std::copy(remark.begin(), remark.end(),
            comment->bytes.begin() + at + static_cast<int64_t>(kCustomer.size()) + gap);
}

}  // namespace

Result<Generator> Generator::Make(const Options& options) {
  if (!(options.scale_factor >= kScaleFactorMin && options.scale_factor <= kScaleFactorMax)) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "scale factor must be between 0.001 and 10000");
  }
  return Generator(options);
}

Generator::Generator(const Options& options) : options_(options) {
  auto scaled = [&](double base) { return std::llround(base * options.scale_factor); };
  parts_ = scaled(200000);
  suppliers_ = scaled(10000);
  customers_ = scaled(150000);
  orders_ = scaled(1500000);
  clerks_ = std::max<int64_t>(1, scaled(1000));
  pool_ = std::make_shared<const TextPool>(Stream(options.seed, kPoolPurpose, 0).Next());
  ChooseSuppliers(options.seed, suppliers_, std::max<int64_t>(1, scaled(5)), &complaints_,
                  &recommends_);
}

int64_t Generator::Units(Table table) const {
  switch (table) {
    case Table::kRegion:
      return std::size(kRegions);
    case Table::kNation:
      return std::size(kNations);
    case Table::kPart:
      return parts_;
    case Table::kSupplier:
      return suppliers_;
    case Table::kPartSupp:
      return parts_ * kSuppliersPerPart;
    case Table::kCustomer:
      return customers_;
    case Table::kOrders:
    case Table::kLineItem:
      return orders_;
  }
  return 0;
}

int64_t Generator::CountRows(Table table) const {
  return table == Table::kLineItem ? CountLines() : Units(table);
}

Stream Generator::RowStream(Table table, int64_t index) const {
  return Stream(options_.seed, static_cast<uint64_t>(table), static_cast<uint64_t>(index));
}

Region Generator::MakeRegion(int64_t index) const {
  Stream random = RowStream(Table::kRegion, index);
  return {.regionkey = static_cast<int32_t>(index),
          .name = kRegions[index],
          .comment = pool_->Cut(&random, 31, 115)};
}

Nation Generator::MakeNation(int64_t index) const {
  Stream random = RowStream(Table::kNation, index);
  return {.nationkey = static_cast<int32_t>(index),
          .name = kNations[index].name,
          .regionkey = kNations[index].regionkey,
          .comment = pool_->Cut(&random, 31, 114)};
}

Part Generator::MakePart(int64_t index) const {
  Stream random = RowStream(Table::kPart, index);
  Part part;
  part.partkey = index + 1;
  // Five different colours: the first draws of a Fisher-Yates shuffle, remembering only what was
  // drawn.
  uint64_t drawn[5];
  for (int i = 0; i < 5; ++i) {
    do {
      drawn[i] = random.Below(std::size(kColors));
    } while (std::find(drawn, drawn + i, drawn[i]) != drawn + i);
    if (i != 0) part.name.Append(' ');
    part.name.Append(kColors[drawn[i]]);
  }
  char manufacturer = static_cast<char>('1' + random.Below(5));
  part.mfgr.Append("Manufacturer#");
  part.mfgr.Append(manufacturer);
  part.brand.Append("Brand#");
  part.brand.Append(manufacturer);
  part.brand.Append(static_cast<char>('1' + random.Below(5)));
  part.type.Append(Pick(&random, kTypeSizes));
  part.type.Append(' ');
  part.type.Append(Pick(&random, kTypeFinishes));
  part.type.Append(' ');
  part.type.Append(Pick(&random, kTypeMetals));
  part.size = static_cast<int32_t>(random.Between(1, 50));
  part.container.Append(Pick(&random, kContainerSizes));
  part.container.Append(' ');
  part.container.Append(Pick(&random, kContainerKinds));
  part.retailprice = RetailPrice(part.partkey);
  part.comment = pool_->Cut(&random, 5, 22);
  return part;
}

Supplier Generator::MakeSupplier(int64_t index) const {
  Stream random = RowStream(Table::kSupplier, index);
  Supplier supplier;
  supplier.suppkey = index + 1;
  supplier.name.Append("Supplier#");
  AppendNumber(supplier.suppkey, &supplier.name);
  AppendAddress(&random, &supplier.address);
  supplier.nationkey = static_cast<int32_t>(random.Below(std::size(kNations)));
  AppendPhone(&random, supplier.nationkey, &supplier.phone);
  supplier.acctbal = random.Between(-99999, 999999);
  supplier.comment.Append(pool_->Cut(&random, 25, 100));
  if (std::binary_search(complaints_.begin(), complaints_.end(), index)) {
    WriteRemark(&random, "Complaints", &supplier.comment);
  } else if (std::binary_search(recommends_.begin(), recommends_.end(), index)) {
    WriteRemark(&random, "Recommends", &supplier.comment);
  }
  return supplier;
}

// The rule of clause 4.2.3 (PS_SUPPKEY, L_SUPPKEY) spreads a part's suppliers over the suppliers'
// keys. With less than some 240 suppliers its step can meet a key twice; then the next step that
// does not is taken, for the primary key's sake.
int64_t Generator::SupplierOfPart(int64_t partkey, int i) const {
  int64_t step = suppliers_ / 4 + (partkey - 1) / suppliers_;
  auto repeats = [&](int64_t s) {
    return s % suppliers_ == 0 || 2 * s % suppliers_ == 0 || 3 * s % suppliers_ == 0;
  };
  while (suppliers_ < 240 && repeats(step)) ++step;
  return (partkey + i * step) % suppliers_ + 1;
}

PartSupp Generator::MakePartSupp(int64_t index) const {
  Stream random = RowStream(Table::kPartSupp, index);
  PartSupp row;
  row.partkey = index / kSuppliersPerPart + 1;
  row.suppkey = SupplierOfPart(row.partkey, static_cast<int>(index % kSuppliersPerPart));
  row.availqty = static_cast<int32_t>(random.Between(1, 9999));
  row.supplycost = random.Between(100, 100000);
  row.comment = pool_->Cut(&random, 49, 198);
  return row;
}

Customer Generator::MakeCustomer(int64_t index) const {
  Stream random = RowStream(Table::kCustomer, index);
  Customer customer;
  customer.custkey = index + 1;
  customer.name.Append("Customer#");
  AppendNumber(customer.custkey, &customer.name);
  AppendAddress(&random, &customer.address);
  customer.nationkey = static_cast<int32_t>(random.Below(std::size(kNations)));
  AppendPhone(&random, customer.nationkey, &customer.phone);
  customer.acctbal = random.Between(-99999, 999999);
  customer.mktsegment = Pick(&random, kSegments);
  customer.comment = pool_->Cut(&random, 29, 116);
  return customer;
}

void Generator::MakeOrder(int64_t index, Order* order) const {
  Stream random = RowStream(Table::kOrders, index);
  order->line_count = static_cast<int>(random.Between(1, kLinesMax));
  // Eight keys of every 32 are used (clause 4.2.3, O_ORDERKEY).
  order->orderkey = (index + 1) / 8 * 32 + (index + 1) % 8;
  // A third of the customers has no orders: keys divisible by three are left out.
  int64_t customer = static_cast<int64_t>(random.Below(customers_ - customers_ / 3));
  order->custkey = customer / 2 * 3 + customer % 2 + 1;
  order->orderdate = static_cast<int32_t>(random.Between(kStartDate, kEndDate - 151));
  order->orderpriority = Pick(&random, kPriorities);
  order->clerk.size = 0;
  order->clerk.Append("Clerk#");
  AppendNumber(random.Between(1, clerks_), &order->clerk);
  order->shippriority = 0;
  order->comment = pool_->Cut(&random, 19, 78);

  int64_t total = 0;  // in 1/1,000,000
  int open_lines = 0;
  for (int i = 0; i < order->line_count; ++i) {
    LineItem* line = &order->lines[i];
    line->linenumber = i + 1;
    MakeLine(&random, *order, line);
    total += line->extendedprice * (100 - line->discount) * (100 + line->tax);
    open_lines += line->linestatus == 'O';
  }
  order->totalprice = (total + 5000) / 10000;
  order->orderstatus = open_lines == 0 ? 'F' : open_lines == order->line_count ? 'O' : 'P';
}

void Generator::MakeLine(Stream* random, const Order& order, LineItem* line) const {
  line->orderkey = order.orderkey;
  line->partkey = random->Between(1, parts_);
  line->suppkey = SupplierOfPart(line->partkey, static_cast<int>(random->Below(kSuppliersPerPart)));
  line->quantity = static_cast<int32_t>(random->Between(1, 50));
  line->extendedprice = line->quantity * RetailPrice(line->partkey);
  line->discount = static_cast<int32_t>(random->Between(0, 10));
  line->tax = static_cast<int32_t>(random->Between(0, 8));
  line->shipdate = order.orderdate + static_cast<int32_t>(random->Between(1, 121));
  line->commitdate = order.orderdate + static_cast<int32_t>(random->Between(30, 90));
  line->receiptdate = line->shipdate + static_cast<int32_t>(random->Between(1, 30));
  bool accepted = random->Below(2) == 0;
  line->returnflag = line->receiptdate > kCurrentDate ? 'N' : accepted ? 'A' : 'R';
  line->linestatus = line->shipdate > kCurrentDate ? 'O' : 'F';
  line->shipinstruct = Pick(random, kInstructions);
  line->shipmode = Pick(random, kModes);
  line->comment = pool_->Cut(random, 10, 43);
}

int64_t Generator::CountLines() const {
  int64_t count = 0;
  for (int64_t i = 0; i < orders_; ++i) {
    Stream random = RowStream(Table::kOrders, i);
    count += random.Between(1, kLinesMax);
  }
  return count;
}

}  // namespace lathe::tpch
