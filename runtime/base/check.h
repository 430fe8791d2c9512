// Checks of invariants. A failed check is a bug in Lathe: it prints the place and the condition and
// aborts, because going on could write a wrong answer. Errors that input can cause are Result
// values (result.h), never checks.
#pragma once

namespace lathe::base {

/// Prints "file:line: check failed: condition (note)" to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const char* note);

}  // namespace lathe::base

// Always on, also in release builds: keep it to what is cheap beside the work it guards.
#define LATHE_CHECK(condition)        \
  (__builtin_expect(!!(condition), 1) \
       ? (void)0                      \
       : ::lathe::base::CheckFailed(__FILE__, __LINE__, #condition, ""))
#define LATHE_CHECK_NOTE(condition, note) \
  (__builtin_expect(!!(condition), 1)     \
       ? (void)0                          \
       : ::lathe::base::CheckFailed(__FILE__, __LINE__, #condition, note))
#define LATHE_UNREACHABLE(note) ::lathe::base::CheckFailed(__FILE__, __LINE__, "unreachable", note)

// For checks too costly for release builds.
#ifdef LATHE_DEBUG_CHECKS
#define LATHE_DCHECK(condition) LATHE_CHECK(condition)
#else
#define LATHE_DCHECK(condition) ((void)0)
#endif
