// SPDX-License-Identifier: MIT
// The one symbol that the plugin exports: GDAL calls it when it registers its drivers. CPL_DLL does
// not serve: it is empty in the headers of a GDAL that exports all of its own symbols.
#ifndef EMIT_GDAL_REGISTER_H
#define EMIT_GDAL_REGISTER_H

#ifdef _WIN32
extern "C" __declspec(dllexport) void GDALRegister_EMIT(void);
#else
extern "C" __attribute__((visibility("default"))) void GDALRegister_EMIT(void);
#endif

#endif
