// SPDX-License-Identifier: MIT
#ifndef EMIT_GDAL_NUMBERS_H
#define EMIT_GDAL_NUMBERS_H

#include <string>

// The shortest decimal text that reads back as "dfValue", whatever the locale, with the decimal
// point moved "nPointShift" places to the right. A value that is exactly a float reads back as that
// float: wavelengths are floats in the file, and their text should not show digits they never had.
// Moving the point in the text, not dividing, keeps every digit when nanometres become micrometres.
std::string EMITFormatNumber(double dfValue, int nPointShift = 0);

#endif
