// The value rules, checked on whole small tables.
#include "bench/tpch/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "bench/tpch/words.h"

namespace lathe::tpch {
namespace {

Generator Make(double scale_factor, uint64_t seed = 7) {
  return Generator::Make({.scale_factor = scale_factor, .seed = seed}).value();
}

TEST(Generator, RefusesScaleFactorsOutOfBounds) {
  for (double bad : {0.0, -1.0, 0.0009, 10001.0, std::nan("")}) {
    auto result = Generator::Make({.scale_factor = bad});
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(SqlStateCode(result.error().state), "22023");
  }
}

TEST(Generator, RowCountsFollowTheScaleFactor) {
  Generator generator = Make(0.01);
  EXPECT_EQ(generator.CountRows(Table::kRegion), 5);
  EXPECT_EQ(generator.CountRows(Table::kNation), 25);
  EXPECT_EQ(generator.CountRows(Table::kPart), 2000);
  EXPECT_EQ(generator.CountRows(Table::kSupplier), 100);
  EXPECT_EQ(generator.CountRows(Table::kPartSupp), 8000);
  EXPECT_EQ(generator.CountRows(Table::kCustomer), 1500);
  EXPECT_EQ(generator.CountRows(Table::kOrders), 15000);
  EXPECT_NEAR(generator.CountRows(Table::kLineItem), 60000, 1000);
  EXPECT_EQ(Make(2.5).Units(Table::kOrders), 3750000);
}

TEST(Generator, NationsAndRegionsAreFixed) {
  Generator generator = Make(0.01);
  EXPECT_EQ(generator.MakeRegion(4).name, "MIDDLE EAST");
  Nation nation = generator.MakeNation(20);
  EXPECT_EQ(nation.name, "SAUDI ARABIA");
  EXPECT_EQ(nation.nationkey, 20);
  EXPECT_EQ(nation.regionkey, 4);
  EXPECT_GE(nation.comment.size(), 31u);
  EXPECT_LE(nation.comment.size(), 114u);
}

TEST(Generator, Parts) {
  Generator generator = Make(0.01);
  std::set<std::string_view> colors(std::begin(kColors), std::end(kColors));
  ASSERT_EQ(colors.size(), 92u);
  std::set<std::string> types, containers, brands;
  for (int64_t i = 0; i < generator.Units(Table::kPart); ++i) {
    Part part = generator.MakePart(i);
    EXPECT_EQ(part.partkey, i + 1);
    std::istringstream words{std::string(part.name.view())};
    std::set<std::string> name;
    for (std::string word; words >> word;) {
      EXPECT_TRUE(colors.contains(word)) << word;
      name.insert(word);
    }
    EXPECT_EQ(name.size(), 5u) << part.name.view();
    EXPECT_EQ(part.brand.view()[6], part.mfgr.view()[13]);
    EXPECT_TRUE(part.size >= 1 && part.size <= 50);
    EXPECT_EQ(part.retailprice, 90000 + part.partkey / 10 % 20001 + 100 * (part.partkey % 1000));
    EXPECT_TRUE(part.comment.size() >= 5 && part.comment.size() <= 22);
    types.emplace(part.type.view());
    containers.emplace(part.container.view());
    brands.emplace(part.brand.view());
  }
  EXPECT_EQ(types.size(), 150u);
  EXPECT_EQ(containers.size(), 40u);
  EXPECT_EQ(brands.size(), 25u);
}

TEST(Generator, SuppliersAndTheirRemarks) {
  Generator generator = Make(1);
  int complaints = 0, recommends = 0;
  for (int64_t i = 0; i < generator.Units(Table::kSupplier); ++i) {
    Supplier supplier = generator.MakeSupplier(i);
    EXPECT_TRUE(supplier.address.size >= 10 && supplier.address.size <= 40);
    EXPECT_TRUE(supplier.nationkey >= 0 && supplier.nationkey < 25);
    EXPECT_TRUE(supplier.acctbal >= -99999 && supplier.acctbal <= 999999);
    std::string_view comment = supplier.comment.view();
    EXPECT_TRUE(comment.size() >= 25 && comment.size() <= 100);
    size_t customer = comment.find("Customer");
    if (customer == comment.npos) continue;
    complaints += comment.find("Complaints", customer) != comment.npos;
    recommends += comment.find("Recommends", customer) != comment.npos;
  }
  EXPECT_EQ(complaints, 5);
  EXPECT_EQ(recommends, 5);
  EXPECT_EQ(generator.MakeSupplier(41).name.view(), "Supplier#000000042");
}

TEST(Generator, PhonesTellTheNation) {
  Generator generator = Make(0.01);
  for (int64_t i = 0; i < 1500; ++i) {
    Customer customer = generator.MakeCustomer(i);
    std::string_view phone = customer.phone.view();
    ASSERT_EQ(phone.size(), 15u);
    EXPECT_EQ(std::stoi(std::string(phone.substr(0, 2))), customer.nationkey + 10);
    for (int at : {2, 6, 10}) EXPECT_EQ(phone[at], '-');
    EXPECT_TRUE(phone[3] != '0' && phone[7] != '0' && phone[11] != '0') << phone;
  }
}

TEST(Generator, EveryPartHasFourSuppliers) {
  for (double scale_factor : {0.001, 0.006, 0.01, 0.017, 0.02, 0.1}) {
    Generator generator = Make(scale_factor);
    int64_t suppliers = generator.Units(Table::kSupplier);
    for (int64_t i = 0; i < generator.Units(Table::kPartSupp); i += 4) {
      std::set<int64_t> keys;
      for (int j = 0; j < 4; ++j) {
        PartSupp row = generator.MakePartSupp(i + j);
        EXPECT_EQ(row.partkey, i / 4 + 1);
        EXPECT_TRUE(row.suppkey >= 1 && row.suppkey <= suppliers);
        EXPECT_TRUE(row.availqty >= 1 && row.availqty <= 9999);
        EXPECT_TRUE(row.supplycost >= 100 && row.supplycost <= 100000);
        keys.insert(row.suppkey);
      }
      ASSERT_EQ(keys.size(), 4u) << "scale factor " << scale_factor << ", part " << i / 4 + 1;
    }
  }
  PartSupp row = Make(0.1).MakePartSupp(3);
  EXPECT_EQ(row.suppkey, 752);  // (1 + 3 * (1000 / 4 + 0)) mod 1000 + 1
}

void CheckLine(const Generator& generator, const Order& order, const LineItem& line) {
  EXPECT_EQ(line.orderkey, order.orderkey);
  EXPECT_TRUE(line.quantity >= 1 && line.quantity <= 50);
  EXPECT_TRUE(line.discount >= 0 && line.discount <= 10);
  EXPECT_TRUE(line.tax >= 0 && line.tax <= 8);
  EXPECT_EQ(line.extendedprice, line.quantity * generator.MakePart(line.partkey - 1).retailprice);
  bool supplied = false;
  for (int j = 0; j < 4; ++j) {
    supplied |= generator.MakePartSupp((line.partkey - 1) * 4 + j).suppkey == line.suppkey;
  }
  EXPECT_TRUE(supplied) << line.partkey << " " << line.suppkey;
  EXPECT_TRUE(line.shipdate > order.orderdate && line.shipdate <= order.orderdate + 121);
  EXPECT_TRUE(line.commitdate >= order.orderdate + 30 && line.commitdate <= order.orderdate + 90);
  EXPECT_TRUE(line.receiptdate > line.shipdate && line.receiptdate <= line.shipdate + 30);
  EXPECT_LE(line.receiptdate, kEndDate);
  EXPECT_EQ(line.linestatus, line.shipdate > kCurrentDate ? 'O' : 'F');
  EXPECT_EQ(line.returnflag == 'N', line.receiptdate > kCurrentDate);
  EXPECT_TRUE(line.comment.size() >= 10 && line.comment.size() <= 43);
}

TEST(Generator, OrdersAndTheirLines) {
  Generator generator = Make(0.01);
  std::map<char, int> states;
  int64_t previous = 0;
  for (int64_t i = 0; i < generator.Units(Table::kOrders); ++i) {
    Order order;
    generator.MakeOrder(i, &order);
    EXPECT_GT(order.orderkey, previous);
    EXPECT_LT(order.orderkey % 32, 8);
    previous = order.orderkey;
    EXPECT_NE(order.custkey % 3, 0);
    EXPECT_TRUE(order.custkey >= 1 && order.custkey <= 1500);
    EXPECT_TRUE(order.orderdate >= kStartDate && order.orderdate <= kEndDate - 151);
    EXPECT_EQ(order.shippriority, 0);
    EXPECT_TRUE(order.clerk.view() >= "Clerk#000000001" && order.clerk.view() <= "Clerk#000000010");
    ASSERT_TRUE(order.line_count >= 1 && order.line_count <= kLinesMax);
    int64_t total = 0;
    int open = 0;
    for (int j = 0; j < order.line_count; ++j) {
      const LineItem& line = order.lines[j];
      EXPECT_EQ(line.linenumber, j + 1);
      CheckLine(generator, order, line);
      total += line.extendedprice * (100 - line.discount) * (100 + line.tax);
      open += line.linestatus == 'O';
    }
    EXPECT_LE(std::abs(order.totalprice * 10000 - total), 5000);
    EXPECT_EQ(order.orderstatus, open == 0 ? 'F' : open == order.line_count ? 'O' : 'P');
    ++states[order.orderstatus];
  }
  EXPECT_EQ(previous, 60000);
  // About 49 % finished, 49 % open, 2.5 % partly.
  EXPECT_NEAR(states['F'], 7300, 400);
  EXPECT_NEAR(states['O'], 7300, 400);
  EXPECT_NEAR(states['P'], 385, 120);
}

TEST(Generator, RowsDependOnSeedAndIndexOnly) {
  Generator one = Make(0.01, 1), same = Make(0.01, 1), other = Make(0.01, 2);
  EXPECT_EQ(one.MakeCustomer(77).address.view(), same.MakeCustomer(77).address.view());
  EXPECT_EQ(one.MakeCustomer(77).comment, same.MakeCustomer(77).comment);
  EXPECT_NE(one.MakeCustomer(77).address.view(), other.MakeCustomer(77).address.view());
  EXPECT_NE(one.MakeCustomer(77).address.view(), one.MakeCustomer(78).address.view());
}

TEST(TextPool, IsMadeOfTheGrammarsSentences) {
  TextPool pool(3, 200000);
  EXPECT_EQ(pool.text().size(), 200000u);
  EXPECT_EQ(pool.text(), TextPool(3, 200000).text());
  EXPECT_NE(pool.text(), TextPool(4, 200000).text());
  std::set<std::string> known = {"the"};
  for (auto list : {Nouns(), Verbs(), Adjectives(), Adverbs(), Prepositions(), Auxiliaries()}) {
    for (const WeightedWord& entry : list) {
      std::istringstream words{std::string(entry.word)};
      for (std::string word; words >> word;) known.insert(word);
    }
  }
  std::istringstream words{std::string(pool.text().substr(0, pool.text().rfind('.')))};
  int sentences = 0;
  for (std::string word; words >> word;) {
    size_t end = word.find_last_not_of(".;:?!,");
    if (word.ends_with("--")) end = word.size() - 3;
    sentences += end + 1 != word.size() && word.back() != ',';
    EXPECT_TRUE(known.contains(word.substr(0, end + 1))) << word;
  }
  EXPECT_GT(sentences, 2000);
}

TEST(TextPool, CutsWithinBounds) {
  TextPool pool(3, 100);
  Stream random(1, 2, 3);
  std::set<size_t> lengths;
  for (int i = 0; i < 1000; ++i) lengths.insert(pool.Cut(&random, 96, 100).size());
  EXPECT_EQ(lengths, (std::set<size_t>{96, 97, 98, 99, 100}));
}

}  // namespace
}  // namespace lathe::tpch
