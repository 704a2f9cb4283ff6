# SPDX-License-Identifier: Apache-2.0
# Warnings are errors; sanitizers and fuzzing come from the presets.
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping copies in operator+ of std::string at -O2 (GCC bug 105329).
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(ALIBI_SANITIZE)
  add_compile_options(-fsanitize=${ALIBI_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ALIBI_SANITIZE})
endif()
if(ALIBI_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
