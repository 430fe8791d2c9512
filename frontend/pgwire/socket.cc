#include "frontend/pgwire/socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace lathe::pgwire {
namespace {

constexpr int kStopCheckMs = 100;

bool Poll(int fd, short events, int timeout_ms) {
  pollfd entry{fd, events, 0};
  int ready;
  do {
    ready = poll(&entry, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

Socket::ReadOutcome Socket::Read(std::string* in, size_t max_bytes) {
  // Into a buffer of the thread first: making room in the string would write zeros over all of it.
  constexpr size_t kSmall = size_t{16} * 1024;
  thread_local char small[kSmall];
  const bool direct = max_bytes > kSmall;
  const size_t before = in->size();
  if (direct) in->resize(before + max_bytes);
  ssize_t got;
  do {
    got = recv(fd_, direct ? in->data() + before : small, max_bytes, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  const size_t bytes = static_cast<size_t>(std::max<ssize_t>(got, 0));
  if (direct) {
    in->resize(before + bytes);
  } else {
    in->append(small, bytes);
  }
  if (got > 0) return ReadOutcome::kBytes;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return ReadOutcome::kWouldBlock;
  return ReadOutcome::kClosed;
}

bool Socket::WaitReadable(int timeout_ms) { return Poll(fd_, POLLIN, timeout_ms); }

bool Socket::WriteSome(std::string_view* bytes) {
  while (!bytes->empty()) {
    const ssize_t sent = send(fd_, bytes->data(), bytes->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes->remove_prefix(static_cast<size_t>(sent));
    } else if (sent == 0 || errno != EINTR) {
      return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
  }
  return true;
}

bool Socket::WriteAll(std::string_view bytes, const std::function<bool()>& stop) {
  for (;;) {
    if (!WriteSome(&bytes)) return false;
    if (bytes.empty()) return true;
    if (!Poll(fd_, POLLOUT, kStopCheckMs) && stop()) return false;
  }
}

}  // namespace lathe::pgwire
