/* SPDX-License-Identifier: MIT */
/* POSIX functions that the unit tests use and Windows lacks. */
#include <direct.h>
#include <errno.h>
#include <io.h>
#include <stdlib.h>

char *mkdtemp(char *name)
{
    return _mktemp(name) != NULL && _mkdir(name) == 0 ? name : NULL;
}

int setenv(const char *name, const char *value, int overwrite)
{
    (void)overwrite;
    return _putenv_s(name, value);
}

int unsetenv(const char *name)
{
    return _putenv_s(name, "");
}

int symlink(const char *target, const char *name)
{
    (void)target;
    (void)name;
    errno = ENOSYS;
    return -1;
}
