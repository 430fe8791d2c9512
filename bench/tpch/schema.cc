#include "bench/tpch/schema.h"

namespace lathe::tpch {
namespace {

/// What a column is called and its type with constraints; "key" stands for an order key's type.
struct Column {
  std::string_view name;
  std::string_view type;
};

struct Definition {
  std::string_view name;
  std::string_view primary_key;
  Column columns[16];
};

// By Table.
constexpr Definition kDefinitions[kTableCount] = {
    {"region",
     "r_regionkey",
     {{"r_regionkey", "integer NOT NULL"},
      {"r_name", "char(25) NOT NULL"},
      {"r_comment", "varchar(152)"}}},
    {"nation",
     "n_nationkey",
     {{"n_nationkey", "integer NOT NULL"},
      {"n_name", "char(25) NOT NULL"},
      {"n_regionkey", "integer NOT NULL"},
      {"n_comment", "varchar(152)"}}},
    {"part",
     "p_partkey",
     {{"p_partkey", "integer NOT NULL"},
      {"p_name", "varchar(55) NOT NULL"},
      {"p_mfgr", "char(25) NOT NULL"},
      {"p_brand", "char(10) NOT NULL"},
      {"p_type", "varchar(25) NOT NULL"},
      {"p_size", "integer NOT NULL"},
      {"p_container", "char(10) NOT NULL"},
      {"p_retailprice", "numeric(15,2) NOT NULL"},
      {"p_comment", "varchar(23) NOT NULL"}}},
    {"supplier",
     "s_suppkey",
     {{"s_suppkey", "integer NOT NULL"},
      {"s_name", "char(25) NOT NULL"},
      {"s_address", "varchar(40) NOT NULL"},
      {"s_nationkey", "integer NOT NULL"},
      {"s_phone", "char(15) NOT NULL"},
      {"s_acctbal", "numeric(15,2) NOT NULL"},
      {"s_comment", "varchar(101) NOT NULL"}}},
    {"partsupp",
     "ps_partkey, ps_suppkey",
     {{"ps_partkey", "integer NOT NULL"},
      {"ps_suppkey", "integer NOT NULL"},
      {"ps_availqty", "integer NOT NULL"},
      {"ps_supplycost", "numeric(15,2) NOT NULL"},
      {"ps_comment", "varchar(199) NOT NULL"}}},
    {"customer",
     "c_custkey",
     {{"c_custkey", "integer NOT NULL"},
      {"c_name", "varchar(25) NOT NULL"},
      {"c_address", "varchar(40) NOT NULL"},
      {"c_nationkey", "integer NOT NULL"},
      {"c_phone", "char(15) NOT NULL"},
      {"c_acctbal", "numeric(15,2) NOT NULL"},
      {"c_mktsegment", "char(10) NOT NULL"},
      {"c_comment", "varchar(117) NOT NULL"}}},
    {"orders",
     "o_orderkey",
     {{"o_orderkey", "key"},
      {"o_custkey", "integer NOT NULL"},
      {"o_orderstatus", "char(1) NOT NULL"},
      {"o_totalprice", "numeric(15,2) NOT NULL"},
      {"o_orderdate", "date NOT NULL"},
      {"o_orderpriority", "char(15) NOT NULL"},
      {"o_clerk", "char(15) NOT NULL"},
      {"o_shippriority", "integer NOT NULL"},
      {"o_comment", "varchar(79) NOT NULL"}}},
    {"lineitem",
     "l_orderkey, l_linenumber",
     {{"l_orderkey", "key"},
      {"l_partkey", "integer NOT NULL"},
      {"l_suppkey", "integer NOT NULL"},
      {"l_linenumber", "integer NOT NULL"},
      {"l_quantity", "numeric(15,2) NOT NULL"},
      {"l_extendedprice", "numeric(15,2) NOT NULL"},
      {"l_discount", "numeric(15,2) NOT NULL"},
      {"l_tax", "numeric(15,2) NOT NULL"},
      {"l_returnflag", "char(1) NOT NULL"},
      {"l_linestatus", "char(1) NOT NULL"},
      {"l_shipdate", "date NOT NULL"},
      {"l_commitdate", "date NOT NULL"},
      {"l_receiptdate", "date NOT NULL"},
      {"l_shipinstruct", "char(25) NOT NULL"},
      {"l_shipmode", "char(10) NOT NULL"},
      {"l_comment", "varchar(44) NOT NULL"}}},
};

// The largest order key is six million times the scale factor.
constexpr double kIntegerKeyScaleMax = 300;

}  // namespace

std::string_view TableName(Table table) { return kDefinitions[static_cast<int>(table)].name; }

std::optional<Table> FindTable(std::string_view name) {
  for (int i = 0; i < kTableCount; ++i) {
    if (kDefinitions[i].name == name) return static_cast<Table>(i);
  }
  return std::nullopt;
}

std::string CreateTableSql(Table table, double scale_factor) {
  const Definition& definition = kDefinitions[static_cast<int>(table)];
  std::string sql = "CREATE TABLE ";
  sql.append(definition.name).append(" (\n");
  for (const Column& column : definition.columns) {
    if (column.name.empty()) break;
    std::string_view type = column.type;
    if (type == "key") {
      type = scale_factor > kIntegerKeyScaleMax ? "bigint NOT NULL" : "integer NOT NULL";
    }
    sql.append("  ").append(column.name).append(" ").append(type).append(",\n");
  }
  sql.append("  PRIMARY KEY (").append(definition.primary_key).append(")\n);\n");
  return sql;
}

}  // namespace lathe::tpch
