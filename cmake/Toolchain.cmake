# Compiler flags, ccache, mold, sanitizers: the same for every target, so that one precompiled header serves many.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g -DLATHE_DEBUG_CHECKS=1")

find_program(LATHE_CCACHE ccache)
if(LATHE_CCACHE)
  # Precompiled headers need these two kinds of sloppiness to be cached.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
                                  ${LATHE_CCACHE})
endif()

# -pthread for all: some packages add it, and it must agree with the precompiled header.
add_compile_options(-pthread -fPIE -march=${LATHE_MARCH} -fno-omit-frame-pointer -Wall -Wextra -Wno-unused-parameter
                    -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>" -Wshadow-uncaptured-local
                      -Wimplicit-fallthrough)
  set(CMAKE_PCH_INSTANTIATE_TEMPLATES ON)
else()
  add_compile_options(-Wno-psabi)
endif()
if(LATHE_WERROR)
  add_compile_options(-Werror)
endif()

find_program(LATHE_MOLD mold)
if(LATHE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_link_options(-pie)

if(LATHE_SANITIZE)
  add_compile_options(-fsanitize=${LATHE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LATHE_SANITIZE})
  string(REPLACE "," "_" LATHE_SANITIZE_NAME ${LATHE_SANITIZE})
  add_compile_definitions(LATHE_SANITIZE_${LATHE_SANITIZE_NAME}=1)
endif()
if(LATHE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
