// Operators ~ ~* !~ !~* and the regexp_ functions.
#include "runtime/func/regex.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::TypeId;
using RegexPtr = std::shared_ptr<const Regex>;

template <bool kNegated, bool kIgnoreCase>
CallStatus RegexMatches(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  RegexFlags flags;
  flags.ignore_case = kIgnoreCase;
  Result<RegexPtr> regex = CompileRegex(args[1].string.view(), flags);
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  result->b = (*regex)->Matches(args[0].string.view()) != kNegated;
  return CallStatus::kOk;
}

/// substring(text from pattern): the first parentheses' part, or the whole match.
CallStatus SubstringRegex(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<RegexPtr> regex = CompileRegex(args[1].string.view(), RegexFlags());
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  std::vector<RegexGroup> groups;
  if (!(*regex)->Find(args[0].string.view(), 0, &groups)) return CallStatus::kNull;
  const RegexGroup& part = groups.size() > 1 ? groups[1] : groups[0];
  if (part.data() == nullptr) return CallStatus::kNull;
  result->string = {part.data(), part.size()};
  return CallStatus::kOk;
}
/// \1 .. \9 and \& of the replacement.
void AppendReplacement(std::string_view replacement, const std::vector<RegexGroup>& groups,
                       std::string* out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    char c = replacement[i];
    if (c != '\\' || i + 1 == replacement.size()) {
      out->push_back(c);
      continue;
    }
    char next = replacement[++i];
    if (next == '&') {
      out->append(groups[0]);
    } else if (next >= '1' && next <= '9') {
      size_t group = static_cast<size_t>(next - '0');
      if (group < groups.size()) out->append(groups[group]);
    } else if (next == '\\') {
      out->push_back('\\');
    } else {
      out->push_back('\\');
      out->push_back(next);
    }
  }
}

/// Replaces the occurrence'th match from byte `from` on; occurrence 0 = all.
std::string ReplaceMatches(const Regex& regex, std::string_view text, std::string_view replacement,
                           size_t from, int occurrence) {
  std::string out(text.substr(0, from));
  std::vector<RegexGroup> groups;
  size_t copied = from, search = from;
  int seen = 0;
  while (search <= text.size() && regex.Find(text, search, &groups)) {
    ++seen;
    auto at = static_cast<size_t>(groups[0].data() - text.data());
    size_t end = at + groups[0].size();
    if (occurrence == 0 || seen == occurrence) {
      out += text.substr(copied, at - copied);
      AppendReplacement(replacement, groups, &out);
      copied = end;
      if (occurrence != 0) break;
    }
    search = end;
    if (groups[0].empty()) {
      // Go on behind one character, which stays.
      if (end >= text.size()) break;
      search = end + static_cast<size_t>(types::CharBytes(text[end]));
    }
  }
  if (copied < text.size()) out += text.substr(copied);
  return out;
}

CallStatus ReplaceWith(FunctionContext* context, const Datum* args, std::string_view letters,
                       Datum* result) {
  if (!letters.empty() && letters[0] >= '0' && letters[0] <= '9') {
    Error error =
        MakeError(SqlState::kInvalidParameterValue,
                  "invalid regular expression option: \"" + std::string(1, letters[0]) + "\"");
    error.hint =
        "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to "
        "integer explicitly.";
    return context->Fail(std::move(error));
  }
  Result<RegexFlags> flags = ParseRegexFlags(letters, "regexp_replace()", true);
  if (!flags.ok()) return context->Fail(std::move(flags).error());
  Result<RegexPtr> regex = CompileRegex(args[1].string.view(), *flags);
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  result->string = context->Keep(ReplaceMatches(**regex, args[0].string.view(),
                                                args[2].string.view(), 0, flags->global ? 0 : 1));
  return CallStatus::kOk;
}
CallStatus RegexReplace3(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return ReplaceWith(context, args, {}, result);
}
CallStatus RegexReplace4(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return ReplaceWith(context, args, args[3].string.view(), result);
}
/// (text, pattern, replacement, start, n [, flags])
template <int kArgs>
CallStatus RegexReplaceFrom(FunctionContext* context, const Datum* args, const bool*,
                            Datum* result) {
  int32_t start = args[3].i32, n = kArgs > 4 ? args[4].i32 : 1;
  if (start <= 0) {
    return context->Fail(SqlState::kInvalidParameterValue,
                         "invalid value for parameter \"start\": " + std::to_string(start));
  }
  if (n < 0) {
    return context->Fail(SqlState::kInvalidParameterValue,
                         "invalid value for parameter \"n\": " + std::to_string(n));
  }
  Result<RegexFlags> flags = ParseRegexFlags(kArgs > 5 ? args[5].string.view() : std::string_view(),
                                             "regexp_replace()", true);
  if (!flags.ok()) return context->Fail(std::move(flags).error());
  Result<RegexPtr> regex = CompileRegex(args[1].string.view(), *flags);
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  std::string_view text = args[0].string.view();
  if (start - 1 > types::CharCount(text)) return PutView(text, result);
  result->string = context->Keep(ReplaceMatches(**regex, text, args[2].string.view(),
                                                types::BytesOfChars(text, start - 1), n));
  return CallStatus::kOk;
}

/// Compiles args[1] with the flags in args[flag_arg], if there are any.
Result<RegexPtr> RegexOf(const Datum* args, int flag_arg, std::string_view function) {
  RegexFlags flags;
  if (flag_arg > 0) {
    LATHE_ASSIGN(flags, ParseRegexFlags(args[flag_arg].string.view(), function, false));
  }
  return CompileRegex(args[1].string.view(), flags);
}

template <int kFlagArg>
CallStatus RegexMatch(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<RegexPtr> regex = RegexOf(args, kFlagArg, "regexp_match()");
  if (!regex.ok()) {
    Error error = std::move(regex).error();
    if (error.message.ends_with("\"global\" option"))
      error.hint = "Use the regexp_matches function instead.";
    return context->Fail(std::move(error));
  }
  std::vector<RegexGroup> groups;
  if (!(*regex)->Find(args[0].string.view(), 0, &groups)) return CallStatus::kNull;
  types::ArrayBuilder array(TypeId::kText);
  for (size_t i = groups.size() > 1 ? 1 : 0; i < groups.size(); ++i) {
    if (groups[i].data() == nullptr) {
      array.AddNull();
    } else {
      Datum part;
      part.string = {groups[i].data(), groups[i].size()};
      array.Add(part);
    }
  }
  *result = array.ToDatum(context->arena);
  return CallStatus::kOk;
}

template <int kFlagArg>
CallStatus RegexLike(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<RegexPtr> regex = RegexOf(args, kFlagArg, "regexp_like()");
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  result->b = (*regex)->Matches(args[0].string.view());
  return CallStatus::kOk;
}

template <int kArgs>
CallStatus RegexCount(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  int32_t start = kArgs > 2 ? args[2].i32 : 1;
  if (start <= 0) {
    return context->Fail(SqlState::kInvalidParameterValue,
                         "invalid value for parameter \"start\": " + std::to_string(start));
  }
  Result<RegexPtr> regex = RegexOf(args, kArgs > 3 ? 3 : 0, "regexp_count()");
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  std::string_view text = args[0].string.view();
  if (start - 1 > types::CharCount(text)) return PutInt(0, result);
  size_t search = types::BytesOfChars(text, start - 1);
  int32_t count = 0;
  std::vector<RegexGroup> groups;
  while (search <= text.size() && (*regex)->Find(text, search, &groups)) {
    ++count;
    search = static_cast<size_t>(groups[0].data() - text.data()) + groups[0].size();
    if (groups[0].empty()) {
      if (search >= text.size()) break;
      search += static_cast<size_t>(types::CharBytes(text[search]));
    }
  }
  result->i32 = count;
  return CallStatus::kOk;
}

}  // namespace

void AddRegexFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, I = TypeId::kInt4, B = TypeId::kBool, C = TypeId::kBpChar,
                   N = TypeId::kName;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = true;
    Add(list, row);
    if (!list->back().args.empty() && list->back().args[0].id == C) list->back().padded_char = true;
  };
  add(1254, "textregexeq", "~", {T, T}, B, RegexMatches<false, false>);
  add(1256, "textregexne", "!~", {T, T}, B, RegexMatches<true, false>);
  add(1238, "texticregexeq", "~*", {T, T}, B, RegexMatches<false, true>);
  add(1239, "texticregexne", "!~*", {T, T}, B, RegexMatches<true, true>);
  add(79, "nameregexeq", "~", {N, T}, B, RegexMatches<false, false>);
  add(1252, "nameregexne", "!~", {N, T}, B, RegexMatches<true, false>);
  add(1240, "nameicregexeq", "~*", {N, T}, B, RegexMatches<false, true>);
  add(1241, "nameicregexne", "!~*", {N, T}, B, RegexMatches<true, true>);
  add(1658, "bpcharregexeq", "~", {C, T}, B, RegexMatches<false, false>);
  add(1659, "bpcharregexne", "!~", {C, T}, B, RegexMatches<true, false>);
  add(1656, "bpcharicregexeq", "~*", {C, T}, B, RegexMatches<false, true>);
  add(1657, "bpcharicregexne", "!~*", {C, T}, B, RegexMatches<true, true>);
  add(2073, "substring", "", {T, T}, T, SubstringRegex);
  add(2284, "regexp_replace", "", {T, T, T}, T, RegexReplace3);
  add(2285, "regexp_replace", "", {T, T, T, T}, T, RegexReplace4);
  add(6253, "regexp_replace", "", {T, T, T, I}, T, RegexReplaceFrom<4>);
  add(6252, "regexp_replace", "", {T, T, T, I, I}, T, RegexReplaceFrom<5>);
  add(6251, "regexp_replace", "", {T, T, T, I, I, T}, T, RegexReplaceFrom<6>);
  add(3396, "regexp_match", "", {T, T}, TypeId::kArray, RegexMatch<0>);
  list->back().result = types::Type::ArrayOf(T);
  add(3397, "regexp_match", "", {T, T, T}, TypeId::kArray, RegexMatch<2>);
  list->back().result = types::Type::ArrayOf(T);
  add(6263, "regexp_like", "", {T, T}, B, RegexLike<0>);
  add(6264, "regexp_like", "", {T, T, T}, B, RegexLike<2>);
  add(6254, "regexp_count", "", {T, T}, I, RegexCount<2>);
  add(6255, "regexp_count", "", {T, T, I}, I, RegexCount<3>);
  add(6256, "regexp_count", "", {T, T, I, T}, I, RegexCount<4>);
}

}  // namespace lathe::func
