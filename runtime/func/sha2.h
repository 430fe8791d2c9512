// SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4), for the SQL functions of those names.
#pragma once

#include <string>
#include <string_view>

namespace lathe::func {

/// The digest as bytes; `bits` is 224, 256, 384 or 512.
std::string Sha2(int bits, std::string_view bytes);

}  // namespace lathe::func
