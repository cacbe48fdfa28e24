/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. A target is one function, LLVMFuzzerTestOneInput(); libFuzzer brings
 * main(). A promise that does not hold ends the program, which libFuzzer counts as a finding.
 */
#ifndef EMIT_FUZZ_H
#define EMIT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C"
#endif
    int
    LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program unless "condition" holds. */
#define FUZZ_CHECK(condition)                                                                      \
    do                                                                                             \
    {                                                                                              \
        if (!(condition))                                                                          \
        {                                                                                          \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What is left of an input; takes past its end give 0. */
struct fuzz_input
{
    const uint8_t *at;
    size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

static inline unsigned fuzz_pair(struct fuzz_input *input)
{
    const unsigned low = fuzz_byte(input);
    return low | (unsigned)fuzz_byte(input) << 8;
}

/* A number from "lowest" to "highest". */
static inline unsigned fuzz_between(struct fuzz_input *input, unsigned lowest, unsigned highest)
{
    return lowest + fuzz_pair(input) % (highest - lowest + 1);
}

/* Fills "bytes" from the input as far as it goes, the rest with zeros. */
static inline void fuzz_fill(struct fuzz_input *input, void *bytes, size_t nbytes)
{
    const size_t taken = nbytes < input->left ? nbytes : input->left;
    memset(bytes, 0, nbytes);
    if (taken > 0)
        memcpy(bytes, input->at, taken);
    input->at += taken;
    input->left -= taken;
}

/* Memory of exactly that size, so that a step beyond it is seen; free() it. */
static inline void *fuzz_memory(size_t nbytes)
{
    void *bytes = malloc(nbytes > 0 ? nbytes : 1);
    if (bytes == NULL)
        exit(1);
    return bytes;
}

static inline void *fuzz_array(struct fuzz_input *input, size_t count, size_t nbytes)
{
    void *bytes = fuzz_memory(count * nbytes);
    fuzz_fill(input, bytes, count * nbytes);
    return bytes;
}

/* The rest of the input as one string; free() it. */
static inline char *fuzz_text(struct fuzz_input *input)
{
    char *text = (char *)fuzz_memory(input->left + 1);
    text[input->left] = '\0';
    fuzz_fill(input, text, input->left);
    return text;
}

#endif
