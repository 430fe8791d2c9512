// One client's connection: the protocol state machine between a socket and a Session. Messages are
// handled in order on whatever thread the event loop runs; a handler may block (long statement,
// COPY, slow client), the loop then brings in another thread.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "frontend/pgwire/message.h"
#include "frontend/pgwire/socket.h"
#include "frontend/session/session.h"

namespace lathe::session {
class Instance;
}

namespace lathe::pgwire {

/// Owned by the server; used by one thread at a time, except Terminate.
class Connection final : public session::Client {
 public:
  /// fd stays the caller's. refuse_new: too many connections; the client is told so.
  Connection(session::Instance* instance, int fd, bool refuse_new);
  ~Connection() override;

  enum class Outcome {
    kGoOn,     // wait for more
    kOver,     // the conversation is over, close the socket
    kCommits,  // what the client is told waits for a commit: call OutputReady, then WriteCommits
  };
  /// Reads what has come and handles every complete message.
  Outcome OnReadable();
  /// After kCommits, once nobody uses the connection any more. True: the commit is over, and the
  /// caller calls FinishCommit. False: whoever commits calls what OnCommitted was given.
  bool OutputReady() { return (commit_.fetch_or(kOutputReady) & kCommitted) != 0; }
  /// Writes commits, also of other connections, unless another thread does.
  void WriteCommits() { session_->WriteCommits(); }
  /// Sends what has waited for the commit. Same thread rules as OnReadable, but does not block.
  /// False: not all of it; OnReadable goes on when there is room.
  bool FinishCommit();
  /// What waits for a commit to be over, and is not told anything meanwhile. By who may call
  /// OnReadable.
  bool commits() const { return commit_.load() != 0; }
  /// Called when a commit is over, by any thread; does not block. Before the first OnReadable.
  void OnCommitted(std::function<void()> call) { on_committed_ = std::move(call); }
  /// Ends the running statement, and the conversation. Any thread.
  void Terminate();
  /// Says good-bye to a client that is not being served right now (server stop). Same thread rules
  /// as OnReadable.
  void SayShutdown();
  /// What the session calls when somebody ends it while it is idle. Before the first OnReadable.
  void OnTerminate(std::function<void()> call) { on_terminate_ = std::move(call); }
  /// Whether there is a session. Any thread.
  bool started() const { return started_.load(std::memory_order_relaxed); }

  // session::Client, called by the session while it runs a statement.
  void Columns(const std::vector<session::ResultColumn>& columns) override;
  Status Rows(const row::Layout& layout, const exec::Segment& segment) override;
  void Complete(std::string_view tag) override;
  void EmptyQuery() override;
  void SendNotice(const session::Notice& notice) override;
  void ParameterStatus(std::string_view name, std::string_view value) override;
  Status BeginCopyIn(size_t column_count, bool binary) override;
  Result<bool> ReadCopy(std::string* bytes) override;
  Status BeginCopyOut(size_t column_count, bool binary) override;
  Status WriteCopy(std::string_view bytes) override;
  Status EndCopyOut() override;
  std::function<void(Status)> CommitOutcome() override;

 private:
  // Bits of commit_.
  static constexpr uint8_t kPending = 1, kOutputReady = 2, kCommitted = 4;

  enum class Next { kGoOn, kNeedMore, kClose };

  /// Gives up what an idle connection does not need.
  void Tidy();
  Next HandleBuffered();
  Next HandleFirst();
  bool Start(const StartupMessage& startup);
  /// Takes one complete message off the input, if there is one; type and body are valid until more
  /// input is read.
  Next TakeMessage(char* type, std::string_view* body);
  bool Handle(char type, std::string_view body);
  bool HandleExtended(const FrontendMessage& message);
  void HandleQuery(const Query& query);
  Status HandleBind(const Bind& bind);
  Status HandleDescribe(const Describe& describe);
  Status HandleExecute(const Execute& execute);
  void SendError(const Error& error);
  void SendFatal(const Error& error);
  bool Flush();
  Status FlushIfLarge();

  session::Instance* const instance_;
  Socket socket_;
  const bool refuse_new_;
  std::unique_ptr<session::Session> session_;  // none before the startup packet
  std::atomic<bool> started_{false};           // session_ is there

  std::string in_;  // bytes read; [in_begin_, size) not handled yet
  size_t in_begin_ = 0;
  std::string out_;  // bytes to send
  MessageWriter writer_{&out_};
  std::function<void()> on_terminate_;
  std::function<void()> on_committed_;
  char handling_ = 0;               // type of the message being handled
  std::atomic<uint8_t> commit_{0};  // a commit that the output waits for, and what became of it
  size_t commit_at_ = 0;            // in out_: what a failed commit's error takes the place of
  Status commit_outcome_ = Ok();    // once kCommitted is set
  bool unsent_ = false;             // FinishCommit has left something to OnReadable
  bool broken_ = false;             // sending failed: the client is gone
  bool skip_to_sync_ = false;       // after an error in the extended protocol
  bool extended_copy_ = false;
  bool copy_done_ = false;  // CopyDone or CopyFail has come

  std::vector<int16_t> formats_;  // of the rows being sent
  std::map<std::string, std::vector<int16_t>, std::less<>> portal_formats_;
};

}  // namespace lathe::pgwire
