# LibTorch as a hand-made imported target: find_package(Torch) of a CUDA wheel stops without a CUDA toolkit, this one does
# not, and the same binary runs with the CPU and the CUDA build (libtorch_cuda.so is loaded at run time when it is there).
#
# Searched: -DDIAPASON_TORCH_DIR, $LIBTORCH, then .deps/torch, which the set-up unpacks.

if(NOT DIAPASON_TORCH_DIR)
  if(DEFINED ENV{LIBTORCH} AND NOT "$ENV{LIBTORCH}" STREQUAL "")
    set(DIAPASON_TORCH_DIR "$ENV{LIBTORCH}")
  else()
    set(DIAPASON_TORCH_DIR "${PROJECT_SOURCE_DIR}/.deps/torch")
  endif()
endif()
set(DIAPASON_TORCH_DIR "${DIAPASON_TORCH_DIR}" CACHE PATH "Folder with LibTorch's include/ and lib/")

set(_version_header "${DIAPASON_TORCH_DIR}/include/torch/headeronly/version.h")
if(NOT EXISTS "${_version_header}")
  set(_version_header "${DIAPASON_TORCH_DIR}/include/torch/csrc/api/include/torch/version.h")
endif()
if(NOT EXISTS "${_version_header}")
  message(FATAL_ERROR "No LibTorch in ${DIAPASON_TORCH_DIR}: include/ and lib/ are expected there. "
                      "Run ./run once (it fetches the pinned version) or give -DDIAPASON_TORCH_DIR=PATH.")
endif()
file(STRINGS "${_version_header}" _lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
string(REGEX REPLACE "[^0-9;]" "" _numbers "${_lines}")
list(JOIN _numbers "." DIAPASON_TORCH_VERSION)
if(DIAPASON_TORCH_VERSION VERSION_LESS 2.4)
  message(FATAL_ERROR "LibTorch ${DIAPASON_TORCH_VERSION} in ${DIAPASON_TORCH_DIR} is too old: 2.4 or newer is needed.")
endif()
message(STATUS "LibTorch ${DIAPASON_TORCH_VERSION} in ${DIAPASON_TORCH_DIR}")

find_library(DIAPASON_TORCH_CPU_LIBRARY torch_cpu PATHS "${DIAPASON_TORCH_DIR}/lib" NO_DEFAULT_PATH REQUIRED)
find_library(DIAPASON_C10_LIBRARY c10 PATHS "${DIAPASON_TORCH_DIR}/lib" NO_DEFAULT_PATH REQUIRED)
add_library(torchlib::c10 SHARED IMPORTED GLOBAL)
set_target_properties(torchlib::c10 PROPERTIES IMPORTED_LOCATION "${DIAPASON_C10_LIBRARY}")
add_library(torchlib::cpu SHARED IMPORTED GLOBAL)
set_target_properties(torchlib::cpu PROPERTIES IMPORTED_LOCATION "${DIAPASON_TORCH_CPU_LIBRARY}"
                      INTERFACE_LINK_LIBRARIES torchlib::c10)

# The OpenMP that torch's own threads run on; CUDA wheels give it another name.
file(GLOB _openmp "${DIAPASON_TORCH_DIR}/lib/libgomp*.so*")
if(NOT _openmp)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  set(_openmp "${OpenMP_CXX_LIBRARIES}")
endif()
set(DIAPASON_OPENMP_LIBRARY "${_openmp}")

# Headers for the units of one target, the libraries for whoever links it in the end.
function(diapason_use_torch target)
  target_include_directories(${target} SYSTEM PRIVATE
    "${DIAPASON_TORCH_DIR}/include" "${DIAPASON_TORCH_DIR}/include/torch/csrc/api/include")
  target_link_libraries(${target} PRIVATE torchlib::cpu torchlib::c10)
  set_target_properties(${target} PROPERTIES AUTOMOC OFF)
  get_target_property(kind ${target} TYPE)
  # Programs are compiled with other flags than libraries, so that they cannot share the header.
  if(DIAPASON_PCH AND NOT kind STREQUAL EXECUTABLE)
    target_compile_options(${target} PRIVATE ${DIAPASON_PCH_FLAGS})
    if(TARGET engine_core AND NOT target STREQUAL engine_core)
      target_precompile_headers(${target} REUSE_FROM engine_core)
    else()
      target_precompile_headers(${target} PRIVATE "${PROJECT_SOURCE_DIR}/core/model/torch_headers.h")
    endif()
  endif()
endfunction()
