// Front door of frontend/pgwire: the server side of PostgreSQL's protocol 3.0 on an asynchronous
// event loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/result.h"

namespace lathe::session {
class Instance;
}

namespace lathe::pgwire {

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 5432;  // 0 = any free one
  uint32_t connections_max = 1000;
  uint32_t event_loops = 0;  // 0 = one per core
  /// A connection that has not sent its startup packet by then is closed, so that clients which
  /// never do cannot take all the places; 0 = never.
  uint32_t startup_timeout_seconds = 60;
};

/// Listens and serves until Stop. Owns its threads and connections; the instance outlives it. An
/// idle connection costs a socket and a few kilobytes, no thread. Statements run on the loop's own
/// thread; when one takes longer than a millisecond or two, another thread takes over the loop (so
/// other connections never wait for it).
class Server {
 public:
  /// Starts listening. 55006 when the address is in use, 58030 for other socket errors.
  static Result<std::unique_ptr<Server>> Start(session::Instance* instance,
                                               const ServerOptions& options);
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  virtual uint32_t connection_count() const = 0;
  /// Refuses new connections, ends statements that run and closes all connections with 57P01;
  /// returns when every thread has ended.
  virtual void Stop() = 0;
};

}  // namespace lathe::pgwire
