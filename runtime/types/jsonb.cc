// jsonb: encoding, reading, printing, order, containment.
#include "runtime/types/jsonb.h"

#include <algorithm>
#include <numeric>

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"

namespace lathe::types {
namespace {

constexpr size_t kBytesMax =
    (size_t{1} << 28) - 1;  // PostgreSQL's limit of the elements of a value

template <class T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

/// Appends a value; ends are filled in when what they count is there.
Status Encode(const JsonNode& node, std::string* out);

Status EncodeArray(const JsonNode& node, std::string* out) {
  AppendLittle<uint32_t>(out, static_cast<uint32_t>(node.items.size()));
  const size_t ends_at = out->size();
  out->append(4 * node.items.size(), '\0');
  const size_t data_at = out->size();
  for (size_t i = 0; i < node.items.size(); ++i) {
    LATHE_TRY(Encode(node.items[i], out));
    StoreAt<uint32_t>(out->data() + ends_at + 4 * i, static_cast<uint32_t>(out->size() - data_at));
  }
  return Ok();
}

Status EncodeObject(const JsonNode& node, std::string* out) {
  std::vector<size_t> members(node.keys.size());
  std::iota(members.begin(), members.end(), size_t{0});
  std::sort(members.begin(), members.end(), [&node](size_t a, size_t b) {
    const int order = CompareJsonKeys(node.keys[a], node.keys[b]);
    return order != 0 ? order < 0 : a < b;
  });
  // Of equal keys the last one stays.
  size_t count = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    if (i + 1 < members.size() && node.keys[members[i]] == node.keys[members[i + 1]]) continue;
    members[count++] = members[i];
  }
  members.resize(count);
  AppendLittle<uint32_t>(out, static_cast<uint32_t>(count));
  const size_t ends_at = out->size();
  out->append(8 * count, '\0');
  size_t data_at = out->size();
  for (size_t i = 0; i < count; ++i) {
    out->append(node.keys[members[i]]);
    StoreAt<uint32_t>(out->data() + ends_at + 4 * i, static_cast<uint32_t>(out->size() - data_at));
  }
  data_at = out->size();
  for (size_t i = 0; i < count; ++i) {
    LATHE_TRY(Encode(node.items[members[i]], out));
    StoreAt<uint32_t>(out->data() + ends_at + 4 * (count + i),
                      static_cast<uint32_t>(out->size() - data_at));
  }
  return Ok();
}

Status Encode(const JsonNode& node, std::string* out) {
  if (out->size() > kBytesMax) {
    return MakeError(SqlState::kProgramLimitExceeded,
                     "total size of jsonb elements exceeds the maximum of 268435455 bytes");
  }
  if (!node.encoded.empty()) {
    out->append(node.encoded);
    return Ok();
  }
  out->push_back(static_cast<char>(node.kind));
  switch (node.kind) {
    case JsonKind::kString:
      out->append(node.text);
      return Ok();
    case JsonKind::kNumber: {
      LATHE_ASSIGN(Numeric number, Numeric::Parse(node.text));
      out->append(number.Encode());
      return Ok();
    }
    case JsonKind::kArray:
      return EncodeArray(node, out);
    case JsonKind::kObject:
      return EncodeObject(node, out);
    default:
      return Ok();
  }
}

void Indent(int depth, std::string* out) {
  out->push_back('\n');
  out->append(static_cast<size_t>(depth) * 4, ' ');
}

void Print(const JsonbView& value, bool indent, int depth, std::string* out) {
  switch (value.kind()) {
    case JsonKind::kNull:
      out->append("null");
      return;
    case JsonKind::kFalse:
      out->append("false");
      return;
    case JsonKind::kTrue:
      out->append("true");
      return;
    case JsonKind::kString:
      return AppendJsonString(value.text(), out);
    case JsonKind::kNumber:
      return value.number().AppendText(out);
    case JsonKind::kArray:
    case JsonKind::kObject:
      break;
  }
  const bool object = value.kind() == JsonKind::kObject;
  const uint32_t count = value.count();
  out->push_back(object ? '{' : '[');
  for (uint32_t i = 0; i < count; ++i) {
    if (i > 0) out->append(indent ? "," : ", ");
    if (indent) Indent(depth + 1, out);
    if (object) {
      AppendJsonString(value.key(i), out);
      out->append(": ");
    }
    Print(value.value(i), indent, depth + 1, out);
  }
  if (indent) Indent(depth, out);
  out->push_back(object ? '}' : ']');
}

/// Kinds in jsonb's order: false and true are one type.
int TypeRank(JsonKind kind) {
  return kind == JsonKind::kTrue ? static_cast<int>(JsonKind::kFalse) : static_cast<int>(kind);
}

int CompareAny(const JsonbView& a, const JsonbView& b) {
  if (TypeRank(a.kind()) != TypeRank(b.kind()))
    return Order(TypeRank(a.kind()), TypeRank(b.kind()));
  switch (a.kind()) {
    case JsonKind::kNull:
      return 0;
    case JsonKind::kString:
      return Order(a.text().compare(b.text()), 0);
    case JsonKind::kNumber:
      return CompareBigNumeric(a.text(), b.text());
    case JsonKind::kFalse:
    case JsonKind::kTrue:
      return Order(a.kind(), b.kind());
    case JsonKind::kArray:
    case JsonKind::kObject:
      break;
  }
  const bool object = a.kind() == JsonKind::kObject;
  if (a.count() != b.count()) return Order(a.count(), b.count());
  for (uint32_t i = 0; i < a.count(); ++i) {
    if (object) {
      const int order = Order(a.key(i).compare(b.key(i)), 0);
      if (order != 0) return order;
    }
    const int order = CompareAny(a.value(i), b.value(i));
    if (order != 0) return order;
  }
  return 0;
}

bool SameScalar(const JsonbView& a, const JsonbView& b) {
  return !a.is_container() && !b.is_container() && CompareAny(a, b) == 0;
}

bool ArrayContains(const JsonbView& whole, const JsonbView& part) {
  for (uint32_t i = 0; i < part.count(); ++i) {
    const JsonbView wanted = part.value(i);
    bool found = false;
    for (uint32_t k = 0; k < whole.count() && !found; ++k) {
      const JsonbView item = whole.value(k);
      found = wanted.is_container() ? item.kind() == wanted.kind() && JsonbContains(item, wanted)
                                    : SameScalar(item, wanted);
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace

Numeric JsonbView::number() const {
  Datum datum;
  datum.string = {bytes_.data() + 1, bytes_.size() - 1};
  return Numeric::FromDatum(datum);
}

uint32_t JsonbView::count() const {
  return is_container() && bytes_.size() >= 5 ? LoadAt<uint32_t>(bytes_.data() + 1) : 0;
}

std::string_view JsonbView::Part(size_t ends_at, size_t data_at, uint32_t i) const {
  const uint32_t begin = i == 0 ? 0 : LoadAt<uint32_t>(bytes_.data() + ends_at + 4 * (i - 1));
  const uint32_t end = LoadAt<uint32_t>(bytes_.data() + ends_at + 4 * size_t{i});
  return bytes_.substr(data_at + begin, end - begin);
}

size_t JsonbView::ValuesAt() const {
  const size_t n = count();
  if (kind() == JsonKind::kArray) return 5 + 4 * n;
  const size_t keys_at = 5 + 8 * n;
  return n == 0 ? keys_at : keys_at + LoadAt<uint32_t>(bytes_.data() + 5 + 4 * (n - 1));
}

JsonbView JsonbView::value(uint32_t i) const {
  const size_t ends_at = kind() == JsonKind::kArray ? 5 : 5 + 4 * size_t{count()};
  return JsonbView(Part(ends_at, ValuesAt(), i));
}

std::string_view JsonbView::key(uint32_t i) const { return Part(5, 5 + 8 * size_t{count()}, i); }

int64_t JsonbView::Find(std::string_view wanted) const {
  if (kind() != JsonKind::kObject) return -1;
  uint32_t low = 0, high = count();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const int order = CompareJsonKeys(key(middle), wanted);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return -1;
}

Result<std::string> EncodeJsonb(const JsonNode& node) {
  std::string bytes;
  LATHE_TRY(Encode(node, &bytes));
  return bytes;
}

Result<std::string> ParseJsonb(std::string_view text) {
  LATHE_ASSIGN(JsonNode node, ParseJson(text));
  return EncodeJsonb(node);
}

JsonNode JsonbNode(const JsonbView& value) {
  if (!value.is_container()) return JsonNode::Encoded(value.bytes());
  JsonNode node;
  node.kind = value.kind();
  for (uint32_t i = 0; i < value.count(); ++i) {
    JsonNode part = JsonNode::Encoded(value.value(i).bytes());
    if (node.kind == JsonKind::kArray) {
      node.items.push_back(std::move(part));
    } else {
      node.AddMember(std::string(value.key(i)), std::move(part));
    }
  }
  return node;
}

void AppendJsonb(const JsonbView& value, std::string* out, bool indent) {
  Print(value, indent, 0, out);
}

void AppendJsonbText(const JsonbView& value, std::string* out) {
  if (value.kind() == JsonKind::kString) {
    out->append(value.text());
  } else {
    AppendJsonb(value, out);
  }
}

int CompareJsonb(const JsonbView& a, const JsonbView& b) {
  // At the top a scalar counts as an array of one item: the empty array is before it, others after.
  const bool a_scalar = !a.is_container(), b_scalar = !b.is_container();
  if (a.kind() == JsonKind::kArray && b_scalar) return a.count() == 0 ? -1 : 1;
  if (b.kind() == JsonKind::kArray && a_scalar) return b.count() == 0 ? 1 : -1;
  return CompareAny(a, b);
}

uint64_t HashJsonb(const JsonbView& value) {
  uint64_t h = base::MixBits(static_cast<uint64_t>(value.kind()) + 0x51);
  auto mix = [&h](uint64_t word) { h = base::MixBits(h * 31 + word); };
  switch (value.kind()) {
    case JsonKind::kString:
      mix(base::Hash64(value.text()));
      break;
    case JsonKind::kNumber: {
      const Numeric n = value.number();
      mix(static_cast<uint64_t>(n.kind()) * 2 + (n.negative() ? 1 : 0));
      mix(n.is_zero() ? 0 : static_cast<uint64_t>(n.weight()));
      mix(base::Hash64({reinterpret_cast<const char*>(n.digits().data()), n.digits().size() * 2}));
      break;
    }
    default:
      for (uint32_t i = 0; i < value.count(); ++i) {
        if (value.kind() == JsonKind::kObject) mix(base::Hash64(value.key(i)));
        mix(HashJsonb(value.value(i)));
      }
  }
  return h;
}

bool JsonbContains(const JsonbView& whole, const JsonbView& part) {
  if (whole.kind() == JsonKind::kArray && !part.is_container()) {
    for (uint32_t i = 0; i < whole.count(); ++i) {
      if (SameScalar(whole.value(i), part)) return true;
    }
    return false;
  }
  if (!whole.is_container() || !part.is_container()) return SameScalar(whole, part);
  if (whole.kind() != part.kind()) return false;
  if (whole.kind() == JsonKind::kArray) return ArrayContains(whole, part);
  if (whole.count() < part.count()) return false;
  for (uint32_t i = 0; i < part.count(); ++i) {
    const int64_t at = whole.Find(part.key(i));
    if (at < 0) return false;
    const JsonbView value = whole.value(static_cast<uint32_t>(at)), wanted = part.value(i);
    if (wanted.is_container() ? value.kind() != wanted.kind() || !JsonbContains(value, wanted)
                              : !SameScalar(value, wanted)) {
      return false;
    }
  }
  return true;
}

bool JsonbHas(const JsonbView& value, std::string_view key) {
  switch (value.kind()) {
    case JsonKind::kObject:
      return value.Find(key) >= 0;
    case JsonKind::kString:
      return value.text() == key;
    case JsonKind::kArray:
      for (uint32_t i = 0; i < value.count(); ++i) {
        const JsonbView item = value.value(i);
        if (item.kind() == JsonKind::kString && item.text() == key) return true;
      }
      return false;
    default:
      return false;
  }
}

int CompareJsonKeys(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return Order(a.size(), b.size());
  return Order(a.compare(b), 0);
}

namespace {

const char* Check(std::string_view bytes, int depth) {
  if (bytes.empty() || static_cast<uint8_t>(bytes[0]) > static_cast<uint8_t>(JsonKind::kObject))
    return "jsonb of unknown kind";
  if (depth > kJsonDepthMax + 1) return "jsonb nested too deeply";
  const auto kind = static_cast<JsonKind>(bytes[0]);
  if (kind == JsonKind::kString) return nullptr;
  if (kind == JsonKind::kNumber) {
    Numeric number;
    return Numeric::Decode(bytes.substr(1), &number) ? nullptr : "jsonb with a wrong number";
  }
  if (kind < JsonKind::kArray) return bytes.size() == 1 ? nullptr : "jsonb scalar of wrong length";
  if (bytes.size() < 5) return "jsonb container too short";
  const uint64_t count = LoadAt<uint32_t>(bytes.data() + 1);
  const bool object = kind == JsonKind::kObject;
  const uint64_t ends = object ? 2 * count : count;
  if (5 + 4 * ends > bytes.size()) return "jsonb container too short";
  auto end_at = [&](uint64_t i) { return LoadAt<uint32_t>(bytes.data() + 5 + 4 * i); };
  for (uint64_t i = 1; i < ends; ++i) {
    if (i != count && end_at(i) < end_at(i - 1)) return "jsonb with ends out of order";
  }
  const uint64_t keys = object && count > 0 ? end_at(count - 1) : 0;
  const uint64_t values = count > 0 ? end_at(ends - 1) : 0;
  if (5 + 4 * ends + keys + values != bytes.size()) return "jsonb container of wrong length";
  const JsonbView view(bytes);
  for (uint32_t i = 0; i < count; ++i) {
    if (object && i > 0 && CompareJsonKeys(view.key(i - 1), view.key(i)) >= 0)
      return "jsonb with keys out of order";
    if (const char* wrong = Check(view.value(i).bytes(), depth + 1)) return wrong;
  }
  return nullptr;
}

}  // namespace

const char* CheckJsonb(std::string_view bytes) { return Check(bytes, 0); }

}  // namespace lathe::types
