// SPDX-License-Identifier: MIT
// gdal_EMIT.so on systems with ELF libraries: the part that GDAL loads. It does not link libgdal,
// so loading it never brings a second libgdal into a process that has one of its own, as the Python
// wheels do. The driver is loaded only where the libgdal that it links is in the process already.
#include "register.h"

#include "cpl_error.h"

#include <dlfcn.h>
#include <string>
#include <unistd.h>

template <class T>
static T Function(void *pLibrary, const char *pszName)
{
    return reinterpret_cast<T>(dlsym(pLibrary, pszName));
}

static void *LoadedLibrary(const char *pszName)
{
    return dlopen(pszName, RTLD_LAZY | RTLD_NOLOAD);
}

// From the folder of this file. A copy of this file alone finds the driver through its run path, if
// that names the build folder.
static void *LoadDriver()
{
    static const char cHere = 0;
    Dl_info info;
    std::string osPath = dladdr(&cHere, &info) != 0 ? info.dli_fname : "";
    osPath.replace(osPath.rfind('/') + 1, std::string::npos, EMIT_DRIVER_FILE);
    const bool bBeside = access(osPath.c_str(), F_OK) == 0;
    return dlopen(bBeside ? osPath.c_str() : EMIT_DRIVER_FILE, RTLD_LAZY);
}

static void RegisterDriver(void *pHost)
{
    void *const pDriver = LoadDriver();
    // dlsym() erases the message.
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one message a thread
    const std::string osProblem = pDriver == nullptr ? dlerror() : "";
    if (pDriver != nullptr)
        Function<decltype(&GDALRegister_EMIT)>(pDriver, "GDALRegister_EMIT")();
    else if (const auto pfnError = Function<decltype(&CPLError)>(pHost, "CPLError"))
        pfnError(CE_Failure, CPLE_AppDefined, "EMIT: the driver cannot be loaded: %s",
                 osProblem.c_str());
}

void GDALRegister_EMIT(void)
{
    Dl_info info;
    const bool bKnown = dladdr(__builtin_return_address(0), &info) != 0;
    // Null if the caller is the program: dlsym() then searches what the program exports.
    void *const pHost = bKnown ? LoadedLibrary(info.dli_fname) : nullptr;
    if (LoadedLibrary(EMIT_LIBGDAL) != nullptr)
        RegisterDriver(pHost);
    else if (const auto pfnDebug = Function<decltype(&CPLDebug)>(pHost, "CPLDebug"))
        pfnDebug("EMIT", "not loaded: the driver was built for %s, and this process uses %s",
                 EMIT_LIBGDAL, bKnown ? info.dli_fname : "another GDAL");
}
