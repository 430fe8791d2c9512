// SQL values as JSON, private to this folder: to_json, json_build_*, json_agg and their jsonb
// counterparts.
#pragma once

#include "runtime/func/context.h"
#include "runtime/types/json.h"

namespace lathe::func {

/// Appends a non-null value as JSON text (PostgreSQL's to_json). Numerics are in the big form.
void AppendJsonOf(FunctionContext* context, const types::Type& type, const types::Datum& value,
                  std::string* out);
/// The value as a node for jsonb (to_jsonb). 22P02 never; 54001 for a json value nested too deeply.
Result<types::JsonNode> JsonNodeOf(FunctionContext* context, const types::Type& type,
                                   const types::Datum& value);
/// The text of an object's key; false for arrays and json.
bool JsonKeyOf(FunctionContext* context, const types::Type& type, const types::Datum& value,
               std::string* key);

}  // namespace lathe::func
