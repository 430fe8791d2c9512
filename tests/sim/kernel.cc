#include "tests/sim/kernel.h"

#include "runtime/base/hash.h"

namespace lathe::sim {

void Kernel::At(int64_t when, std::function<void()> what) {
  heap_.push({std::max(when, now_), order_++, std::move(what)});
}

void Kernel::RunUntil(int64_t when) {
  while (!heap_.empty() && heap_.top().at <= when) {
    Event event = heap_.top();
    heap_.pop();
    now_ = event.at;
    event.what();
  }
  now_ = when;
}

void Kernel::Mix(uint64_t value) { trace_ = base::MixBits(trace_ + 0x9e3779b97f4a7c15ull + value); }

class SimulatedNetwork::End final : public base::Transport {
 public:
  End(SimulatedNetwork* network, base::NodeId id) : network_(network), id_(id) {}
  void Send(base::NodeId to, std::string bytes) override { network_->Carry(id_, to, bytes); }
  void SetReceiver(Receiver receiver) override { receiver_ = std::move(receiver); }
  void Receive(base::NodeId from, std::string bytes) {
    if (receiver_) receiver_(from, std::move(bytes));
  }

 private:
  SimulatedNetwork* network_;
  base::NodeId id_;
  Receiver receiver_;
};

SimulatedNetwork::SimulatedNetwork(Kernel* kernel)
    : kernel_(kernel), random_(kernel->Stream("network")) {}
SimulatedNetwork::~SimulatedNetwork() = default;

base::Transport* SimulatedNetwork::Endpoint(base::NodeId node) {
  std::unique_ptr<End>& end = ends_[node];
  if (!end) end = std::make_unique<End>(this, node);
  return end.get();
}

void SimulatedNetwork::Down(base::NodeId node) { Endpoint(node)->SetReceiver({}); }

void SimulatedNetwork::Carry(base::NodeId from, base::NodeId to, const std::string& bytes) {
  int copies = random_.Below(1000) < faults_.repeated ? 2 : 1;
  for (; copies > 0; copies--) {
    int64_t delay = random_.Between(faults_.delay_min, faults_.delay_max);
    if (random_.Below(1000) < faults_.lost || cut_.contains({from, to})) continue;
    kernel_->After(delay, [this, from, to, bytes] {
      kernel_->Mix(base::Hash64(bytes, from.value << 32 | to.value) + kernel_->now());
      if (auto end = ends_.find(to); end != ends_.end()) end->second->Receive(from, bytes);
    });
  }
}

}  // namespace lathe::sim
