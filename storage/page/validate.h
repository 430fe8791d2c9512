// The check that stands between bytes from disk and generated code, which trusts pages: after it,
// following any slot of any row stays inside the page.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/row/page.h"

namespace lathe::page {

/// XXH3-64 of what follows the header, seeded with the XXH3-64 of the header with its checksum
/// field taken as zero. bytes is at least a header.
uint64_t PageChecksum(std::string_view bytes);
/// Sets the checksum; the header is otherwise complete.
void SealPage(char* page, uint64_t bytes);

/// What a page's own header says, checked only for magic, version, and page_bytes and rows within
/// bytes: enough to find out with which schema version to read it. XX001.
Result<row::PageHeader> ReadPageHeader(std::string_view bytes);

/// Everything: header, checksum, every slot of every row in `layout` (the layout of the page's
/// schema version; no prefix): strings within the page, short ones inline and canonical, booleans 0
/// or 1, big numerics and arrays well-formed. XX001 with what is wrong. schema_version 0 = any.
Status ValidatePage(std::string_view bytes, const row::Layout& layout, uint32_t schema_version);
/// ValidatePage without the checksum, for pages that come from memory.
Status ValidatePageStructure(std::string_view bytes, const row::Layout& layout,
                             uint32_t schema_version);
/// The same for one row whose strings count from base and must lie in [heap_begin, end) of it.
Status ValidateRow(const row::Layout& layout, const char* base, const char* row,
                   uint64_t heap_begin, uint64_t end);

}  // namespace lathe::page
