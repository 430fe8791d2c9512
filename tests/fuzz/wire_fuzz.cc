// Fuzzes the decoder of client messages. The first byte chooses: the body of a connection's first
// message, or a stream of messages as they come from a client. Whatever is decoded lies inside the
// bytes.
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "frontend/pgwire/message.h"
#include "runtime/base/check.h"

namespace lathe::pgwire {
namespace {

void CheckInside(std::string_view part, std::string_view whole) {
  if (part.empty()) return;
  LATHE_CHECK(part.data() >= whole.data() &&
              part.data() + part.size() <= whole.data() + whole.size());
}

void CheckMessage(const FrontendMessage& message, std::string_view body) {
  std::visit(
      [&](const auto& m) {
        using T = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<T, Query>) {
          CheckInside(m.sql, body);
        } else if constexpr (std::is_same_v<T, Parse>) {
          CheckInside(m.name, body);
          CheckInside(m.sql, body);
          LATHE_CHECK(m.param_types.size() * 4 <= body.size());
        } else if constexpr (std::is_same_v<T, Bind>) {
          CheckInside(m.portal, body);
          CheckInside(m.statement, body);
          for (const session::BoundParam& param : m.params) CheckInside(param.bytes, body);
          LATHE_CHECK(m.params.size() * 4 <= body.size());
          for (int16_t format : m.result_formats) LATHE_CHECK(format == 0 || format == 1);
        } else if constexpr (std::is_same_v<T, Describe> || std::is_same_v<T, Close>) {
          CheckInside(m.name, body);
          LATHE_CHECK(m.kind == 'S' || m.kind == 'P');
        } else if constexpr (std::is_same_v<T, Execute>) {
          CheckInside(m.portal, body);
        } else if constexpr (std::is_same_v<T, CopyData> || std::is_same_v<T, Password>) {
          CheckInside(m.bytes, body);
        } else if constexpr (std::is_same_v<T, CopyFail>) {
          CheckInside(m.message, body);
        }
      },
      message);
}

/// Bytes in memory of exactly their size, so that a sanitizer sees a read beyond them.
struct Exact {
  explicit Exact(std::string_view bytes) : copy(new char[bytes.size()]), size(bytes.size()) {
    std::memcpy(copy.get(), bytes.data(), bytes.size());
  }
  std::string_view view() const { return {copy.get(), size}; }
  std::unique_ptr<char[]> copy;
  size_t size;
};

void FuzzStream(std::string_view bytes) {
  while (bytes.size() >= 5) {
    const char type = bytes[0];
    uint32_t length = 0;
    for (int i = 1; i <= 4; ++i)
      length = length << 8 | static_cast<uint8_t>(bytes[static_cast<size_t>(i)]);
    if (length < 4 || !CheckHeader(type, length - 4).ok()) return;
    bytes.remove_prefix(5);
    if (length - 4 > bytes.size()) {  // cut short: what is there must still decode or fail cleanly
      length = static_cast<uint32_t>(bytes.size()) + 4;
    }
    const Exact body(bytes.substr(0, length - 4));
    bytes.remove_prefix(length - 4);
    Result<FrontendMessage> message = DecodeFrontend(type, body.view());
    if (message.ok()) CheckMessage(*message, body.view());
  }
}

}  // namespace
}  // namespace lathe::pgwire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lathe::pgwire;
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    const Exact body(bytes);
    (void)DecodeFirst(body.view());
  } else {
    FuzzStream(bytes);
  }
  return 0;
}
