# SPDX-License-Identifier: MIT
# EMIT_HDF5_LIBRARIES: the HDF5 that was found, if it serves inside of the plugin or beside its other users.
set(EMIT_HDF5_LIBRARIES ${HDF5_C_LIBRARIES})
if(EMIT_PRIVATE_HDF5)
  find_package(ZLIB REQUIRED)
  list(APPEND EMIT_HDF5_LIBRARIES ZLIB::ZLIB ${CMAKE_DL_LIBS})
  # Distributions build static libraries for programs, not for plugins.
  set(check ${CMAKE_BINARY_DIR}/hdf5_check)
  file(WRITE ${check}.c "#include <hdf5.h>\nint check(void);\nint check(void) { return H5open(); }\n")
  try_compile(
    EMIT_HDF5_FITS_PLUGINS ${check} ${check}.c
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${HDF5_INCLUDE_DIRS}"
    COMPILE_DEFINITIONS -fPIC
    LINK_OPTIONS -shared
    LINK_LIBRARIES ${EMIT_HDF5_LIBRARIES}
    OUTPUT_VARIABLE output)
  file(WRITE ${check}.log "${output}")
  if(NOT EMIT_HDF5_FITS_PLUGINS)
    message(FATAL_ERROR "EMIT_PRIVATE_HDF5: HDF5 (${HDF5_C_LIBRARIES}) cannot be linked into a plugin. It has "
                        "to be static and position independent: \"scripts/build-hdf5 FOLDER\" builds one, "
                        "-DHDF5_ROOT=FOLDER names it; what the linker reported is in ${check}.log")
  endif()
else()
  include(CheckSymbolExists)
  set(CMAKE_REQUIRED_INCLUDES ${HDF5_INCLUDE_DIRS})
  check_symbol_exists(H5_HAVE_THREADSAFE hdf5.h EMIT_HDF5_IS_THREADSAFE)
  unset(CMAKE_REQUIRED_INCLUDES)
  if(NOT EMIT_HDF5_IS_THREADSAFE)
    message(WARNING "HDF5 in ${HDF5_INCLUDE_DIRS} is built without thread-safety: a process whose threads use "
                    "it through this driver and through others at once may crash. -DEMIT_PRIVATE_HDF5=ON "
                    "gives the plugin an HDF5 of its own, see docs/packages.md")
  endif()
endif()
