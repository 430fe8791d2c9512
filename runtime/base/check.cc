#include "runtime/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace lathe::base {

void CheckFailed(const char* file, int line, const char* condition, const char* note) {
  std::fprintf(stderr, "%s:%d: check failed: %s%s%s%s\n", file, line, condition, *note ? " (" : "",
               note, *note ? ")" : "");
  std::fflush(stderr);
  std::abort();
}

}  // namespace lathe::base
