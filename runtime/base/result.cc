#include "runtime/base/result.h"

namespace lathe {
namespace {

struct StateText {
  std::string_view code, name;
};
constexpr StateText kStates[] = {
#define LATHE_SQLSTATE(name, code, condition) {code, condition},
#include "runtime/base/sqlstate.def"
#undef LATHE_SQLSTATE
};

}  // namespace

std::string_view SqlStateCode(SqlState state) { return kStates[static_cast<size_t>(state)].code; }
std::string_view SqlStateName(SqlState state) { return kStates[static_cast<size_t>(state)].name; }

std::string Error::ToString() const {
  std::string text(SqlStateCode(state));
  text += ": ";
  text += message;
  if (position > 0) text += " (position " + std::to_string(position) + ")";
  if (!detail.empty()) text += "; detail: " + detail;
  if (!hint.empty()) text += "; hint: " + hint;
  return text;
}

Error MakeError(SqlState state, std::string message, int32_t position) {
  Error error;
  error.state = state;
  error.message = std::move(message);
  error.position = position;
  return error;
}

Error NotSupported(std::string_view what, int32_t position) {
  return MakeError(SqlState::kFeatureNotSupported, std::string(what) + " is not supported",
                   position);
}

}  // namespace lathe
