/* SPDX-License-Identifier: MIT */
/*
 * Reads a contiguous region of a file row by row into one buffer and does nothing with it: what
 * fetching the pixels of a whole scene costs at the very least.
 *
 * Usage: emit_bench_floor FILE OFFSET ROW_NBYTES ROWS
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_row(int descriptor, char *row, size_t nbytes, off_t offset)
{
    size_t done = 0;
    while (done < nbytes)
    {
        const ssize_t got = pread(descriptor, row + done, nbytes - done, offset + (off_t)done);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool read_rows(int descriptor, off_t offset, size_t row_nbytes, long rows)
{
    char *row = malloc(row_nbytes);
    bool good = row != NULL;
    for (long r = 0; r < rows && good; r++)
        good = read_row(descriptor, row, row_nbytes, offset + (off_t)row_nbytes * r);
    free(row);
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 5)
    {
        fprintf(stderr, "Usage: emit_bench_floor FILE OFFSET ROW_NBYTES ROWS\n");
        return 2;
    }
    const int descriptor = open(argv[1], O_RDONLY);
    if (descriptor < 0 ||
        !read_rows(descriptor, atoll(argv[2]), (size_t)atoll(argv[3]), atol(argv[4])))
    {
        perror(argv[1]);
        return 1;
    }
    close(descriptor);
    return 0;
}
