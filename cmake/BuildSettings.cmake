# Compiler, cache, linker and warnings, once for all targets.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_AUTOGEN_ORIGIN_DEPENDS OFF) # moc reads sources only, which ./test tidy makes use of
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# -g1 keeps function names and lines for backtraces; -g makes torch units six times larger.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

# ccache hits on units with a precompiled header only with these settings.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_BASEDIR=${PROJECT_SOURCE_DIR};CCACHE_NOHASHDIR=1;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;${CCACHE}")
  set(DIAPASON_PCH_FLAGS "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>")
endif()

if(DIAPASON_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # it takes sources that compile together for headers
  add_compile_options(-Wno-subobject-linkage)
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(diapason_settings INTERFACE)
target_include_directories(diapason_settings INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(diapason_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
  "$<$<BOOL:${DIAPASON_WERROR}>:-Werror>")
# What the optimiser guesses at depends on what it inlined; g++ 12 gets it wrong inside the standard library's, the JSON
# library's and torch's inline code. Such a warning stays one.
if(DIAPASON_WERROR AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  foreach(guess maybe-uninitialized array-bounds stringop-overflow stringop-overread restrict free-nonheap-object null-dereference
                dangling-pointer use-after-free nonnull overflow)
    target_compile_options(diapason_settings INTERFACE -Wno-error=${guess})
  endforeach()
endif()
target_compile_definitions(diapason_settings INTERFACE
  DIAPASON_VERSION="${PROJECT_VERSION}"
  QT_NO_CAST_FROM_ASCII QT_NO_NARROWING_CONVERSIONS_IN_CONNECT)

# Files and adapters come from strangers: what a mistake in reading one could do ends the program instead. Sanitizers look
# closer, and do not go together with the checked library calls.
if(NOT DIAPASON_SANITIZE AND NOT DIAPASON_FUZZ)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong)
  add_link_options(LINKER:-z,relro LINKER:-z,now)
endif()

if(DIAPASON_SANITIZE)
  # What a null pointer does the address sanitizer reports as well, and no supported processor minds an address that is not
  # aligned: without these two checks at every access engine units compile in half the time.
  add_compile_options(-fsanitize=${DIAPASON_SANITIZE} -fno-sanitize=null,alignment -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${DIAPASON_SANITIZE})
endif()

if(DIAPASON_FUZZ) # every library is instrumented, so that the fuzzer sees which branches an input takes
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
