// The shell's connection to a server, through libpq.
#include <postgresql/libpq-fe.h>

#include <charconv>

#include "tools/lathe/backend.h"

namespace lathe::shell {
namespace {

Error ErrorOf(const PGresult* result, PGconn* connection) {
  auto field = [result](int code) {
    const char* text = result == nullptr ? nullptr : PQresultErrorField(result, code);
    return std::string(text == nullptr ? "" : text);
  };
  Error error;
  error.message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (error.message.empty()) {
    error.message = PQerrorMessage(connection);
    while (!error.message.empty() && error.message.back() == '\n') error.message.pop_back();
    error.state = SqlState::kConnectionFailure;
  }
  error.detail = field(PG_DIAG_MESSAGE_DETAIL);
  error.hint = field(PG_DIAG_MESSAGE_HINT);
  error.context = field(PG_DIAG_CONTEXT);
  const std::string position = field(PG_DIAG_STATEMENT_POSITION);
  std::from_chars(position.data(), position.data() + position.size(), error.position);
  const std::string code = field(PG_DIAG_SQLSTATE);
  for (uint16_t s = 0; !code.empty() && s <= static_cast<uint16_t>(SqlState::kDataCorrupted); ++s) {
    if (SqlStateCode(static_cast<SqlState>(s)) == code) error.state = static_cast<SqlState>(s);
  }
  return error;
}

class Remote final : public Backend {
 public:
  explicit Remote(PGconn* connection) : connection_(connection), cancel_(PQgetCancel(connection)) {
    PQsetNoticeReceiver(
        connection_,
        [](void* self, const PGresult* result) { static_cast<Remote*>(self)->Notice(result); },
        this);
  }
  ~Remote() override {
    PQfreeCancel(cancel_);
    PQfinish(connection_);
  }

  Status Run(const std::string& sql, const Listener& listener) override {
    listener_ = &listener;
    Status status = Ok();
    if (PQsendQuery(connection_, sql.c_str()) == 0) return ErrorOf(nullptr, connection_);
    while (PGresult* result = PQgetResult(connection_)) {
      Status one = Handle(result, listener);
      PQclear(result);
      if (!one.ok() && status.ok()) status = std::move(one);
      if (PQstatus(connection_) == CONNECTION_BAD) break;
    }
    return status;
  }
  void Cancel() override {
    char error[256];
    PQcancel(cancel_, error, sizeof error);
  }
  char transaction_status() override {
    switch (PQtransactionStatus(connection_)) {
      case PQTRANS_INTRANS:
        return 'T';
      case PQTRANS_INERROR:
        return 'E';
      default:
        return 'I';
    }
  }
  std::string database() override { return PQdb(connection_); }

 private:
  void Notice(const PGresult* result) {
    if (listener_ == nullptr || !listener_->notice) return;
    const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY);
    listener_->notice(severity == nullptr ? "NOTICE" : severity, ErrorOf(result, connection_));
  }

  Status Handle(PGresult* result, const Listener& listener) {
    switch (PQresultStatus(result)) {
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK: {
        ResultSet set;
        set.tag = PQcmdStatus(result);
        set.has_rows = PQresultStatus(result) == PGRES_TUPLES_OK;
        for (int i = 0; i < PQnfields(result); ++i) {
          set.columns.push_back({PQfname(result, i), Oid(PQftype(result, i))});
        }
        for (int r = 0; r < PQntuples(result); ++r) {
          auto& row = set.rows.emplace_back();
          for (int i = 0; i < PQnfields(result); ++i) {
            if (PQgetisnull(result, r, i)) {
              row.emplace_back();
            } else {
              row.emplace_back(std::string(PQgetvalue(result, r, i),
                                           static_cast<size_t>(PQgetlength(result, r, i))));
            }
          }
        }
        listener.result(set);
        return Ok();
      }
      case PGRES_COPY_IN: {
        std::string bytes;
        while (listener.copy_in && listener.copy_in(&bytes)) {
          if (PQputCopyData(connection_, bytes.data(), static_cast<int>(bytes.size())) != 1) break;
          bytes.clear();
        }
        PQputCopyEnd(connection_, nullptr);
        return Ok();
      }
      case PGRES_COPY_OUT: {
        char* bytes = nullptr;
        int size;
        while ((size = PQgetCopyData(connection_, &bytes, 0)) > 0) {
          if (listener.copy_out) listener.copy_out({bytes, static_cast<size_t>(size)});
          PQfreemem(bytes);
        }
        return Ok();
      }
      case PGRES_EMPTY_QUERY:
        return Ok();
      default:
        return ErrorOf(result, connection_);
    }
  }

  PGconn* const connection_;
  PGcancel* const cancel_;
  const Listener* listener_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Backend>> Connect(const ServerAddress& address) {
  const std::string port = std::to_string(address.port);
  const char* keys[] = {"host", "port", "user", "dbname", "application_name", "client_encoding",
                        nullptr};
  const char* values[] = {address.host.c_str(),
                          port.c_str(),
                          address.user.c_str(),
                          address.database.c_str(),
                          "lathe sql",
                          "UTF8",
                          nullptr};
  PGconn* connection = PQconnectdbParams(keys, values, 0);
  if (PQstatus(connection) != CONNECTION_OK) {
    Error error = ErrorOf(nullptr, connection);
    PQfinish(connection);
    return error;
  }
  return std::unique_ptr<Backend>(std::make_unique<Remote>(connection));
}

}  // namespace lathe::shell
