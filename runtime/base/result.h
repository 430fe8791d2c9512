// Errors as values: Result<T> is a T or an Error, Status is Result<void>. Every error that a user
// can cause carries a SQLSTATE (sqlstate.def) and, where SQL text caused it, the position in it.
// Nothing is thrown across folders.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "runtime/base/check.h"

namespace lathe {

/// A PostgreSQL error condition. Derived from sqlstate.def.
enum class SqlState : uint16_t {
#define LATHE_SQLSTATE(name, code, condition) name,
#include "runtime/base/sqlstate.def"
#undef LATHE_SQLSTATE
};

/// The five-character code, "42601".
std::string_view SqlStateCode(SqlState state);
/// PostgreSQL's condition name, "syntax_error".
std::string_view SqlStateName(SqlState state);

/// What went wrong, as PostgreSQL's error fields tell it.
struct Error {
  SqlState state = SqlState::kInternalError;
  std::string message;  // one line, lower case, without the final point, in PostgreSQL's words
                        // where it has them
  std::string detail;
  std::string hint;
  int32_t position = 0;  // character in the statement, counted from 1 in code points; 0 = none
  std::string context;   // "COPY t, line 3, column a: ..."
  // The object concerned, for the protocol's fields s, t, c, n; empty = none.
  std::string schema_name, table_name, column_name, constraint_name;

  /// "42601: syntax error at or near \"foo\" (position 12)", for logs and tests.
  std::string ToString() const;
};

/// A T or an Error. Cheap to move; check with ok() before value().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : data_(std::in_place_index<1>, std::make_unique<Error>(std::move(error))) {}

  bool ok() const { return data_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    LATHE_CHECK(ok());
    return std::get<0>(data_);
  }
  const T& value() const& {
    LATHE_CHECK(ok());
    return std::get<0>(data_);
  }
  T&& value() && {
    LATHE_CHECK(ok());
    return std::move(std::get<0>(data_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    LATHE_CHECK(!ok());
    return *std::get<1>(data_);
  }
  Error&& error() && {
    LATHE_CHECK(!ok());
    return std::move(*std::get<1>(data_));
  }

 private:
  std::variant<T, std::unique_ptr<Error>> data_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    LATHE_CHECK(!ok());
    return *error_;
  }
  Error&& error() && {
    LATHE_CHECK(!ok());
    return std::move(*error_);
  }

 private:
  std::unique_ptr<Error> error_;  // null = success
};

using Status = Result<void>;
inline Status Ok() { return Status(); }

/// Makes an Error; position 0 = none.
Error MakeError(SqlState state, std::string message, int32_t position = 0);
/// A feature that is not there: 0A000 "<what> is not supported".
Error NotSupported(std::string_view what, int32_t position = 0);

}  // namespace lathe

// LATHE_TRY(status_expr): returns the error from the enclosing function, if there is one.
#define LATHE_TRY(expr)                                               \
  do {                                                                \
    auto lathe_status_ = (expr);                                      \
    if (!lathe_status_.ok()) return std::move(lathe_status_).error(); \
  } while (0)

// LATHE_ASSIGN(auto x, result_expr): x = the value, or returns the error from the enclosing
// function.
#define LATHE_ASSIGN(lhs, expr) \
  LATHE_ASSIGN_IMPL_(LATHE_CONCAT_(lathe_result_, __LINE__), lhs, expr)
#define LATHE_ASSIGN_IMPL_(tmp, lhs, expr)      \
  auto tmp = (expr);                            \
  if (!tmp.ok()) return std::move(tmp).error(); \
  lhs = std::move(tmp).value()
#define LATHE_CONCAT_(a, b) LATHE_CONCAT2_(a, b)
#define LATHE_CONCAT2_(a, b) a##b
