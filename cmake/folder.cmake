# SPDX-License-Identifier: Apache-2.0
# alibi_folder(NAME DEPS folders... LIBS targets...): the library alibi_NAME from src/NAME/*.cc,
# and from its *_test.cc one test program NAME_test.
function(alibi_folder name)
  cmake_parse_arguments(F "" "" "DEPS;LIBS" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(TRANSFORM F_DEPS PREPEND alibi_)
  if(sources)
    add_library(alibi_${name} STATIC ${sources})
    target_include_directories(alibi_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(alibi_${name} PUBLIC ${F_DEPS} PRIVATE ${F_LIBS})
  else()
    add_library(alibi_${name} INTERFACE)
    target_include_directories(alibi_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(alibi_${name} INTERFACE ${F_DEPS} ${F_LIBS})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE alibi_${name} ${F_LIBS} GTest::gtest GTest::gmock
                                               GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE ALIBI_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${name}_test PROPERTIES LABELS fast DISCOVERY_TIMEOUT 60
                         DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
