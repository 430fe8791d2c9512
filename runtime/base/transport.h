// Messages between nodes, as an interface: the network in production, queues in tests, a faulty
// network with a simulated clock in simulations.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/base/ids.h"

namespace lathe::base {

/// A process that messages are sent to; never reused.
using NodeId = StrongId<struct NodeTag, uint64_t>;

/// Sends without waiting and without promising delivery: a message may be lost, repeated, delayed
/// and overtaken, but arrives unchanged and from whom it says. Thread-safe.
class Transport {
 public:
  using Receiver = std::function<void(NodeId from, std::string bytes)>;

  virtual ~Transport() = default;
  virtual void Send(NodeId to, std::string bytes) = 0;
  /// Set once before the first message; called from a thread of the transport.
  virtual void SetReceiver(Receiver receiver) = 0;
};

}  // namespace lathe::base
