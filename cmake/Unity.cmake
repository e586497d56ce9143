# diapason_unity(<target>): its sources compile about eight at a time, since what they include takes longer than what they say.
# Which ones go together their names alone decide, so that a new source meets the few of its own group only; how many groups
# there are changes when the number of sources doubles. Names that a source declares for itself are unique within its group.
# -DDIAPASON_UNITY=OFF compiles each source by itself, which is better while working on one.
function(diapason_unity target)
  if(NOT DIAPASON_UNITY)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(LENGTH sources count)
  set(groups 1)
  while(groups LESS_EQUAL 512 AND count GREATER "${groups}0") # at most ten on average
    math(EXPR groups "2 * ${groups}")
  endwhile()
  foreach(source IN LISTS sources)
    file(RELATIVE_PATH name "${folder}" "${source}")
    string(MD5 digest "${name}")
    string(SUBSTRING "${digest}" 0 6 digest)
    math(EXPR group "0x${digest} % ${groups}")
    set_property(SOURCE "${source}" PROPERTY UNITY_GROUP "${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
