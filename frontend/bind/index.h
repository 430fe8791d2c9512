// What CREATE INDEX and UNIQUE constraints ask for, checked against their table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast/ddl.h"
#include "frontend/bind/bind.h"

namespace lathe::bind {

/// The columns, expressions and condition of CREATE INDEX on this table. Errors: 42703, 42704,
/// 42P17, 54011, 22023; 0A000 for other methods, classes and collations.
Result<IndexDefinition> BindCreateIndex(const ast::CreateIndexStatement& create,
                                        const schema::RelationDescriptor& table,
                                        BindContext& context);

/// The columns of INCLUDE. 42703.
Result<std::vector<uint32_t>> BindIncluded(const std::vector<std::string>& names,
                                           const schema::RelationDescriptor& table);

/// 42704 for a type that has no order.
Status CheckKeyType(const types::Type& type);

/// PostgreSQL's name for an object that has none: "first_second_last", the first two shortened
/// where it would be too long; second may be empty.
std::string GeneratedName(std::string_view first, std::string_view second, std::string_view last);
/// The columns' names as such a name has them: "a_b"; repeats are numbered.
std::string JoinedColumnNames(const schema::RelationDescriptor& table,
                              const std::vector<schema::KeyColumn>& columns);

}  // namespace lathe::bind
