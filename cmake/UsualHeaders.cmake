# diapason_usual_headers(<target> HEADER…): headers that are compiled once for all units of a target. Targets of few units do
# without: such a header takes as long as three of them. -fpch-preprocess: see BuildSettings.cmake.
function(diapason_usual_headers target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(LENGTH sources units)
  if(DIAPASON_PCH AND units GREATER 6)
    target_compile_options(${target} PRIVATE ${DIAPASON_PCH_FLAGS})
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
