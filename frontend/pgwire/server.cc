// The listener: accepts connections, hands them to the event loop, and keeps the list of those that
// are open.
#include <sys/socket.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <condition_variable>
#include <unordered_set>

#include "frontend/pgwire/connection.h"
#include "frontend/pgwire/event_loop.h"
#include "frontend/pgwire/pgwire.h"
#include "runtime/base/blocking.h"
#include "runtime/base/check.h"

namespace lathe::pgwire {
namespace {

constexpr auto kTick = std::chrono::milliseconds(1);
constexpr int kActiveTicks =
    200;  // the watchdog sleeps after so many ticks without a running handler

using Tcp = asio::ip::tcp;

/// A connection with its socket. The list of clients keeps it while its socket is open; calls and
/// timers that are under way keep it longer.
struct Client : std::enable_shared_from_this<Client> {
  Client(session::Instance* instance, asio::io_context* timers, int socket, bool refuse)
      : fd(socket),
        source(socket, this),
        startup_timer(*timers),
        connection(instance, socket, refuse) {}

  const int fd;
  EventLoop::Source source;
  asio::steady_timer startup_timer;  // set until the connection has started
  bool startup_timed = false;        // whether it is set; only for who handles the connection
  Connection connection;
  std::mutex serving;   // held while the connection is handled
  bool closed = false;  // the socket is; guarded by serving
};

class ServerImpl final : public Server {
 public:
  ServerImpl(session::Instance* instance, const ServerOptions& options)
      : instance_(instance), options_(options) {}
  ~ServerImpl() override { Stop(); }

  Status Listen();
  uint16_t port() const override { return port_; }
  uint32_t connection_count() const override {
    std::lock_guard lock(mutex_);
    return static_cast<uint32_t>(clients_.size());
  }
  void Stop() override;

 private:
  void Accept();
  void Serve(Tcp::socket socket);
  void LimitStartup(const std::shared_ptr<Client>& client);
  void Handle(Client* client);
  void FinishCommit(Client* client);
  void Remove(const std::shared_ptr<Client>& client);
  static void End(const std::shared_ptr<Client>& client);
  void WakeWatchdog();
  void Watch();

  session::Instance* const instance_;
  const ServerOptions options_;
  asio::io_context context_;  // of the acceptor, timers and ends of sessions; one thread
  Tcp::acceptor acceptor_{context_};
  std::thread accepts_;
  uint16_t port_ = 0;
  EventLoop loop_;

  mutable std::mutex mutex_;
  std::unordered_set<std::shared_ptr<Client>> clients_;  // guarded by mutex_
  bool stopping_ = false;                                // guarded by mutex_

  std::thread watchdog_;
  std::mutex watch_mutex_;
  std::condition_variable watch_cv_;
  std::atomic<bool> watching_{false};
  bool watch_stop_ = false;  // guarded by watch_mutex_
};

Status ServerImpl::Listen() {
  asio::error_code ec;
  auto address = asio::ip::make_address(options_.address, ec);
  if (ec) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "invalid listen address \"" + options_.address + "\"");
  }
  Tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(Tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    SqlState state =
        ec == asio::error::address_in_use ? SqlState::kObjectInUse : SqlState::kIoError;
    return MakeError(state, "could not listen on " + options_.address + ":" +
                                std::to_string(options_.port) + ": " + ec.message());
  }
  port_ = acceptor_.local_endpoint().port();
  uint32_t count = options_.event_loops;
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  LATHE_TRY(loop_.Start(count, [this](void* data) { Handle(static_cast<Client*>(data)); }));
  watchdog_ = std::thread([this] { Watch(); });
  SetBlockingHook(&EventLoop::AboutToBlock);
  Accept();
  accepts_ = std::thread([this] { context_.run(); });
  return Ok();
}

void ServerImpl::Accept() {
  acceptor_.async_accept([this](asio::error_code ec, Tcp::socket socket) {
    if (ec == asio::error::operation_aborted) return;
    if (!ec) {
      Serve(std::move(socket));
    } else {
      // Out of descriptors, most likely: let some connections end before trying again.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    Accept();
  });
}

void ServerImpl::Serve(Tcp::socket socket) {
  asio::error_code ec;
  socket.set_option(Tcp::no_delay(true), ec);
  socket.non_blocking(true, ec);
  const int fd = socket.release(ec);
  if (ec) return;
  std::shared_ptr<Client> client;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    client = std::make_shared<Client>(instance_, &context_, fd,
                                      clients_.size() >= options_.connections_max);
    clients_.insert(client);
  }
  client->connection.OnTerminate([weak = std::weak_ptr(client), this] {
    asio::post(context_, [weak] {
      if (std::shared_ptr<Client> found = weak.lock()) End(found);
    });
  });
  client->connection.OnCommitted([this, raw = client.get()] { FinishCommit(raw); });
  LimitStartup(client);
  if (!loop_.Add(&client->source).ok()) Remove(client);
}

// Says good-bye to a client whose session is over, unless it is being served: then it is told by
// whoever serves it. Its socket becomes readable, and is removed by that.
void ServerImpl::End(const std::shared_ptr<Client>& client) {
  std::unique_lock serving(client->serving, std::try_to_lock);
  if (!serving.owns_lock() || client->closed || client->connection.commits()) return;
  client->connection.SayShutdown();
  shutdown(client->fd, SHUT_RDWR);
}

// The connection is only shut down here: whoever waits for it to become readable then removes it.
void ServerImpl::LimitStartup(const std::shared_ptr<Client>& client) {
  if (options_.startup_timeout_seconds == 0) return;
  client->startup_timed = true;
  client->startup_timer.expires_after(std::chrono::seconds(options_.startup_timeout_seconds));
  client->startup_timer.async_wait([weak = std::weak_ptr(client)](asio::error_code ec) {
    const std::shared_ptr<Client> late = weak.lock();
    if (ec || late == nullptr || late->connection.started()) return;
    std::unique_lock serving(late->serving, std::try_to_lock);
    if (serving.owns_lock() && !late->closed) shutdown(late->fd, SHUT_RDWR);
  });
}

// On a thread of the loop. The client is in the list until it is removed here.
void ServerImpl::Handle(Client* client) {
  if (!watching_.load(std::memory_order_relaxed)) WakeWatchdog();
  std::unique_lock serving(client->serving);
  const Connection::Outcome outcome = client->connection.OnReadable();
  serving.unlock();
  if (client->startup_timed && client->connection.started()) {
    client->startup_timed = false;
    // The timer belongs to the context's thread.
    asio::post(context_, [kept = client->shared_from_this()] { kept->startup_timer.cancel(); });
  }
  switch (outcome) {
    case Connection::Outcome::kGoOn:
      loop_.Rearm(&client->source);
      break;
    case Connection::Outcome::kOver:
      Remove(client->shared_from_this());
      break;
    case Connection::Outcome::kCommits: {
      const std::shared_ptr<Client> kept = client->shared_from_this();
      if (client->connection.OutputReady()) FinishCommit(client);
      kept->connection.WriteCommits();
      break;
    }
  }
}

// A commit is over whose client is not being served: on the thread that has written it. What may
// block is left to the loop. The client is in the list until its descriptor is armed again.
void ServerImpl::FinishCommit(Client* client) {
  std::unique_lock serving(client->serving);
  const bool all = client->connection.FinishCommit();
  serving.unlock();
  loop_.Rearm(&client->source, !all);
}

void ServerImpl::Remove(const std::shared_ptr<Client>& client) {
  {
    std::lock_guard serving(client->serving);
    client->closed = true;
    shutdown(client->fd, SHUT_RDWR);
    close(client->fd);
  }
  std::lock_guard lock(mutex_);
  clients_.erase(client);
}

void ServerImpl::WakeWatchdog() {
  std::lock_guard lock(watch_mutex_);
  watching_.store(true);
  watch_cv_.notify_one();
}

void ServerImpl::Watch() {
  int quiet_ticks = 0;
  std::unique_lock lock(watch_mutex_);
  while (!watch_stop_) {
    if (!watching_.load()) {
      watch_cv_.wait(lock, [this] { return watching_.load() || watch_stop_; });
      quiet_ticks = 0;
      continue;
    }
    watch_cv_.wait_for(lock, kTick);
    const bool active = loop_.active();
    loop_.Tick();
    quiet_ticks = active ? 0 : quiet_ticks + 1;
    if (quiet_ticks > kActiveTicks) watching_.store(false);
  }
}

void ServerImpl::Stop() {
  std::vector<std::shared_ptr<Client>> clients;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    clients.assign(clients_.begin(), clients_.end());
  }
  asio::post(context_, [this] {
    asio::error_code ec;
    acceptor_.close(ec);
  });
  for (const auto& client : clients) client->connection.Terminate();
  // A connection that is being served sees the termination itself; the others are told.
  for (const auto& client : clients) End(client);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (connection_count() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  {
    std::lock_guard lock(watch_mutex_);
    watch_stop_ = true;
    watch_cv_.notify_one();
  }
  if (watchdog_.joinable()) watchdog_.join();
  context_.stop();
  if (accepts_.joinable()) accepts_.join();
  loop_.Stop();
  loop_.Join();
  std::lock_guard lock(mutex_);
  for (const auto& client : clients_) {
    // Another thread than the loop's may be writing its commit.
    while (client->connection.commits()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::lock_guard serving(client->serving);
    client->closed = true;
    close(client->fd);
  }
  clients_.clear();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(session::Instance* instance,
                                              const ServerOptions& options) {
  auto server = std::make_unique<ServerImpl>(instance, options);
  LATHE_TRY(server->Listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace lathe::pgwire
