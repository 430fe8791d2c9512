// Messages of PostgreSQL's frontend/backend protocol 3.0 (PostgreSQL 15 documentation,
// chapter 55.7): a decoder of what clients send, which trusts no byte, and a writer of what the
// server sends.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "frontend/session/session.h"
#include "runtime/base/bytes.h"
#include "runtime/base/result.h"

namespace lathe::pgwire {

// Bounds on what a client may send.
inline constexpr uint32_t kStartupBytesMax = 10000;
inline constexpr uint32_t kMessageBytesMax =
    0x3fffffff;  // 1 GiB - 1, PostgreSQL's limit for large messages
inline constexpr uint32_t kSmallMessageBytesMax = 10000;  // for kinds that carry no data

inline constexpr uint32_t kProtocolVersion3 = 3 << 16;
inline constexpr uint32_t kCancelRequestCode = 80877102;
inline constexpr uint32_t kSslRequestCode = 80877103;
inline constexpr uint32_t kGssRequestCode = 80877104;

struct StartupMessage {
  uint32_t minor_version = 0;
  std::map<std::string, std::string> parameters;
};
struct CancelRequest {
  uint32_t process_id = 0;
  uint32_t key = 0;
};
struct EncryptionRequest {};  // SSL or GSS
using FirstMessage = std::variant<StartupMessage, CancelRequest, EncryptionRequest>;

/// Decodes the body (after the length word) of a connection's first message.
Result<FirstMessage> DecodeFirst(std::string_view body);

struct Query {
  std::string_view sql;
};
struct Parse {
  std::string_view name, sql;
  std::vector<Oid> param_types;
};
struct Bind {
  std::string_view portal, statement;
  std::vector<session::BoundParam> params;
  std::vector<int16_t> result_formats;  // 0 text, 1 binary; none = all text, one = for all
};
struct Describe {
  char kind;  // 'S' statement, 'P' portal
  std::string_view name;
};
struct Execute {
  std::string_view portal;
  uint64_t max_rows;  // 0 = all
};
struct Close {
  char kind;
  std::string_view name;
};
struct Sync {};
struct Flush {};
struct Terminate {};
struct CopyData {
  std::string_view bytes;
};
struct CopyDone {};
struct CopyFail {
  std::string_view message;
};
struct FunctionCall {};
struct Password {
  std::string_view bytes;
};
using FrontendMessage =
    std::variant<Query, Parse, Bind, Describe, Execute, Close, Sync, Flush, Terminate, CopyData,
                 CopyDone, CopyFail, FunctionCall, Password>;

/// Whether a client may send this type at all, and how long its body may be: an unknown type or
/// length loses synchronisation, which ends the connection (08P01).
Status CheckHeader(char type, uint32_t body_bytes);
/// Decodes a body. The views point into it. 08P01 when it is malformed.
Result<FrontendMessage> DecodeFrontend(char type, std::string_view body);

/// Appends backend messages to a buffer.
class MessageWriter {
 public:
  explicit MessageWriter(std::string* out) : out_(out) {}

  void Begin(char type) {
    out_->push_back(type);
    begin_ = out_->size();
    out_->append(4, '\0');
  }
  void End() {
    StoreAt(out_->data() + begin_, ByteSwap(static_cast<uint32_t>(out_->size() - begin_)));
  }
  void Byte(char value) { out_->push_back(value); }
  void Int16(int16_t value) { AppendBig(out_, value); }
  void Int32(int32_t value) { AppendBig(out_, value); }
  void Text(std::string_view text) {  // zero-terminated; a zero inside ends it
    out_->append(text.substr(0, text.find('\0')));
    out_->push_back('\0');
  }
  void Bytes(std::string_view bytes) { out_->append(bytes); }
  std::string* out() { return out_; }

  void Empty(char type) {
    Begin(type);
    End();
  }
  void ReadyForQuery(char status) {
    Begin('Z');
    Byte(status);
    End();
  }
  /// ErrorResponse ('E') or NoticeResponse ('N').
  void Report(char type, std::string_view severity, const Error& error);
  void RowDescription(const std::vector<session::ResultColumn>& columns,
                      const std::vector<int16_t>& formats);
  void CopyResponse(char type, size_t column_count, bool binary);

 private:
  std::string* out_;
  size_t begin_ = 0;
};

/// The format of result column i under the rules of Bind.
inline bool IsBinary(const std::vector<int16_t>& formats, size_t i) {
  if (formats.empty()) return false;
  return (formats.size() == 1 ? formats[0] : formats[i]) == 1;
}

}  // namespace lathe::pgwire
