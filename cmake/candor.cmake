# SPDX-License-Identifier: Apache-2.0
# How this project's targets are made: one static library and one namespace per module folder.

add_library(candor_options INTERFACE)
target_compile_options(candor_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  # clang is for fuzzing alone: what warns is g++. Clang 14 also has coroutines, but does not say so.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-everything>
  # GCC 12 takes short-string buffers for whole strings, reports members of coroutine frames and of inlined
  # std::string as maybe uninitialised or out of bounds, and Asio's operators new and delete of such frames as
  # mismatched.
  -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-mismatched-new-delete -Wno-stringop-overread
  # Aggregates with default members are initialised by the members that matter.
  -Wno-missing-field-initializers)

add_compile_definitions($<$<CXX_COMPILER_ID:Clang>:__cpp_impl_coroutine=201902L>)

# Paths of this machine must not reach what is built.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -fstack-protector-strong)

# candor_precompiled(TARGET): reads the large headers nearly every file needs once for all, from base's precompiled
# header. Half of the build's time goes without it.
function(candor_precompiled target)
  target_precompile_headers(${target} REUSE_FROM candor_base)
endfunction()

# candor_module(NAME LIBRARIES...): the library candor_NAME of this folder's sources.
function(candor_module name)
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  if(NOT sources)
    add_library(candor_${name} INTERFACE)
    target_link_libraries(candor_${name} INTERFACE ${ARGN})
    return()
  endif()
  add_library(candor_${name} STATIC ${sources})
  target_include_directories(candor_${name} PUBLIC ${PROJECT_SOURCE_DIR}/harness)
  target_link_libraries(candor_${name} PUBLIC ${ARGN} PRIVATE candor_options)
  if(NOT name STREQUAL base)
    candor_precompiled(candor_${name})
  endif()
endfunction()

# candor_program(NAME LIBRARIES...): the executable NAME of this folder's sources.
function(candor_program name)
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARGN} candor_options)
  candor_precompiled(${name})
  install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
