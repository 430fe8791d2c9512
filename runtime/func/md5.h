// MD5, for the SQL function of that name (not for security).
#pragma once

#include <string>
#include <string_view>

namespace lathe::func {

/// The MD5 digest (RFC 1321) of the bytes as 32 hexadecimal digits.
std::string Md5Hex(std::string_view bytes);

}  // namespace lathe::func
