// Rows as text and the tables' definitions.
#include "bench/tpch/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "bench/tpch/schema.h"

namespace lathe::tpch {
namespace {

std::string Rows(const Generator& generator, Table table, int64_t from, int64_t to) {
  std::string text;
  AppendRows(generator, table, from, to, &text);
  return text;
}

TEST(Format, ChunksConcatenateToTheWhole) {
  Generator generator = Generator::Make({.scale_factor = 0.002}).value();
  for (int i = 0; i < kTableCount; ++i) {
    Table table = static_cast<Table>(i);
    int64_t units = generator.Units(table);
    std::string whole = Rows(generator, table, 0, units);
    EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), generator.CountRows(table));
    std::string parts;
    for (int64_t chunk = 1; chunk <= 7; ++chunk) {
      parts += Rows(generator, table, units * (chunk - 1) / 7, units * chunk / 7);
    }
    EXPECT_EQ(parts, whole) << TableName(table);
  }
}

TEST(Format, EveryRowHasTheTablesColumns) {
  Generator generator = Generator::Make({.scale_factor = 0.002}).value();
  const int columns[] = {3, 4, 9, 7, 5, 8, 9, 16};
  for (int i = 0; i < kTableCount; ++i) {
    Table table = static_cast<Table>(i);
    std::string text = Rows(generator, table, 0, generator.Units(table));
    EXPECT_EQ(text.find('\\'), text.npos);
    for (size_t at = 0; at < text.size();) {
      size_t end = text.find('\n', at);
      ASSERT_EQ(std::count(text.begin() + at, text.begin() + end, '|'), columns[i] - 1);
      at = end + 1;
    }
  }
}

TEST(Format, WritesMoneyAndDates) {
  LineItem line = {.orderkey = 33,
                   .partkey = 5,
                   .suppkey = 6,
                   .linenumber = 1,
                   .quantity = 17,
                   .extendedprice = 1538505,
                   .discount = 10,
                   .tax = 2,
                   .returnflag = 'N',
                   .linestatus = 'O',
                   .shipdate = kStartDate,
                   .commitdate = kCurrentDate,
                   .receiptdate = kEndDate,
                   .shipinstruct = "NONE",
                   .shipmode = "AIR",
                   .comment = "final deposits"};
  std::string text;
  AppendRow(line, &text);
  EXPECT_EQ(text,
            "33|5|6|1|17|15385.05|0.10|0.02|N|O|1992-01-01|1995-06-17|1998-12-31|NONE|AIR|"
            "final deposits\n");
  Supplier supplier;
  supplier.suppkey = 1;
  supplier.nationkey = 2;
  supplier.acctbal = -5;
  text.clear();
  AppendRow(supplier, &text);
  EXPECT_EQ(text, "1|||2||-0.05|\n");
}

TEST(Schema, NamesAndDefinitions) {
  EXPECT_EQ(FindTable("lineitem"), Table::kLineItem);
  EXPECT_EQ(FindTable("line"), std::nullopt);
  EXPECT_EQ(CreateTableSql(Table::kRegion, 1),
            "CREATE TABLE region (\n  r_regionkey integer NOT NULL,\n  r_name char(25) NOT NULL,\n"
            "  r_comment varchar(152),\n  PRIMARY KEY (r_regionkey)\n);\n");
  EXPECT_NE(CreateTableSql(Table::kOrders, 1).find("o_orderkey integer"), std::string::npos);
  EXPECT_NE(CreateTableSql(Table::kOrders, 1000).find("o_orderkey bigint"), std::string::npos);
}

}  // namespace
}  // namespace lathe::tpch
