# SPDX-License-Identifier: MIT
# What a Debian package has besides what is always installed, and CPack's settings for it. scripts/build-deb
# uses it: the install prefix has to be /usr, CMAKE_INSTALL_DOCDIR share/doc/libgdal-plugin-emit.
#
# The dependency on libgdal's package is the one on its ABI: Debian renames that package with every
# minor release of GDAL, and a plugin belongs to one minor release.
set(package libgdal-plugin-emit)
set(EMIT_MAINTAINER "The EMIT driver authors <noreply@invalid.example>" CACHE STRING
    "Maintainer of the Debian package")

# Packages for Debian 12 and 13 of one version of the driver: the later release has the newer one.
file(STRINGS /etc/os-release release REGEX "^VERSION_ID=")
string(REGEX REPLACE "^VERSION_ID=\"?([^\"]*)\"?$" "~deb\\1" release "${release}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1${release})
set(full_version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ${package})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "The swath granules of EMIT, NASA's imaging spectrometer on the International\n\
Space Station, open in GDAL's programs, QGIS and Python: orthorectified,\n\
with wavelengths, and masked by quality flags and band masks while reading.")
set(CPACK_DEBIAN_PACKAGE_NAME ${package})
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${EMIT_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_ENHANCES "gdal-bin, python3-gdal, qgis")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_SET_DESTDIR ON) # the plugin's folder is GDAL's, whatever the prefix
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)

# ---- /usr/share/doc ------------------------------------------------------------------------------

set(doc ${PROJECT_BINARY_DIR}/debian)
file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)" unused "${license}")
set(holder "${CMAKE_MATCH_1}")
string(REGEX REPLACE "^.*(Permission is hereby.*)$" "\\1" license "${license}")
string(STRIP "${license}" license)
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
file(WRITE ${doc}/copyright
     "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
     "Upstream-Name: ${PROJECT_NAME}\n\nFiles: *\nCopyright: ${holder}\nLicense: Expat\n ${license}\n")

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, if it is set
file(WRITE ${doc}/changelog.Debian
     "${package} (${full_version}) unstable; urgency=medium\n\n"
     "  * Built by CPack; changelog.gz lists what changed.\n\n -- ${EMIT_MAINTAINER}  ${date}\n")
file(COPY ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${doc})
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
execute_process(COMMAND gzip --best --no-name --force ${doc}/changelog ${doc}/changelog.Debian
                COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${doc}/copyright ${doc}/changelog.gz ${doc}/changelog.Debian.gz
              ${PROJECT_SOURCE_DIR}/docs/emit.rst
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
