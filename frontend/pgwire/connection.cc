#include "frontend/pgwire/connection.h"

#include "frontend/session/instance.h"
#include "runtime/types/codec.h"

namespace lathe::pgwire {
namespace {

constexpr size_t kReadBytes = 16 * 1024;
constexpr size_t kCopyReadBytes = 256 * 1024;
constexpr size_t kFlushBytes = 64 * 1024;
constexpr size_t kIdleBufferBytes = 8 * 1024;
constexpr int kInterruptCheckMs = 50;

}  // namespace

Connection::Connection(session::Instance* instance, int fd, bool refuse_new)
    : instance_(instance), socket_(fd), refuse_new_(refuse_new) {}

Connection::~Connection() = default;

Connection::Outcome Connection::OnReadable() {
  if (unsent_) {
    unsent_ = false;
    if (session_->terminated()) SendFatal(session_->EndReason());
    if (!Flush() || session_->terminated()) return Outcome::kOver;
  }
  switch (socket_.Read(&in_, kReadBytes)) {
    case Socket::ReadOutcome::kClosed:
      return Outcome::kOver;
    case Socket::ReadOutcome::kWouldBlock:
      return Outcome::kGoOn;
    case Socket::ReadOutcome::kBytes:
      break;
  }
  const Next next = HandleBuffered();
  if (commits()) {
    Tidy();
    return Outcome::kCommits;
  }
  if (!Flush() || next == Next::kClose) return Outcome::kOver;
  Tidy();
  return Outcome::kGoOn;
}

void Connection::Tidy() {
  if (in_begin_ == in_.size()) {
    in_.clear();
    in_begin_ = 0;
    if (in_.capacity() > kReadBytes) in_.shrink_to_fit();
  } else if (in_begin_ > kReadBytes) {
    in_.erase(0, in_begin_);
    in_begin_ = 0;
  }
  if (out_.empty() && out_.capacity() > kIdleBufferBytes * 4) std::string().swap(out_);
}

// Nothing may follow that the commit's outcome matters for: the message is the last one that has
// come, but for the Sync of its batch.
std::function<void(Status)> Connection::CommitOutcome() {
  constexpr std::string_view kSync("S\0\0\0\4", 5);
  const std::string_view rest = std::string_view(in_).substr(in_begin_);
  const bool last = handling_ == 'E' ? rest == kSync : rest.empty();
  if (!last || on_committed_ == nullptr) return nullptr;
  commit_at_ = out_.size();
  commit_.store(kPending);
  return [this](Status outcome) {
    commit_outcome_ = std::move(outcome);
    if ((commit_.fetch_or(kCommitted) & kOutputReady) != 0) on_committed_();
  };
}

bool Connection::FinishCommit() {
  if (!commit_outcome_.ok()) {
    out_.resize(commit_at_);
    SendError(commit_outcome_.error());
    writer_.ReadyForQuery(session_->transaction_status());
  }
  commit_.store(0);
  std::string_view left = out_;
  broken_ = !socket_.WriteSome(&left);
  out_.erase(0, out_.size() - left.size());
  unsent_ = broken_ || !out_.empty() || session_->terminated();
  return !unsent_;
}

Connection::Next Connection::HandleBuffered() {
  for (;;) {
    if (session_ == nullptr) {
      Next next = HandleFirst();
      if (next != Next::kGoOn) return next;
      continue;
    }
    char type;
    std::string_view body;
    Next next = TakeMessage(&type, &body);
    if (next != Next::kGoOn) return next;
    if (!Handle(type, body) || broken_) return Next::kClose;
    if (session_->terminated() && !commits()) {
      SendFatal(session_->EndReason());
      return Next::kClose;
    }
  }
}

Connection::Next Connection::HandleFirst() {
  const size_t have = in_.size() - in_begin_;
  if (have < 4) return Next::kNeedMore;
  const uint32_t length = LoadBig<uint32_t>(in_.data() + in_begin_);
  if (length < 8 || length > kStartupBytesMax) {
    SendFatal(MakeError(SqlState::kProtocolViolation, "invalid length of startup packet"));
    return Next::kClose;
  }
  if (have < length) return Next::kNeedMore;
  std::string_view body(in_.data() + in_begin_ + 4, length - 4);
  in_begin_ += length;
  Result<FirstMessage> first = DecodeFirst(body);
  if (!first.ok()) {
    SendFatal(first.error());
    return Next::kClose;
  }
  if (std::holds_alternative<EncryptionRequest>(*first)) {
    if (in_begin_ != in_.size()) {  // bytes that came before the answer could be an attacker's
      SendFatal(MakeError(SqlState::kProtocolViolation,
                          "received unencrypted data after encryption request"));
      return Next::kClose;
    }
    out_ += 'N';
    return Flush() ? Next::kGoOn : Next::kClose;
  }
  if (const CancelRequest* cancel = std::get_if<CancelRequest>(&*first)) {
    instance_->Cancel(SessionId(cancel->process_id), cancel->key);
    return Next::kClose;
  }
  return Start(std::get<StartupMessage>(*first)) ? Next::kGoOn : Next::kClose;
}

bool Connection::Start(const StartupMessage& startup) {
  if (refuse_new_) {
    SendFatal(MakeError(SqlState::kTooManyConnections, "sorry, too many clients already"));
    return false;
  }
  session::SessionOptions options;
  options.user.clear();
  options.database.clear();
  std::vector<std::string_view> unknown_options;
  for (const auto& [name, value] : startup.parameters) {
    if (name == "user") {
      options.user = value;
    } else if (name == "database") {
      options.database = value;
    } else if (name.starts_with("_pq_.")) {
      unknown_options.push_back(name);
    } else {
      options.settings[name] = value;
    }
  }
  if (options.user.empty()) {
    SendFatal(MakeError(SqlState::kInvalidAuthorization,
                        "no PostgreSQL user name specified in startup packet"));
    return false;
  }
  if (options.database.empty()) options.database = options.user;
  if (startup.minor_version > 0 || !unknown_options.empty()) {
    writer_.Begin('v');  // NegotiateProtocolVersion
    writer_.Int32(0);
    writer_.Int32(static_cast<int32_t>(unknown_options.size()));
    for (std::string_view name : unknown_options) writer_.Text(name);
    writer_.End();
  }
  Result<std::unique_ptr<session::Session>> opened = instance_->OpenSession(options);
  if (!opened.ok()) {
    SendFatal(opened.error());
    return false;
  }
  session_ = std::move(*opened);
  session_->OnTerminate(on_terminate_);
  started_.store(true, std::memory_order_relaxed);
  writer_.Begin('R');  // AuthenticationOk
  writer_.Int32(0);
  writer_.End();
  for (const auto& [name, value] : session_->TrackedSettings()) ParameterStatus(name, value);
  writer_.Begin('K');  // BackendKeyData
  writer_.Int32(static_cast<int32_t>(session_->id().value));
  writer_.Int32(static_cast<int32_t>(session_->cancel_key()));
  writer_.End();
  writer_.ReadyForQuery(session_->transaction_status());
  return true;
}

Connection::Next Connection::TakeMessage(char* type, std::string_view* body) {
  const size_t have = in_.size() - in_begin_;
  if (have < 5) return Next::kNeedMore;
  const char* header = in_.data() + in_begin_;
  const uint32_t length = LoadBig<uint32_t>(header + 1);
  Status ok = length < 4 ? Status(MakeError(SqlState::kProtocolViolation, "invalid message length"))
                         : CheckHeader(header[0], length - 4);
  if (!ok.ok()) {
    SendFatal(ok.error());
    return Next::kClose;
  }
  if (have < size_t{length} + 1) return Next::kNeedMore;
  *type = header[0];
  *body = std::string_view(header + 5, length - 4);
  in_begin_ += size_t{length} + 1;
  return Next::kGoOn;
}

bool Connection::Handle(char type, std::string_view body) {
  if (skip_to_sync_ && type != 'S' && type != 'X') return true;
  handling_ = type;
  Result<FrontendMessage> message = DecodeFrontend(type, body);
  if (!message.ok()) {
    SendError(message.error());
    session_->Fail();
    if (type == 'Q') {
      writer_.ReadyForQuery(session_->transaction_status());
    } else {
      skip_to_sync_ = true;
    }
    return true;
  }
  if (std::holds_alternative<pgwire::Terminate>(*message)) return false;
  if (const Query* query = std::get_if<Query>(&*message)) {
    HandleQuery(*query);
    return true;
  }
  if (std::holds_alternative<Sync>(*message)) {
    skip_to_sync_ = false;
    Status synced = session_->Sync(this);
    if (!synced.ok()) SendError(synced.error());
    writer_.ReadyForQuery(session_->transaction_status());
    return true;
  }
  return HandleExtended(*message);
}

void Connection::HandleQuery(const Query& query) {
  formats_.clear();
  extended_copy_ = false;
  // The session may read COPY data into in_, which would move the text: it gets its own copy.
  std::string sql(query.sql);
  Status done = session_->SimpleQuery(sql, this);
  if (!done.ok()) SendError(done.error());
  writer_.ReadyForQuery(session_->transaction_status());
}

bool Connection::HandleExtended(const FrontendMessage& message) {
  Status done = Ok();
  if (const Parse* parse = std::get_if<Parse>(&message)) {
    done = session_->Parse(std::string(parse->name), parse->sql, parse->param_types);
    if (done.ok()) writer_.Empty('1');
  } else if (const Bind* bind = std::get_if<Bind>(&message)) {
    done = HandleBind(*bind);
  } else if (const Describe* describe = std::get_if<Describe>(&message)) {
    done = HandleDescribe(*describe);
  } else if (const Execute* execute = std::get_if<Execute>(&message)) {
    done = HandleExecute(*execute);
  } else if (const Close* close = std::get_if<Close>(&message)) {
    if (close->kind == 'S') {
      session_->CloseStatement(std::string(close->name));
    } else {
      session_->ClosePortal(std::string(close->name));
      if (auto it = portal_formats_.find(close->name); it != portal_formats_.end()) {
        portal_formats_.erase(it);
      }
    }
    writer_.Empty('3');
  } else if (std::holds_alternative<pgwire::Flush>(message)) {
    Flush();
  } else if (std::holds_alternative<FunctionCall>(message)) {
    SendError(NotSupported("the function call message"));
    session_->Fail();
    writer_.ReadyForQuery(session_->transaction_status());
  }
  // Copy messages outside of COPY are ignored, as PostgreSQL does after a failed COPY; so is a
  // password.
  if (!done.ok()) {
    SendError(done.error());
    session_->Fail();
    skip_to_sync_ = true;
  }
  return true;
}

Status Connection::HandleBind(const Bind& bind) {
  std::string portal(bind.portal);
  LATHE_TRY(session_->Bind(portal, std::string(bind.statement), bind.params));
  size_t count = 0;
  if (bind.result_formats.size() > 1) {
    LATHE_ASSIGN(auto columns, session_->DescribePortal(portal));
    count = columns.has_value() ? columns->size() : 0;
  }
  if (bind.result_formats.size() > 1 && bind.result_formats.size() != count) {
    session_->ClosePortal(portal);
    return MakeError(SqlState::kProtocolViolation,
                     "bind message has " + std::to_string(bind.result_formats.size()) +
                         " result formats but query has " + std::to_string(count) + " columns");
  }
  portal_formats_[portal] = bind.result_formats;
  writer_.Empty('2');
  return Ok();
}

Status Connection::HandleDescribe(const Describe& describe) {
  if (describe.kind == 'S') {
    LATHE_ASSIGN(session::StatementDescription description,
                 session_->DescribeStatement(std::string(describe.name)));
    writer_.Begin('t');
    writer_.Int16(static_cast<int16_t>(description.params.size()));
    for (const types::Type& type : description.params) {
      writer_.Int32(static_cast<int32_t>(types::OidOf(type).value));
    }
    writer_.End();
    if (description.columns.has_value()) {
      writer_.RowDescription(*description.columns, {});
    } else {
      writer_.Empty('n');
    }
    return Ok();
  }
  LATHE_ASSIGN(auto columns, session_->DescribePortal(std::string(describe.name)));
  if (columns.has_value()) {
    writer_.RowDescription(*columns, portal_formats_[std::string(describe.name)]);
  } else {
    writer_.Empty('n');
  }
  return Ok();
}

Status Connection::HandleExecute(const Execute& execute) {
  auto it = portal_formats_.find(execute.portal);
  formats_ = it == portal_formats_.end() ? std::vector<int16_t>() : it->second;
  extended_copy_ = true;
  std::string portal(execute.portal);
  LATHE_ASSIGN(session::ExecuteOutcome outcome, session_->Execute(portal, execute.max_rows, this));
  if (outcome == session::ExecuteOutcome::kSuspended) writer_.Empty('s');
  return Ok();
}

void Connection::Terminate() {
  if (session_ != nullptr) session_->Terminate();
}

void Connection::SayShutdown() {
  if (session_ != nullptr) {
    SendFatal(session_->EndReason());
  } else {
    SendFatal(
        MakeError(SqlState::kAdminShutdown, "terminating connection due to administrator command"));
  }
  Flush();
}

void Connection::SendError(const Error& error) { writer_.Report('E', "ERROR", error); }

void Connection::SendFatal(const Error& error) {
  writer_.Report('E', "FATAL", error);
  Flush();
}

bool Connection::Flush() {
  if (!out_.empty() && !broken_) {
    broken_ =
        !socket_.WriteAll(out_, [this] { return session_ != nullptr && session_->terminated(); });
  }
  out_.clear();
  return !broken_;
}

Status Connection::FlushIfLarge() {
  if (out_.size() >= kFlushBytes && !Flush()) {
    return MakeError(SqlState::kConnectionFailure, "connection to client lost");
  }
  return Ok();
}

void Connection::Columns(const std::vector<session::ResultColumn>& columns) {
  writer_.RowDescription(columns, formats_);
}

Status Connection::Rows(const row::Layout& layout, const exec::Segment& segment) {
  const types::FormatContext& format = session_->format();
  const size_t fields = layout.field_count();
  for (uint32_t r = segment.from; r < segment.to; ++r) {
    const char* row = row::RowAt(segment.page, layout.stride(), r);
    writer_.Begin('D');
    writer_.Int16(static_cast<int16_t>(fields));
    for (size_t i = 0; i < fields; ++i) {
      if (layout.IsNull(row, i)) {
        writer_.Int32(-1);
        continue;
      }
      const size_t length_at = out_.size();
      writer_.Int32(0);
      types::Datum datum = row::ReadField(layout, segment.page, row, i);
      const types::Type& type = layout.field(i).type;
      if (IsBinary(formats_, i)) {
        types::AppendBinary(type, datum, &out_);
      } else {
        types::AppendText(type, datum, format, &out_);
      }
      StoreAt(out_.data() + length_at,
              ByteSwap(static_cast<uint32_t>(out_.size() - length_at - 4)));
    }
    writer_.End();
    LATHE_TRY(FlushIfLarge());
  }
  return Ok();
}

void Connection::Complete(std::string_view tag) {
  writer_.Begin('C');
  writer_.Text(tag);
  writer_.End();
}

void Connection::EmptyQuery() { writer_.Empty('I'); }

void Connection::SendNotice(const session::Notice& notice) {
  writer_.Report('N', notice.severity, notice.fields);
}

void Connection::ParameterStatus(std::string_view name, std::string_view value) {
  writer_.Begin('S');
  writer_.Text(name);
  writer_.Text(value);
  writer_.End();
}

Status Connection::BeginCopyIn(size_t column_count, bool binary) {
  writer_.CopyResponse('G', column_count, binary);
  copy_done_ = false;
  if (!Flush()) return MakeError(SqlState::kConnectionFailure, "connection to client lost");
  return Ok();
}

Result<bool> Connection::ReadCopy(std::string* bytes) {
  if (copy_done_) return false;
  bool got = false;
  for (;;) {
    char type;
    std::string_view body;
    Next next = TakeMessage(&type, &body);
    if (next == Next::kClose) {
      broken_ = true;
      return MakeError(SqlState::kProtocolViolation, "lost synchronization with the client");
    }
    if (next == Next::kNeedMore) {
      if (got) return true;
      in_.erase(0, in_begin_);
      in_begin_ = 0;
      while (!socket_.WaitReadable(kInterruptCheckMs)) LATHE_TRY(session_->CheckInterrupt());
      if (socket_.Read(&in_, kCopyReadBytes) == Socket::ReadOutcome::kClosed) {
        broken_ = true;
        return MakeError(SqlState::kConnectionFailure,
                         "unexpected EOF on client connection with an open transaction");
      }
      continue;
    }
    switch (type) {
      case 'd':
        bytes->append(body);
        got = true;
        break;
      case 'c':
        copy_done_ = true;
        return got;
      case 'f': {
        copy_done_ = true;
        std::string_view message = body.substr(0, body.find('\0'));
        return MakeError(SqlState::kQueryCanceled,
                         "COPY from stdin failed: " + std::string(message));
      }
      case 'H':
      case 'S':
        break;  // allowed during COPY, and ignored
      default:
        copy_done_ = true;
        return MakeError(
            SqlState::kProtocolViolation,
            "unexpected message type 0x" + std::string(1, "0123456789ABCDEF"[(type >> 4) & 15]) +
                std::string(1, "0123456789ABCDEF"[type & 15]) + " during COPY from stdin");
    }
  }
}

Status Connection::BeginCopyOut(size_t column_count, bool binary) {
  writer_.CopyResponse('H', column_count, binary);
  return Ok();
}

Status Connection::WriteCopy(std::string_view bytes) {
  writer_.Begin('d');
  writer_.Bytes(bytes);
  writer_.End();
  return FlushIfLarge();
}

Status Connection::EndCopyOut() {
  writer_.Empty('c');
  return Ok();
}

}  // namespace lathe::pgwire
