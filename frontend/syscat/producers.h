// The functions that make the rows of virtual tables, named in tables.def: each adds the rows of
// one table to a writer. Private to this folder.
#pragma once

#include "frontend/syscat/row_writer.h"
#include "frontend/syscat/syscat.h"

namespace lathe::syscat {

using Producer = void (*)(const Source& source, RowWriter* rows);

/// No rows: what the table would list is something that Lathe has not.
inline void ProduceNone(const Source&, RowWriter*) {}

// relation_rows.cc
void ProduceNamespaces(const Source& source, RowWriter* rows);
void ProduceClasses(const Source& source, RowWriter* rows);
void ProduceAttributes(const Source& source, RowWriter* rows);
void ProduceAttributeDefaults(const Source& source, RowWriter* rows);
void ProduceIndexes(const Source& source, RowWriter* rows);
void ProduceConstraints(const Source& source, RowWriter* rows);
void ProduceSequences(const Source& source, RowWriter* rows);
void ProduceSequenceList(const Source& source, RowWriter* rows);
void ProduceDescriptions(const Source& source, RowWriter* rows);
void ProduceInherits(const Source& source, RowWriter* rows);
void ProducePartitionedTables(const Source& source, RowWriter* rows);
void ProduceTableList(const Source& source, RowWriter* rows);
void ProduceIndexList(const Source& source, RowWriter* rows);
void ProduceTableStatistics(const Source& source, RowWriter* rows);
void ProduceIndexStatistics(const Source& source, RowWriter* rows);

// type_rows.cc
void ProduceTypes(const Source& source, RowWriter* rows);
void ProduceEnums(const Source& source, RowWriter* rows);
void ProduceCollations(const Source& source, RowWriter* rows);

// function_rows.cc
void ProduceProcedures(const Source& source, RowWriter* rows);
void ProduceAggregates(const Source& source, RowWriter* rows);
void ProduceOperators(const Source& source, RowWriter* rows);
void ProduceLanguages(const Source& source, RowWriter* rows);

// server_rows.cc
void ProduceDatabases(const Source& source, RowWriter* rows);
void ProduceRoles(const Source& source, RowWriter* rows);
void ProduceUsers(const Source& source, RowWriter* rows);
void ProduceAccessMethods(const Source& source, RowWriter* rows);
void ProduceTablespaces(const Source& source, RowWriter* rows);
void ProduceSettings(const Source& source, RowWriter* rows);
void ProduceLocks(const Source& source, RowWriter* rows);
void ProducePreparedStatements(const Source& source, RowWriter* rows);
void ProduceActivity(const Source& source, RowWriter* rows);

// information_schema_rows.cc
void ProduceSchemaSchemata(const Source& source, RowWriter* rows);
void ProduceSchemaTables(const Source& source, RowWriter* rows);
void ProduceSchemaColumns(const Source& source, RowWriter* rows);
void ProduceSchemaConstraints(const Source& source, RowWriter* rows);
void ProduceSchemaSequences(const Source& source, RowWriter* rows);
void ProduceSchemaKeyColumns(const Source& source, RowWriter* rows);

}  // namespace lathe::syscat
