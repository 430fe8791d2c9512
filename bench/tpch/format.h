// Rows as text: columns separated by '|', no '|' at the end, one row a line; what COPY ... WITH
// (DELIMITER '|') reads. No value contains '|', a backslash or a line break, so nothing is escaped.
#pragma once

#include <cstdint>
#include <string>

#include "bench/tpch/generator.h"
#include "bench/tpch/rows.h"

namespace lathe::tpch {

/// Appends the rows of the units [from, to) to *text; 0 <= from <= to <= generator.Units(table).
void AppendRows(const Generator& generator, Table table, int64_t from, int64_t to,
                std::string* text);

// One row with its line break.
void AppendRow(const Region& row, std::string* text);
void AppendRow(const Nation& row, std::string* text);
void AppendRow(const Part& row, std::string* text);
void AppendRow(const Supplier& row, std::string* text);
void AppendRow(const PartSupp& row, std::string* text);
void AppendRow(const Customer& row, std::string* text);
void AppendRow(const Order& row, std::string* text);  // the order without its lines
void AppendRow(const LineItem& row, std::string* text);

}  // namespace lathe::tpch
