#include "runtime/row/layout.h"

namespace lathe::row {

Layout Layout::Make(const std::vector<FieldSpec>& specs, uint32_t prefix_bytes) {
  Layout layout;
  layout.prefix_bytes_ = prefix_bytes;
  int32_t null_bits = 0;
  for (const FieldSpec& spec : specs) null_bits += spec.nullable ? 1 : 0;
  layout.null_bytes_ = static_cast<uint32_t>(null_bits + 7) / 8;
  uint32_t offset = prefix_bytes + layout.null_bytes_;
  int32_t next_null_bit = 0;
  for (const FieldSpec& spec : specs) {
    Field field;
    field.type = spec.type;
    field.repr = types::ReprOf(spec.type);
    field.offset = offset;
    field.null_bit = spec.nullable ? next_null_bit++ : -1;
    offset += types::SlotBytes(field.repr);
    layout.has_strings_ |= field.repr == types::Repr::kString;
    layout.fields_.push_back(field);
  }
  layout.stride_ = offset == 0 ? 1 : offset;
  return layout;
}

std::string Layout::ToString() const {
  std::string text;
  for (const Field& field : fields_) {
    text += types::FormatType(field.type) + (field.null_bit >= 0 ? "? @" : " @") +
            std::to_string(field.offset) + ", ";
  }
  return text + "stride " + std::to_string(stride_);
}

}  // namespace lathe::row
