// Each type's fields stand in one list, which a Writer and a Reader both go through.
#include "tests/sim/wire.h"

#include <utility>

#include "runtime/base/bytes.h"

namespace lathe::sim {
namespace {

using namespace raft;  // NOLINT: the lists below name all of its messages

template <class Io>
void Fields(Io& io, HardState& s) {
  io(s.term), io(s.vote);
}
template <class Io>
void Fields(Io& io, Entry& e) {
  io(e.index), io(e.term), io(e.kind), io(e.payload);
}
template <class Io>
void Fields(Io& io, Config& c) {
  io(c.voters), io(c.old_voters), io(c.learners);
}
template <class Io>
void Fields(Io& io, SnapshotMeta& m) {
  io(m.index), io(m.term), io(m.config);
}
template <class Io>
void Fields(Io& io, VoteRequest& r) {
  io(r.last_index), io(r.last_term), io(r.pre), io(r.forced);
}
template <class Io>
void Fields(Io& io, VoteReply& r) {
  io(r.pre), io(r.granted), io(r.removed);
}
template <class Io>
void Fields(Io& io, Append& a) {
  io(a.prev_index), io(a.prev_term), io(a.commit), io(a.entries);
}
template <class Io>
void Fields(Io& io, AppendReply& r) {
  io(r.index), io(r.refused), io(r.hint_index), io(r.hint_term), io(r.commit), io(r.promise);
}
template <class Io>
void Fields(Io& io, Heartbeat& h) {
  io(h.commit), io(h.round), io(h.check);
}
template <class Io>
void Fields(Io& io, HeartbeatReply& r) {
  io(r.round), io(r.check), io(r.commit), io(r.promise);
}
template <class Io>
void Fields(Io& io, InstallSnapshot& i) {
  io(i.meta);
}
template <class Io>
void Fields(Io&, TimeoutNow&) {}
template <class Io>
void Fields(Io& io, ReadRequest& r) {
  io(r.id);
}
template <class Io>
void Fields(Io& io, ReadReply& r) {
  io(r.id), io(r.index);
}

struct Writer {
  std::string out;

  void operator()(uint64_t value) { AppendVarint(&out, value); }
  void operator()(bool value) { AppendVarint(&out, value ? 1 : 0); }
  void operator()(EntryKind kind) { AppendVarint(&out, static_cast<uint64_t>(kind)); }
  void operator()(Payload& payload) { AppendLengthPrefixed(&out, payload.bytes()); }
  template <class Tag>
  void operator()(StrongId<Tag, uint64_t> id) {
    AppendVarint(&out, id.value);
  }
  template <class T>
  void operator()(std::vector<T>& list) {
    AppendVarint(&out, list.size());
    for (T& item : list) (*this)(item);
  }
  template <class T>
  void operator()(T& value) {
    Fields(*this, value);
  }
};

struct Reader {
  ByteReader in;

  void operator()(uint64_t& value) { value = in.Varint(); }
  void operator()(bool& value) { value = in.Varint() != 0; }
  void operator()(EntryKind& kind) { kind = static_cast<EntryKind>(in.Varint()); }
  void operator()(Payload& payload) { payload = Payload(in.LengthPrefixed()); }
  template <class Tag>
  void operator()(StrongId<Tag, uint64_t>& id) {
    id.value = in.Varint();
  }
  template <class T>
  void operator()(std::vector<T>& list) {
    for (uint64_t count = in.Varint(); count > 0 && in.ok(); count--) (*this)(list.emplace_back());
  }
  template <class T>
  void operator()(T& value) {
    Fields(*this, value);
  }
};

template <class T>
std::string Encode(T value) {
  Writer writer;
  Fields(writer, value);
  return std::move(writer.out);
}

template <class T>
std::optional<T> Decode(std::string_view bytes) {
  Reader reader{ByteReader(bytes)};
  T value;
  Fields(reader, value);
  if (!reader.in.ok() || !reader.in.AtEnd()) return std::nullopt;
  return value;
}

template <size_t... I>
bool Choose(Body* body, size_t which, std::index_sequence<I...>) {
  return ((which == I && (body->emplace<I>(), true)) || ...);
}

}  // namespace

std::string EncodeMessage(const Message& message) {
  Message copy = message;
  Writer writer;
  writer(copy.from), writer(copy.to), writer(copy.term);
  writer(static_cast<uint64_t>(copy.body.index()));
  std::visit([&](auto& body) { Fields(writer, body); }, copy.body);
  return std::move(writer.out);
}

std::optional<Message> DecodeMessage(std::string_view bytes) {
  Reader reader{ByteReader(bytes)};
  Message message;
  reader(message.from), reader(message.to), reader(message.term);
  if (!Choose(&message.body, reader.in.Varint(),
              std::make_index_sequence<std::variant_size_v<Body>>())) {
    return std::nullopt;
  }
  std::visit([&](auto& body) { Fields(reader, body); }, message.body);
  if (!reader.in.ok() || !reader.in.AtEnd()) return std::nullopt;
  return message;
}

std::string EncodeEntry(const Entry& entry) { return Encode(entry); }
std::optional<Entry> DecodeEntry(std::string_view bytes) { return Decode<Entry>(bytes); }
std::string EncodeHardState(const HardState& state) { return Encode(state); }
std::optional<HardState> DecodeHardState(std::string_view bytes) {
  return Decode<HardState>(bytes);
}

}  // namespace lathe::sim
