/* SPDX-License-Identifier: MIT */
#include "checksupport.h"

#include <string.h>

unsigned char bytes[BASE + NBYTES];
uint64_t looked_at;

static bool read_bytes(void *context, uint64_t offset, size_t nbytes, void *to)
{
    (void)context;
    if (offset > sizeof bytes || nbytes > sizeof bytes - offset)
        return false;
    memcpy(to, bytes + offset, nbytes);
    looked_at += nbytes;
    return true;
}

void clear_file(void)
{
    memset(bytes, 0, sizeof bytes);
    looked_at = 0;
}

void set_number(size_t at, unsigned count, uint64_t value)
{
    for (unsigned i = 0; i < count; i++)
        bytes[BASE + at + i] = (unsigned char)(value >> 8 * i);
}

void set_text(size_t at, const char *text)
{
    memcpy(bytes + BASE + at, text, strlen(text));
}

size_t put_message(size_t at, unsigned type, unsigned nbytes)
{
    set_number(at, 1, type);
    set_number(at + 1, 2, nbytes);
    set_number(at + 3, 1, 0);
    return at + 4;
}

size_t put_header(size_t at, size_t nbytes)
{
    set_text(at, "OHDR");
    set_number(at + 4, 1, 2);
    set_number(at + 5, 1, 1); /* the size of the messages has two bytes */
    set_number(at + 6, 2, nbytes);
    return at + 8;
}

struct emit_check *new_check(void)
{
    const struct emit_check_source source = {read_bytes, NULL, sizeof bytes, NULL};
    struct emit_check *check = emit_check_create(&source);
    assert_non_null(check);
    looked_at = 0;
    return check;
}

bool accepts(struct emit_check *check, size_t at, size_t nbytes, bool of_header)
{
    const struct emit_check_block block = {BASE, at, bytes + BASE + at, nbytes, of_header};
    return emit_check_block(check, &block);
}

bool is_valid(size_t nbytes)
{
    struct emit_check *check = new_check();
    const bool valid = accepts(check, AT, nbytes, true);
    emit_check_destroy(check);
    return valid;
}

void check_damages(void (*make)(void), size_t nbytes, const struct damage *damages, size_t count)
{
    make();
    assert_true(is_valid(nbytes));
    for (size_t i = 0; i < count; i++)
    {
        make();
        set_number(AT + damages[i].at, damages[i].count, damages[i].value);
        if (is_valid(nbytes))
            fail_msg("not noticed: %s", damages[i].what);
    }
}
