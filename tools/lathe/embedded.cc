// The shell's database without a server: the data directory opened in this process.
#include "frontend/session/instance.h"
#include "frontend/session/session.h"
#include "runtime/row/page.h"
#include "runtime/types/codec.h"
#include "tools/lathe/backend.h"

namespace lathe::shell {
namespace {

class Embedded final : public Backend, private session::Client {
 public:
  Embedded(std::unique_ptr<session::Instance> instance, std::unique_ptr<session::Session> session)
      : instance_(std::move(instance)), session_(std::move(session)) {}
  ~Embedded() override { session_.reset(); }

  Status Run(const std::string& sql, const Listener& listener) override {
    listener_ = &listener;
    set_ = ResultSet();
    Status done = session_->SimpleQuery(sql, this);
    listener_ = nullptr;
    return done;
  }
  void Cancel() override { session_->Cancel(); }
  char transaction_status() override { return session_->transaction_status(); }
  std::string database() override { return "lathe"; }

 private:
  void Columns(const std::vector<session::ResultColumn>& columns) override {
    set_.has_rows = true;
    for (const session::ResultColumn& column : columns) {
      set_.columns.push_back({column.name, types::OidOf(column.type)});
    }
  }
  Status Rows(const row::Layout& layout, const exec::Segment& segment) override {
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* row = row::RowAt(segment.page, layout.stride(), r);
      auto& out = set_.rows.emplace_back();
      for (size_t i = 0; i < layout.field_count(); ++i) {
        if (layout.IsNull(row, i)) {
          out.emplace_back();
          continue;
        }
        std::string text;
        types::AppendText(layout.field(i).type, row::ReadField(layout, segment.page, row, i),
                          session_->format(), &text);
        out.emplace_back(std::move(text));
      }
    }
    return Ok();
  }
  void Complete(std::string_view tag) override {
    set_.tag = tag;
    listener_->result(set_);
    set_ = ResultSet();
  }
  void EmptyQuery() override {}
  void SendNotice(const session::Notice& notice) override {
    if (listener_->notice) listener_->notice(notice.severity, notice.fields);
  }
  void ParameterStatus(std::string_view, std::string_view) override {}
  Status BeginCopyIn(size_t, bool) override { return Ok(); }
  Result<bool> ReadCopy(std::string* bytes) override {
    return listener_->copy_in && listener_->copy_in(bytes);
  }
  Status BeginCopyOut(size_t, bool) override { return Ok(); }
  Status WriteCopy(std::string_view bytes) override {
    if (listener_->copy_out) listener_->copy_out(bytes);
    return Ok();
  }
  Status EndCopyOut() override { return Ok(); }

  std::unique_ptr<session::Instance> instance_;
  std::unique_ptr<session::Session> session_;
  const Listener* listener_ = nullptr;
  ResultSet set_;
};

}  // namespace

Result<std::unique_ptr<Backend>> OpenDirectory(const std::string& dir) {
  LATHE_ASSIGN(auto instance, session::Instance::Open(dir, session::InstanceOptions()));
  session::SessionOptions options;
  options.settings["application_name"] = "lathe sql";
  LATHE_ASSIGN(auto session, instance->OpenSession(options));
  return std::unique_ptr<Backend>(
      std::make_unique<Embedded>(std::move(instance), std::move(session)));
}

}  // namespace lathe::shell
