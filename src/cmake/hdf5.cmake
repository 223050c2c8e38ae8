# What is linked for HDF5: target fishergrid_hdf5. For most it is the shared library, for a target with the property
# FISHERGRID_HDF5_INSIDE the archive beside it, if that can be linked. Debian's shared library needs 30 others, for
# files on servers. Loading them takes as long as a fifth of a small sweep. The archive of Debian 12 needs none of them,
# that of Debian 13 needs them too.
add_library(fishergrid_hdf5 INTERFACE)
set(inside $<BOOL:$<TARGET_PROPERTY:FISHERGRID_HDF5_INSIDE>>)
target_link_libraries(fishergrid_hdf5 INTERFACE $<$<NOT:${inside}>:hdf5::hdf5>)

# A sanitizer and valgrind tell HDF5 from the program by its file, and a shared libfishergrid has an HDF5 of its own.
set(FISHERGRID_HAS_HDF5_ARCHIVE FALSE)
if(FISHERGRID_STATIC_HDF5 AND NOT (BUILD_SHARED_LIBS OR FISHERGRID_SANITIZE OR FISHERGRID_VALGRIND OR FISHERGRID_FUZZ))
  set(CMAKE_REQUIRED_INCLUDES ${HDF5_C_INCLUDE_DIRS})
  set(CMAKE_REQUIRED_LIBRARIES ${HDF5_C_LIBRARIES})
  list(TRANSFORM CMAKE_REQUIRED_LIBRARIES REPLACE "(/libhdf5[^/]*)\\.so$" "\\1.a;-Wl,--as-needed")
  check_c_source_compiles("#include <hdf5.h>
    int main(void) { return H5open() < 0; }" FG_HDF5_ARCHIVE_LINKS)
  if(FG_HDF5_ARCHIVE_LINKS AND CMAKE_REQUIRED_LIBRARIES MATCHES "\\.a;-Wl,--as-needed")
    set(FISHERGRID_HAS_HDF5_ARCHIVE TRUE)
    target_link_libraries(fishergrid_hdf5 INTERFACE "$<${inside}:${CMAKE_REQUIRED_LIBRARIES}>")
  endif()
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()
