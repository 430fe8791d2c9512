// regexp_instr, regexp_substr and regexp_split_to_array, and the patterns of SIMILAR TO, which are
// turned into regular expressions.
#include "runtime/func/regex.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::TypeId;
using RegexPtr = std::shared_ptr<const Regex>;

Error BadParameter(const char* name, int32_t value) {
  return MakeError(
      SqlState::kInvalidParameterValue,
      "invalid value for parameter \"" + std::string(name) + "\": " + std::to_string(value));
}

/// Which part of which match a call asks for.
struct Wanted {
  int32_t start = 1, n = 1, end = 0, part = 0;
};

/// The wanted part: an empty optional when there is no such match or the part took no part in it.
Result<std::optional<RegexGroup>> FindPart(const Datum* args, const Wanted& wanted,
                                           std::string_view flags_text, std::string_view function) {
  if (wanted.start <= 0) return BadParameter("start", wanted.start);
  if (wanted.n <= 0) return BadParameter("n", wanted.n);
  if (wanted.end != 0 && wanted.end != 1) return BadParameter("endoption", wanted.end);
  if (wanted.part < 0) return BadParameter("subexpr", wanted.part);
  LATHE_ASSIGN(RegexFlags flags, ParseRegexFlags(flags_text, function, false));
  LATHE_ASSIGN(RegexPtr regex, CompileRegex(args[1].string.view(), flags));
  const std::string_view text = args[0].string.view();
  std::optional<RegexGroup> none;
  if (wanted.start - 1 > types::CharCount(text)) return none;
  size_t search = types::BytesOfChars(text, wanted.start - 1);
  std::vector<RegexGroup> groups;
  for (int32_t seen = 1; search <= text.size() && regex->Find(text, search, &groups); ++seen) {
    if (seen == wanted.n) {
      // Without parentheses the first part is the whole match.
      auto part = static_cast<size_t>(wanted.part);
      if (part == 1 && groups.size() == 1) part = 0;
      if (part >= groups.size() || groups[part].data() == nullptr) return none;
      return std::optional<RegexGroup>(groups[part]);
    }
    search = static_cast<size_t>(groups[0].data() - text.data()) + groups[0].size();
    if (!groups[0].empty()) continue;
    if (search >= text.size()) break;
    search += static_cast<size_t>(types::CharBytes(text[search]));
  }
  return none;
}

/// (text, pattern [, start [, n [, endoption [, flags [, subexpr]]]]])
template <int kArgs>
CallStatus RegexInstr(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Wanted wanted;
  if (kArgs > 2) wanted.start = args[2].i32;
  if (kArgs > 3) wanted.n = args[3].i32;
  if (kArgs > 4) wanted.end = args[4].i32;
  if (kArgs > 6) wanted.part = args[6].i32;
  auto part = FindPart(args, wanted, kArgs > 5 ? args[5].string.view() : std::string_view(),
                       "regexp_instr()");
  if (!part.ok()) return context->Fail(std::move(part).error());
  if (!part->has_value()) return PutInt(0, result);
  const char* at = (**part).data() + (wanted.end == 1 ? (**part).size() : 0);
  const std::string_view before(args[0].string.data, static_cast<size_t>(at - args[0].string.data));
  return PutInt(static_cast<int32_t>(types::CharCount(before)) + 1, result);
}

/// (text, pattern [, start [, n [, flags [, subexpr]]]])
template <int kArgs>
CallStatus RegexSubstr(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Wanted wanted;
  if (kArgs > 2) wanted.start = args[2].i32;
  if (kArgs > 3) wanted.n = args[3].i32;
  if (kArgs > 5) wanted.part = args[5].i32;
  auto part = FindPart(args, wanted, kArgs > 4 ? args[4].string.view() : std::string_view(),
                       "regexp_substr()");
  if (!part.ok()) return context->Fail(std::move(part).error());
  if (!part->has_value()) return CallStatus::kNull;
  return PutView(**part, result);
}

template <int kArgs>
CallStatus SplitToArray(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<RegexFlags> flags = ParseRegexFlags(kArgs > 2 ? args[2].string.view() : std::string_view(),
                                             "regexp_split_to_array()", false);
  if (!flags.ok()) return context->Fail(std::move(flags).error());
  Result<RegexPtr> regex = CompileRegex(args[1].string.view(), *flags);
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  const std::string_view text = args[0].string.view();
  types::ArrayBuilder array(TypeId::kText);
  auto add = [&](std::string_view part) {
    Datum piece;
    piece.string = {part.data(), part.size()};
    array.Add(piece);
  };
  size_t copied = 0, search = 0, last_end = 0;
  std::vector<RegexGroup> groups;
  while (search <= text.size() && (*regex)->Find(text, search, &groups)) {
    const auto at = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = at + groups[0].size();
    // Empty matches at the ends or right behind another one do not split.
    if (at < text.size() && end > last_end) {
      add(text.substr(copied, at - copied));
      copied = end;
    }
    last_end = search = end;
    if (!groups[0].empty()) continue;
    if (search >= text.size()) break;
    search += static_cast<size_t>(types::CharBytes(text[search]));
  }
  add(text.substr(copied));
  *result = array.ToDatum(context->arena);
  return CallStatus::kOk;
}

/// SQL's regular expressions (SIMILAR TO, SQL:2016 8.6) as PostgreSQL's: % and _ instead of .* and
/// ., the escape character instead of \, and two escaped " around what substring is to give.
class SimilarTranslator {
 public:
  SimilarTranslator(std::string_view pattern, std::string_view escape)
      : rest_(pattern), escape_(escape) {}

  Result<std::string> Translate() {
    out_ = "^(?:";
    bool escaped = false;
    while (!rest_.empty()) {
      size_t bytes = std::min(rest_.size(), static_cast<size_t>(types::CharBytes(rest_[0])));
      std::string_view c = rest_.substr(0, bytes);
      rest_.remove_prefix(bytes);
      if (escaped) {
        escaped = false;
        if (c == "\"" && depth_ == 0) {
          LATHE_TRY(Quote());
        } else {
          out_.push_back('\\');
          out_ += c;
          position_ = 3;
        }
      } else if (!escape_.empty() && c == escape_) {
        escaped = true;
      } else if (depth_ > 0) {
        InBrackets(c);
      } else {
        Outside(c);
      }
    }
    out_ += ")$";
    return std::move(out_);
  }

 private:
  /// The first quote ends the shortest first part, the second the longest middle one.
  Status Quote() {
    if (quotes_ == 2) {
      return MakeError(
          SqlState::kInvalidUseOfEscapeCharacter,
          "SQL regular expression may not contain more than two escape-double-quote separators");
    }
    out_ += quotes_ == 0 ? "){1,1}?(" : "){1,1}(?:";
    ++quotes_;
    return Ok();
  }
  /// Follows a bracket expression as far as its end has to be known.
  void InBrackets(std::string_view c) {
    if (c == "\\") out_.push_back('\\');
    out_ += c;
    if (c == "]" && position_ > 2) {
      --depth_;
    } else if (c == "[") {
      ++depth_;
      position_ = 3;
    } else if (c == "^") {
      ++position_;  // behind the bracket a ] still does not end it
    } else {
      position_ = 3;
    }
  }
  void Outside(std::string_view c) {
    if (c == "[") {
      out_ += c;
      depth_ = position_ = 1;
    } else if (c == "%") {
      out_ += ".*";
    } else if (c == "_") {
      out_ += ".";
    } else if (c == "(") {
      out_ += "(?:";
    } else {
      if (c == "\\" || c == "." || c == "^" || c == "$") out_.push_back('\\');
      out_ += c;
    }
  }

  std::string_view rest_, escape_;
  std::string out_;
  int quotes_ = 0, depth_ = 0, position_ = 0;
};

Result<std::string> SimilarPattern(std::string_view pattern, std::string_view escape) {
  if (types::CharCount(escape) > 1) {
    Error error = MakeError(SqlState::kInvalidEscapeSequence, "invalid escape string");
    error.hint = "Escape string must be empty or one character.";
    return error;
  }
  return SimilarTranslator(pattern, escape).Translate();
}

CallStatus SimilarToEscape1(FunctionContext* context, const Datum* args, const bool*,
                            Datum* result) {
  return PutBytes(context, SimilarPattern(args[0].string.view(), "\\"), result);
}
CallStatus SimilarToEscape2(FunctionContext* context, const Datum* args, const bool*,
                            Datum* result) {
  return PutBytes(context, SimilarPattern(args[0].string.view(), args[1].string.view()), result);
}
/// The older form: a NULL escape stands for the backslash.
CallStatus SimilarEscape(FunctionContext* context, const Datum* args, const bool* nulls,
                         Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  return PutBytes(context,
                  SimilarPattern(args[0].string.view(), nulls[1] ? "\\" : args[1].string.view()),
                  result);
}

/// substring(text similar pattern escape e): the part between the quotes, or the whole match.
CallStatus SubstringSimilar(FunctionContext* context, const Datum* args, const bool*,
                            Datum* result) {
  Result<std::string> pattern = SimilarPattern(args[1].string.view(), args[2].string.view());
  if (!pattern.ok()) {
    Error error = std::move(pattern).error();
    error.context = "SQL function \"substring\" statement 1";
    return context->Fail(std::move(error));
  }
  Result<RegexPtr> regex = CompileRegex(*pattern, RegexFlags());
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  std::vector<RegexGroup> groups;
  if (!(*regex)->Find(args[0].string.view(), 0, &groups)) return CallStatus::kNull;
  const RegexGroup& part = groups.size() > 1 ? groups[1] : groups[0];
  if (part.data() == nullptr) return CallStatus::kNull;
  return PutView(part, result);
}

}  // namespace

void AddMoreRegexFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, I = TypeId::kInt4;
  auto add = [&](uint32_t oid, std::string_view name, std::vector<TypeId> args, types::Type type,
                 BoxedFunction boxed, bool strict = true) {
    Row row{oid, name, "", std::move(args), type.id, boxed};
    row.can_fail = true;
    row.strict = strict;
    Add(list, row);
    list->back().result = type;
  };
  add(6257, "regexp_instr", {T, T}, I, RegexInstr<2>);
  add(6258, "regexp_instr", {T, T, I}, I, RegexInstr<3>);
  add(6259, "regexp_instr", {T, T, I, I}, I, RegexInstr<4>);
  add(6260, "regexp_instr", {T, T, I, I, I}, I, RegexInstr<5>);
  add(6261, "regexp_instr", {T, T, I, I, I, T}, I, RegexInstr<6>);
  add(6262, "regexp_instr", {T, T, I, I, I, T, I}, I, RegexInstr<7>);
  add(6265, "regexp_substr", {T, T}, T, RegexSubstr<2>);
  add(6266, "regexp_substr", {T, T, I}, T, RegexSubstr<3>);
  add(6267, "regexp_substr", {T, T, I, I}, T, RegexSubstr<4>);
  add(6268, "regexp_substr", {T, T, I, I, T}, T, RegexSubstr<5>);
  add(6269, "regexp_substr", {T, T, I, I, T, I}, T, RegexSubstr<6>);
  add(2767, "regexp_split_to_array", {T, T}, types::Type::ArrayOf(T), SplitToArray<2>);
  add(2768, "regexp_split_to_array", {T, T, T}, types::Type::ArrayOf(T), SplitToArray<3>);
  add(1986, "similar_to_escape", {T, T}, T, SimilarToEscape2);
  add(1987, "similar_to_escape", {T}, T, SimilarToEscape1);
  add(1623, "similar_escape", {T, T}, T, SimilarEscape, false);
  add(2074, "substring", {T, T, T}, T, SubstringSimilar);
}

}  // namespace lathe::func
