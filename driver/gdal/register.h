// SPDX-License-Identifier: MIT
// The one symbol that the plugin exports: GDAL calls it when it registers its drivers. CPL_DLL does
// not serve: it is empty in the headers of a GDAL that exports all of its own symbols.
#pragma once

#ifdef _WIN32
extern "C" __declspec(dllexport) void GDALRegister_EMIT(void);
#else
extern "C" __attribute__((visibility("default"))) void GDALRegister_EMIT(void);
#endif
