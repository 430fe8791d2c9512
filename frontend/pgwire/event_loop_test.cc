// Events under handlers that are short, that sleep, and that take long.
#include "frontend/pgwire/event_loop.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <deque>

namespace lathe::pgwire {
namespace {

// A connected pair of TCP sockets on this machine.
struct Pair {
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
    server = accept(listener, nullptr, nullptr);
    close(listener);
  }
  ~Pair() {
    close(client);
    close(server);
  }
  int client = -1, server = -1;
};

// A source whose handler does `work` and sends back the byte that it has got.
struct Echo {
  explicit Echo(EventLoop* l) : loop(l), source(pair.server, this) {}
  void Handle(const std::function<void()>& work) {
    char byte;
    if (recv(pair.server, &byte, 1, MSG_DONTWAIT) == 1) {
      work();
      EXPECT_EQ(send(pair.server, &byte, 1, MSG_NOSIGNAL), 1);
    }
    loop->Rearm(&source);
  }
  void Send(char byte) { ASSERT_EQ(send(pair.client, &byte, 1, MSG_NOSIGNAL), 1); }
  char Receive() {
    char byte = 0;
    EXPECT_EQ(recv(pair.client, &byte, 1, 0), 1);
    return byte;
  }

  EventLoop* const loop;
  Pair pair;
  EventLoop::Source source;
};

class EventLoopTest : public ::testing::Test {
 protected:
  void Start(uint32_t lanes, int sources, std::function<void()> work) {
    ASSERT_TRUE(loop_
                    .Start(lanes, [work = std::move(work)](
                                      void* data) { static_cast<Echo*>(data)->Handle(work); })
                    .ok());
    for (int i = 0; i < sources; ++i) {
      echoes_.emplace_back(&loop_);
      ASSERT_TRUE(loop_.Add(&echoes_.back().source).ok());
    }
    watchdog_ = std::thread([this] {
      while (!over_) {
        loop_.Tick();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  void TearDown() override {
    over_ = true;
    watchdog_.join();
    loop_.Stop();
    loop_.Join();
  }

  std::deque<Echo> echoes_;
  EventLoop loop_;
  std::atomic<bool> over_{false};
  std::thread watchdog_;
};

// Sources change lanes meanwhile: the clients are wherever they are.
TEST_F(EventLoopTest, EveryEventIsHandled) {
  Start(3, 24, [] {});
  std::vector<std::thread> clients;
  for (size_t c = 0; c < 3; ++c) {
    clients.emplace_back([this, c] {
      for (int round = 0; round < 3000; ++round) {
        for (size_t i = c; i < echoes_.size(); i += 3) echoes_[i].Send(static_cast<char>(round));
        for (size_t i = c; i < echoes_.size(); i += 3) {
          ASSERT_EQ(echoes_[i].Receive(), static_cast<char>(round));
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

// Every handler waits until all are inside.
void WaitForAll(std::atomic<int>* inside, int all) {
  const int round = (inside->fetch_add(1) / all + 1) * all;
  while (inside->load() < round) std::this_thread::sleep_for(std::chrono::microseconds(100));
}

TEST_F(EventLoopTest, AllMaySleepAtOnce) {
  constexpr int kAll = 40;
  std::atomic<int> inside{0};
  Start(2, kAll, [&] {
    EventLoop::AboutToBlock();
    WaitForAll(&inside, kAll);
  });
  for (int round = 0; round < 20; ++round) {
    for (Echo& echo : echoes_) echo.Send('x');
    for (Echo& echo : echoes_) ASSERT_EQ(echo.Receive(), 'x');
  }
}

TEST_F(EventLoopTest, AllMayTakeLong) {
  constexpr int kAll = 8;
  std::atomic<int> inside{0};
  Start(2, kAll, [&] { WaitForAll(&inside, kAll); });
  for (int round = 0; round < 5; ++round) {
    for (Echo& echo : echoes_) echo.Send('x');
    for (Echo& echo : echoes_) ASSERT_EQ(echo.Receive(), 'x');
  }
}

}  // namespace
}  // namespace lathe::pgwire
