/* SPDX-License-Identifier: MIT */
/* Answers of a server to a request for several ranges. What is taken must stand in the answer
 * behind the range that was asked for. */
#include "fuzz.h"

#include "core/io/multipart.h"

#define FILE_NBYTES 70001

static const struct emit_range ranges[] = {{3, 5}, {500, 2}, {69990, 11}};
static const char *const told[] = {" 3-7/", " 500-501/", " 69990-70000/"};
#define COUNT (sizeof ranges / sizeof *ranges)
#define NBYTES (5 + 2 + 11)

/* Where "text" begins in the bytes from "at" on. */
static const char *find(const char *at, const char *end, const char *text)
{
    const size_t length = strlen(text);
    while (at != NULL && (size_t)(end - at) >= length && memcmp(at, text, length) != 0)
        at++;
    FUZZ_CHECK(at != NULL && (size_t)(end - at) >= length);
    return at;
}

static void check_parts(const char *answer, size_t size, const unsigned char *bytes)
{
    const char *end = answer + size;
    const char *at = answer;
    for (size_t i = 0; i < COUNT; i++)
    {
        const size_t nbytes = (size_t)ranges[i].nbytes;
        at = find(find(at, end, told[i]), end, "\r\n\r\n") + 4;
        FUZZ_CHECK((size_t)(end - at) >= nbytes && memcmp(at, bytes, nbytes) == 0);
        at += nbytes;
        bytes += nbytes;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *answer = fuzz_array(&input, size, 1);
    unsigned char *bytes = fuzz_memory(NBYTES);
    if (size > 0)
        emit_multipart_may_begin(answer, size);
    if (emit_multipart_take(answer, size, ranges, COUNT, FILE_NBYTES, bytes))
        check_parts(answer, size, bytes);
    free(bytes);
    free(answer);
    return 0;
}
