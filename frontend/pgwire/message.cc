#include "frontend/pgwire/message.h"

namespace lathe::pgwire {
namespace {

Error Malformed(std::string_view what) {
  return MakeError(SqlState::kProtocolViolation, "invalid message format: " + std::string(what));
}

/// Takes a zero-terminated string off the front.
bool TakeText(std::string_view* body, std::string_view* text) {
  size_t zero = body->find('\0');
  if (zero == std::string_view::npos) return false;
  *text = body->substr(0, zero);
  body->remove_prefix(zero + 1);
  return true;
}

template <class T>
bool TakeInt(std::string_view* body, T* value) {
  if (body->size() < sizeof(T)) return false;
  *value = LoadBig<T>(body->data());
  body->remove_prefix(sizeof(T));
  return true;
}

Result<FrontendMessage> DecodeParse(std::string_view body) {
  Parse m;
  uint16_t count;
  if (!TakeText(&body, &m.name) || !TakeText(&body, &m.sql) || !TakeInt(&body, &count)) {
    return Malformed("Parse");
  }
  if (body.size() != count * size_t{4}) return Malformed("Parse");
  for (uint16_t i = 0; i < count; ++i) {
    uint32_t oid = 0;
    TakeInt(&body, &oid);
    m.param_types.push_back(Oid(oid));
  }
  return FrontendMessage(std::move(m));
}

bool TakeFormats(std::string_view* body, std::vector<int16_t>* formats) {
  uint16_t count;
  if (!TakeInt(body, &count) || body->size() < count * size_t{2}) return false;
  for (uint16_t i = 0; i < count; ++i) {
    int16_t format = 0;
    TakeInt(body, &format);
    if (format != 0 && format != 1) return false;
    formats->push_back(format);
  }
  return true;
}

Result<FrontendMessage> DecodeBind(std::string_view body) {
  Bind m;
  std::vector<int16_t> formats;
  uint16_t count;
  if (!TakeText(&body, &m.portal) || !TakeText(&body, &m.statement) ||
      !TakeFormats(&body, &formats) || !TakeInt(&body, &count)) {
    return Malformed("Bind");
  }
  if (formats.size() > 1 && formats.size() != count) {
    return MakeError(SqlState::kProtocolViolation,
                     "bind message has " + std::to_string(formats.size()) +
                         " parameter formats but " + std::to_string(count) + " parameters");
  }
  for (uint16_t i = 0; i < count; ++i) {
    session::BoundParam param;
    int32_t length;
    if (!TakeInt(&body, &length)) return Malformed("Bind");
    param.binary = IsBinary(formats, i);
    param.is_null = length == -1;
    if (!param.is_null) {
      if (length < 0 || body.size() < static_cast<size_t>(length)) return Malformed("Bind");
      param.bytes = body.substr(0, static_cast<size_t>(length));
      body.remove_prefix(static_cast<size_t>(length));
    }
    m.params.push_back(param);
  }
  if (!TakeFormats(&body, &m.result_formats) || !body.empty()) return Malformed("Bind");
  return FrontendMessage(std::move(m));
}

template <class M>
Result<FrontendMessage> DecodeKindAndName(std::string_view body, std::string_view what) {
  if (body.empty() || (body[0] != 'S' && body[0] != 'P')) return Malformed(what);
  M m;
  m.kind = body[0];
  body.remove_prefix(1);
  if (!TakeText(&body, &m.name) || !body.empty()) return Malformed(what);
  return FrontendMessage(m);
}

}  // namespace

Result<FirstMessage> DecodeFirst(std::string_view body) {
  uint32_t code;
  if (!TakeInt(&body, &code)) {
    return MakeError(SqlState::kProtocolViolation, "invalid length of startup packet");
  }
  if (code == kSslRequestCode || code == kGssRequestCode) return FirstMessage(EncryptionRequest{});
  if (code == kCancelRequestCode) {
    CancelRequest m;
    if (!TakeInt(&body, &m.process_id) || !TakeInt(&body, &m.key) || !body.empty()) {
      return MakeError(SqlState::kProtocolViolation, "invalid length of cancel request packet");
    }
    return FirstMessage(m);
  }
  if (code >> 16 != 3) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "unsupported frontend protocol " + std::to_string(code >> 16) + "." +
                         std::to_string(code & 0xffff) + ": server supports 3.0 to 3.0");
  }
  StartupMessage m;
  m.minor_version = code & 0xffff;
  while (!body.empty() && body[0] != '\0') {
    std::string_view name, value;
    if (!TakeText(&body, &name) || !TakeText(&body, &value)) {
      return MakeError(SqlState::kProtocolViolation,
                       "invalid startup packet layout: expected terminator as last byte");
    }
    m.parameters[std::string(name)] = std::string(value);
  }
  if (body.size() != 1) {
    return MakeError(SqlState::kProtocolViolation,
                     "invalid startup packet layout: expected terminator as last byte");
  }
  return FirstMessage(std::move(m));
}

Status CheckHeader(char type, uint32_t body_bytes) {
  uint32_t limit = kSmallMessageBytesMax;
  switch (type) {
    case 'Q':
    case 'P':
    case 'B':
    case 'd':
    case 'F':
      limit = kMessageBytesMax;
      break;
    case 'D':
    case 'E':
    case 'C':
    case 'S':
    case 'H':
    case 'X':
    case 'c':
    case 'f':
    case 'p':
      break;
    default:
      return MakeError(
          SqlState::kProtocolViolation,
          "invalid frontend message type " + std::to_string(static_cast<unsigned char>(type)));
  }
  if (body_bytes > limit) {
    return MakeError(SqlState::kProtocolViolation, "invalid message length");
  }
  return Ok();
}

Result<FrontendMessage> DecodeFrontend(char type, std::string_view body) {
  switch (type) {
    case 'Q': {
      Query m;
      if (!TakeText(&body, &m.sql) || !body.empty()) return Malformed("Query");
      return FrontendMessage(m);
    }
    case 'P':
      return DecodeParse(body);
    case 'B':
      return DecodeBind(body);
    case 'D':
      return DecodeKindAndName<Describe>(body, "Describe");
    case 'C':
      return DecodeKindAndName<Close>(body, "Close");
    case 'E': {
      Execute m;
      int32_t rows;
      if (!TakeText(&body, &m.portal) || !TakeInt(&body, &rows) || !body.empty()) {
        return Malformed("Execute");
      }
      m.max_rows = rows < 0 ? 0 : static_cast<uint64_t>(rows);
      return FrontendMessage(m);
    }
    case 'S':
    case 'H':
    case 'X':
    case 'c':
      if (!body.empty()) return Malformed("unexpected body");
      if (type == 'S') return FrontendMessage(Sync{});
      if (type == 'H') return FrontendMessage(Flush{});
      if (type == 'X') return FrontendMessage(Terminate{});
      return FrontendMessage(CopyDone{});
    case 'd':
      return FrontendMessage(CopyData{body});
    case 'f': {
      CopyFail m;
      if (!TakeText(&body, &m.message)) return Malformed("CopyFail");
      return FrontendMessage(m);
    }
    case 'F':
      return FrontendMessage(FunctionCall{});
    case 'p':
      return FrontendMessage(Password{body});
    default:
      return Malformed("type");
  }
}

void MessageWriter::Report(char type, std::string_view severity, const Error& error) {
  auto field = [this](char code, std::string_view text) {
    if (text.empty()) return;
    Byte(code);
    Text(text);
  };
  Begin(type);
  field('S', severity);
  field('V', severity);
  field('C', SqlStateCode(error.state));
  Byte('M');
  Text(error.message);
  field('D', error.detail);
  field('H', error.hint);
  if (error.position > 0) field('P', std::to_string(error.position));
  field('W', error.context);
  field('s', error.schema_name);
  field('t', error.table_name);
  field('c', error.column_name);
  field('n', error.constraint_name);
  Byte('\0');
  End();
}

void MessageWriter::RowDescription(const std::vector<session::ResultColumn>& columns,
                                   const std::vector<int16_t>& formats) {
  Begin('T');
  Int16(static_cast<int16_t>(columns.size()));
  for (size_t i = 0; i < columns.size(); ++i) {
    const session::ResultColumn& column = columns[i];
    Text(column.name);
    Int32(static_cast<int32_t>(column.table.value));
    Int16(column.column_number);
    Int32(static_cast<int32_t>(types::OidOf(column.type).value));
    Int16(types::CatalogLength(column.type));
    Int32(column.type.typmod);
    Int16(IsBinary(formats, i) ? 1 : 0);
  }
  End();
}

void MessageWriter::CopyResponse(char type, size_t column_count, bool binary) {
  Begin(type);
  Byte(binary ? 1 : 0);
  Int16(static_cast<int16_t>(column_count));
  for (size_t i = 0; i < column_count; ++i) Int16(binary ? 1 : 0);
  End();
}

}  // namespace lathe::pgwire
