// Texts of the parts that logical and physical operators share, for the two printers.
#pragma once

#include <functional>
#include <string>

#include "codegen/logical/logical.h"

namespace lathe::logical {

/// Names columns for texts: the producer's name, or nothing.
using Namer = std::function<std::string(ColumnId)>;

inline constexpr const char* kJoinKindNames[] = {"inner", "left", "right", "full",
                                                 "semi",  "anti", "mark",  "single"};

std::string ColumnText(ColumnId id, const Namer& name_of);
std::string ListText(const std::vector<ExprPtr>& list, const Namer& name_of,
                     const char* separator = ", ");
/// "a#1, (a#1 + 1) AS b#2": a computed column with its new name.
std::string ComputedText(const ExprPtr& e, const OutputColumn& output, const Namer& name_of);
/// "[a#1, b#2]".
std::string OutputsText(const std::vector<OutputColumn>& outputs);
/// "a#1 DESC, b#2 NULLS FIRST".
std::string KeysText(const std::vector<SortKey>& keys, const Namer& name_of);
/// " by ... compute ...": groups and calls. outputs: the operator's.
std::string GroupingText(const std::vector<ExprPtr>& groups,
                         const std::vector<AggregateCall>& calls,
                         const std::vector<OutputColumn>& outputs, const Namer& name_of);
/// " partition by ... order by ... compute ...".
std::string WindowText(const std::vector<ExprPtr>& partition, const std::vector<SortKey>& order,
                       const std::vector<WindowCall>& calls, const Namer& name_of);
/// " generate_series(1, 3) AS i#4, ... with ordinality#5".
std::string TableFunctionText(const std::vector<TableFunction::Call>& calls,
                              const OutputColumn* ordinality, const Namer& name_of);
/// "Insert into t [a#1, none] ...".
std::string ModifyText(exec::WriteKind write, const schema::RelationDescriptor& relation,
                       const std::vector<ColumnId>& source, Modify::Repeats repeats,
                       const Namer& name_of);
/// " [a#1] (1, 2), ... 3 more".
std::string ValuesText(const std::vector<OutputColumn>& outputs,
                       const std::vector<std::vector<ExprPtr>>& rows, const Namer& name_of);
/// " LIMIT 1 OFFSET 2".
std::string CountsText(const ExprPtr& limit, const ExprPtr& offset, const Namer& name_of);

}  // namespace lathe::logical
