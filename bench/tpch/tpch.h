// Front door of bench/tpch: the data of the TPC-H benchmark at any scale factor, made row by row.
//
//   LATHE_ASSIGN(auto generator, Generator::Make({.scale_factor = 1}));
//   std::string text;
//   AppendRows(generator, Table::kLineItem, 0, generator.Units(Table::kLineItem), &text);
#pragma once

#include "bench/tpch/format.h"
#include "bench/tpch/generator.h"
#include "bench/tpch/rows.h"
#include "bench/tpch/schema.h"
