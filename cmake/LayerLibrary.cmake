# diapason_layer(<target> FOLDERS a b [TORCH] [LINK x y])
#
# One static library of all sources of the folders (not recursive). Torch is linked PRIVATE, so that a layer above cannot
# see its headers unless it asks for TORCH itself. QT_NO_KEYWORDS everywhere but in ui/ (torch uses a member `slots`).
function(diapason_layer target)
  cmake_parse_arguments(ARG "TORCH" "" "FOLDERS;LINK" ${ARGN})
  set(sources)
  foreach(folder IN LISTS ARG_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.h")
    list(APPEND sources ${found})
  endforeach()
  add_library(${target} STATIC ${sources})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${target} PUBLIC diapason_settings ${ARG_LINK})
  target_compile_definitions(${target} PRIVATE QT_NO_KEYWORDS)
  if(ARG_TORCH)
    diapason_use_torch(${target})
  endif()
endfunction()
