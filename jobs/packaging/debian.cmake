# `cpack` in a build directory makes a Debian package of it, with the libraries it needs found by dpkg-shlibdeps.
#
#   cmake --preset release -D CMAKE_INSTALL_PREFIX=/usr && cmake --build --preset release && cd build/release && cpack
#   apt-get install ./fishergrid_*.deb
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The fishergrid authors <fishergrid@localhost>" CACHE STRING "Maintainer of the package")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Computes cross-entropy loss, Fisher information matrix, gradient and natural gradient of a network with two
 weights over a grid of both, and stores every field in one HDF5 file. With libfishergrid, static or shared, and
 its headers.")
if(FISHERGRID_HAS_HDF5_ARCHIVE AND EXISTS /usr/share/doc/libhdf5-dev/copyright) # its authors ask for this
  install(FILES /usr/share/doc/libhdf5-dev/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright.hdf5)
endif()
include(CPack)
