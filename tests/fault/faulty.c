/* SPDX-License-Identifier: MIT */
#include "faulty.h"

#include <cpl_vsi.h>

#include <stdatomic.h>

static enum fault fault;
static unsigned faulty_read;
static uint64_t range_offset;
static uint64_t range_nbytes;
static atomic_uint reads;

void faulty_arm(enum fault kind, unsigned read)
{
    fault = kind;
    faulty_read = read;
    atomic_store(&reads, 0);
}

void faulty_arm_range(uint64_t offset, uint64_t nbytes)
{
    range_offset = offset;
    range_nbytes = nbytes;
    faulty_arm(FAULT_RANGE, 0);
}

unsigned faulty_reads(void)
{
    return atomic_load(&reads);
}

static int stat_file(void *data, const char *path, VSIStatBufL *found, int flags)
{
    (void)data;
    return VSIStatExL(path, found, flags);
}

static char **read_folder(void *data, const char *path, int most)
{
    (void)data;
    return VSIReadDirEx(path, most);
}

static void *open_file(void *data, const char *path, const char *access)
{
    (void)data;
    return VSIFOpenL(path, access);
}

static vsi_l_offset tell(void *file)
{
    return VSIFTellL(file);
}

static int seek(void *file, vsi_l_offset offset, int whence)
{
    return VSIFSeekL(file, offset, whence);
}

static void damage(unsigned char *bytes, size_t nbytes)
{
    if (fault == FAULT_BIT && nbytes > 0)
        bytes[nbytes / 2] ^= 0x04;
    /* Not all bits inverted: a Fletcher sum, inverted as well, is then right again. */
    for (size_t i = 0; i < nbytes && fault == FAULT_SCRAMBLE; i++)
        bytes[i] = (unsigned char)(7 * bytes[i] + i + 1);
}

static size_t read_bytes(void *file, void *bytes, size_t size, size_t count)
{
    const unsigned read = atomic_fetch_add(&reads, 1) + 1;
    const uint64_t offset = VSIFTellL(file);
    if (fault == FAULT_RANGE && offset < range_offset + range_nbytes &&
        range_offset < offset + size * count)
        return 0;
    if (read != faulty_read || fault == FAULT_NONE)
        return VSIFReadL(bytes, size, count, file);
    if (fault == FAULT_FAIL)
        return 0;
    const size_t wanted = fault == FAULT_SHORT ? size * count / 2 : size * count;
    const size_t got = VSIFReadL(bytes, 1, wanted, file);
    damage(bytes, got);
    return got / size;
}

static int at_end(void *file)
{
    return VSIFEofL(file);
}

static int close_file(void *file)
{
    return VSIFCloseL(file);
}

void faulty_install(void)
{
    VSIFilesystemPluginCallbacksStruct *calls = VSIAllocFilesystemPluginCallbacksStruct();
    calls->stat = stat_file;
    calls->read_dir = read_folder;
    calls->open = open_file;
    calls->tell = tell;
    calls->seek = seek;
    calls->read = read_bytes;
    calls->eof = at_end;
    calls->close = close_file;
    VSIInstallPluginHandler(FAULTY, calls);
    VSIFreeFilesystemPluginCallbacksStruct(calls);
}
