// A connected, non-blocking socket as the thread that runs a statement uses it: reads what is
// there, and waits where the protocol needs more (COPY data) or the client is slow to read, without
// giving up the thread's stack.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace lathe::pgwire {

/// Does not own the descriptor. Used by one thread at a time.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}

  enum class ReadOutcome { kBytes, kWouldBlock, kClosed };
  /// Appends what can be read now, at most max_bytes.
  ReadOutcome Read(std::string* in, size_t max_bytes);
  /// Waits up to timeout_ms for something to read; false on time-out.
  bool WaitReadable(int timeout_ms);
  /// Sends what there is room for, and takes it off `bytes`. False: the connection is gone.
  bool WriteSome(std::string_view* bytes);
  /// Sends all bytes; waits while the client does not read, asking stop() now and then. False: the
  /// connection is gone or stop() said so.
  bool WriteAll(std::string_view bytes, const std::function<bool()>& stop);

 private:
  const int fd_;
};

}  // namespace lathe::pgwire
