// Running jsonpath over jsonb values.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/base/result.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/jsonpath.h"

namespace lathe::func {

/// What a path is run over and how.
struct PathCall {
  types::JsonbView target{{}};
  types::JsonbView variables{{}};  // an object; empty bytes = none
  bool silent = false;             // errors of the data do not count
  base::Arena* arena = nullptr;    // of values made on the way
};

/// All that the path gives. An empty optional: an error that silence keeps. Values lie in the
/// target, the path's text or the arena. 22031-2203F, 22012, 22003, 42704, 0A000.
Result<std::optional<std::vector<types::JsonbView>>> RunPath(const types::JsonPath& path,
                                                             const PathCall& call);
/// Whether it gives anything; looks no further than needed in lax mode.
Result<std::optional<bool>> PathExists(const types::JsonPath& path, const PathCall& call);

}  // namespace lathe::func
