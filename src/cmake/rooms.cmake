# The house: every folder of src/ is a room. A room sees the public headers, its own folder and the rooms that were
# added before it, so an include against the way of the data does not compile.
#
# fishergrid_add_room(NAME SOURCE...): target room_NAME, an object library of these files.
function(fishergrid_add_room name)
  add_library(room_${name} OBJECT ${ARGN})
  fishergrid_furnish_room(room_${name})
  set_property(GLOBAL APPEND PROPERTY FISHERGRID_ROOMS room_${name})
endfunction()

# fishergrid_furnish_room(TARGET): what every target of a room sees and is compiled with.
function(fishergrid_furnish_room target)
  get_property(earlier GLOBAL PROPERTY FISHERGRID_ROOM_FOLDERS)
  list(PREPEND earlier ${CMAKE_CURRENT_SOURCE_DIR})
  list(REMOVE_DUPLICATES earlier)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include ${earlier})
  target_link_libraries(${target} PRIVATE fishergrid_flags)
  set_property(GLOBAL PROPERTY FISHERGRID_ROOM_FOLDERS ${earlier})
endfunction()
