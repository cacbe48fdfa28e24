// SPDX-License-Identifier: MIT
// Metadata that GDAL's ENVI and netCDF writers look for in what they copy.
#pragma once

#include "compat.h"

#include "emit.h"

#include <string>

// The shortest text of "dfValue" times 10^"nShift", see emit_number_text(). The decimal point is
// moved in the text, because a division could change digits when nanometres become micrometres.
std::string EMITFormatNumber(double dfValue, int nShift = 0);

// The variable "pszName", which may be nullptr; or nullptr.
const struct emit_variable *EMITFindVariable(const struct emit_view_info &sInfo,
                                             const char *pszName);

// The lists of an ENVI header: wavelengths, their widths, which bands are bad. Empty if a band has
// no wavelength.
CPLStringList EMITGetENVIItems(const struct emit_view_info &sInfo);

// Makes the netCDF writer write bands of one wavelength each as one variable with a coordinate
// "wavelengths", and not as a variable each. Empty if it cannot or should not. "aosENVI" are the
// items of EMITGetENVIItems().
CPLStringList EMITGetNetCDFDimension(const struct emit_view_info &sInfo,
                                     const CPLStringList &aosENVI);

// Adds the attributes of the variable and of that coordinate.
void EMITAddNetCDFAttributes(const struct emit_view_info &sInfo, const CPLStringList &aosENVI,
                             CPLStringList &aosItems);

// All bands of the file, in its order: a program that chooses among them changes their number, and
// the writer ignores a dimension of another size.
bool EMITShowsAllBands(const struct emit_view_info &sInfo);

// Adds the names that the netCDF writer gives to the variable of a band.
void EMITAddNetCDFBandItems(const struct emit_view_info &sInfo, const struct emit_band &sBand,
                            CPLStringList &aosItems);
