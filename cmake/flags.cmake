# SPDX-License-Identifier: Apache-2.0
# Warnings are errors; sanitizers and fuzzing come from the presets.
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
# spdlog and fmt of Debian 12 are headers of others: SYSTEM by their imported targets.
if(ALIBI_SANITIZE)
  add_compile_options(-fsanitize=${ALIBI_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ALIBI_SANITIZE})
endif()
if(ALIBI_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
