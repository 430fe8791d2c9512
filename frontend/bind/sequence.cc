// Options of sequences: CREATE and ALTER SEQUENCE, serial and identity columns.
#include <algorithm>
#include <charconv>

#include "frontend/ast/position.h"
#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

struct Limits {
  int64_t min, max;
};

Limits LimitsOf(TypeId type) {
  switch (type) {
    case TypeId::kInt2:
      return {INT16_MIN, INT16_MAX};
    case TypeId::kInt4:
      return {INT32_MIN, INT32_MAX};
    default:
      return {INT64_MIN, INT64_MAX};
  }
}

Error Bad(std::string message) {
  return MakeError(SqlState::kInvalidParameterValue, std::move(message));
}

Result<int64_t> NumberOf(const ast::Option& option) {
  int64_t value = 0;
  const std::string_view text = option.text;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, value);
  if (parsed.ec == std::errc() && parsed.ptr == end) return value;
  return MakeError(SqlState::kInvalidTextRepresentation,
                   "invalid input syntax for type bigint: \"" + option.text + "\"");
}

/// A range that is asked for outside of what the type holds.
Status CheckRange(const schema::SequenceOptions& sequence) {
  const Limits limits = LimitsOf(sequence.type);
  const std::string type = types::FormatType(Type(sequence.type));
  if (sequence.max_value < limits.min || sequence.max_value > limits.max) {
    return Bad("MAXVALUE (" + std::to_string(sequence.max_value) +
               ") is out of range for sequence data type " + type);
  }
  if (sequence.min_value < limits.min || sequence.min_value > limits.max) {
    return Bad("MINVALUE (" + std::to_string(sequence.min_value) +
               ") is out of range for sequence data type " + type);
  }
  if (sequence.min_value >= sequence.max_value) {
    return Bad("MINVALUE (" + std::to_string(sequence.min_value) +
               ") must be less than MAXVALUE (" + std::to_string(sequence.max_value) + ")");
  }
  return Ok();
}

Status CheckWithin(const char* what, int64_t value, const schema::SequenceOptions& sequence) {
  if (value < sequence.min_value) {
    return Bad(std::string(what) + " value (" + std::to_string(value) +
               ") cannot be less than MINVALUE (" + std::to_string(sequence.min_value) + ")");
  }
  if (value > sequence.max_value) {
    return Bad(std::string(what) + " value (" + std::to_string(value) +
               ") cannot be greater than MAXVALUE (" + std::to_string(sequence.max_value) + ")");
  }
  return Ok();
}

}  // namespace

Status BindSequenceOptions(const ast::OptionList& options, bool is_new, bool identity,
                           BindContext& context, schema::SequenceOptions* sequence,
                           SequenceRequest* request) {
  std::vector<std::string> seen;
  bool has_min = false, has_max = false, has_start = false;
  bool reset_min = is_new, reset_max = is_new;
  bool type_min = false, type_max = false;  // limits were those of the old type
  for (const ast::Option& option : options) {
    const std::string& name = option.name;
    if (name == "generated_always") continue;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return MakeError(SqlState::kSyntaxError, "conflicting or redundant options",
                       ast::PositionOf(context.sql, option.location));
    }
    seen.push_back(name);
    const bool none = option.value == ast::Option::Value::kNone;
    if (name == "as") {
      Type type;
      if (identity) {
        return MakeError(SqlState::kSyntaxError,
                         "identity column type must be smallint, integer, or bigint");
      }
      if (!types::TypeFromName(option.text, &type) && context.parse_expression) {
        LATHE_ASSIGN(ast::ExprPtr parsed, context.parse_expression("NULL::" + option.text));
        LATHE_ASSIGN(type, BindTypeName(parsed->As<ast::Cast>().type, context));
      }
      if (type.id != TypeId::kInt2 && type.id != TypeId::kInt4 && type.id != TypeId::kInt8) {
        return Bad("sequence type must be smallint, integer, or bigint");
      }
      // Limits that were those of the type become those of the new one.
      const Limits old_limits = LimitsOf(sequence->type);
      type_max = !is_new && sequence->max_value == old_limits.max;
      type_min = !is_new && sequence->min_value == old_limits.min;
      sequence->type = type.id;
    } else if (name == "increment") {
      LATHE_ASSIGN(sequence->increment, NumberOf(option));
      if (sequence->increment == 0) return Bad("INCREMENT must not be zero");
    } else if (name == "minvalue") {
      reset_min |= none;
      has_min = !none;
      if (!none) {
        LATHE_ASSIGN(sequence->min_value, NumberOf(option));
      }
    } else if (name == "maxvalue") {
      reset_max |= none;
      has_max = !none;
      if (!none) {
        LATHE_ASSIGN(sequence->max_value, NumberOf(option));
      }
    } else if (name == "start") {
      has_start = true;
      LATHE_ASSIGN(sequence->start, NumberOf(option));
    } else if (name == "restart") {
      request->has_restart = true;
      if (!none) {
        LATHE_ASSIGN(request->restart, NumberOf(option));
      }
    } else if (name == "cache") {
      LATHE_ASSIGN(sequence->cache, NumberOf(option));
      if (sequence->cache <= 0) {
        return Bad("CACHE (" + std::to_string(sequence->cache) + ") must be greater than zero");
      }
    } else if (name == "cycle") {
      sequence->cycle = option.text != "false";
    } else if (name == "owned_by") {
      request->owner = option.list;
      if (request->owner.empty()) request->owner.push_back(option.text);
      if (identity) {
        return MakeError(SqlState::kSyntaxError, "conflicting or redundant options",
                         ast::PositionOf(context.sql, option.location));
      }
    } else if (name == "sequence_name") {
      if (!identity) {
        return MakeError(SqlState::kSyntaxError, "invalid sequence option SEQUENCE NAME",
                         ast::PositionOf(context.sql, option.location));
      }
      request->name.name = option.list.empty() ? option.text : option.list.back();
      if (option.list.size() > 1) request->name.schema = option.list[option.list.size() - 2];
    } else {
      return NotSupported("sequence option \"" + name + "\"",
                          ast::PositionOf(context.sql, option.location));
    }
  }
  const Limits limits = LimitsOf(sequence->type);
  const bool up = sequence->increment > 0;
  if (!has_max && (reset_max || type_max)) {
    sequence->max_value = up || type_max ? limits.max : -1;
  }
  if (!has_min && (reset_min || type_min)) {
    sequence->min_value = !up || type_min ? limits.min : 1;
  }
  LATHE_TRY(CheckRange(*sequence));
  if (is_new && !has_start) sequence->start = up ? sequence->min_value : sequence->max_value;
  LATHE_TRY(CheckWithin("START", sequence->start, *sequence));
  if (request->has_restart) {
    LATHE_TRY(CheckWithin("RESTART", request->restart.value_or(sequence->start), *sequence));
  }
  return Ok();
}

}  // namespace lathe::bind
