// The tables' names and definitions in SQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bench/tpch/rows.h"

namespace lathe::tpch {

/// "lineitem".
std::string_view TableName(Table table);

/// The table of that name, if there is one.
std::optional<Table> FindTable(std::string_view name);

/// The CREATE TABLE statement with its primary key, ended by a semicolon and a line break. Order
/// keys are bigint where integer does not hold them (scale factors above 300).
std::string CreateTableSql(Table table, double scale_factor);

}  // namespace lathe::tpch
