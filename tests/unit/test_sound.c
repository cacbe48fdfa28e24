/* SPDX-License-Identifier: MIT */
/* Blocks of HDF5 metadata, made by hand field by field, then damaged in one field at a time. What
 * follows a "->" is the place where HDF5 1.10.8 ends when it is given the block. */
#include "core/sound.h"
#include "support.h"

#include <string.h>

#define NBYTES 4096
#define AT 64 /* where the block under test lies; everything counts from BASE */
#define BASE 512

static unsigned char bytes[BASE + NBYTES];

static bool read_bytes(const void *context, uint64_t offset, size_t nbytes, void *to)
{
    (void)context;
    if (offset > sizeof bytes || nbytes > sizeof bytes - offset)
        return false;
    memcpy(to, bytes + offset, nbytes);
    return true;
}

static void put(size_t at, unsigned count, uint64_t value)
{
    for (unsigned i = 0; i < count; i++)
        bytes[BASE + at + i] = (unsigned char)(value >> 8 * i);
}

static void put_text(size_t at, const char *text)
{
    memcpy(bytes + BASE + at, text, strlen(text));
}

static bool is_sound(size_t nbytes)
{
    const struct emit_sound_file file = {read_bytes, NULL, BASE, sizeof bytes};
    return emit_sound_block(&file, BASE + AT, bytes + BASE + AT, nbytes);
}

/* A field of "count" bytes, "at" bytes behind the block's begin. */
struct damage
{
    size_t at;
    unsigned count;
    uint64_t value;
    const char *what;
};

/* The block made by "make" is sound; with each single damage it is not. */
static void check(void (*make)(void), size_t nbytes, const struct damage *damages, size_t count)
{
    make();
    assert_true(is_sound(nbytes));
    for (size_t i = 0; i < count; i++)
    {
        make();
        put(AT + damages[i].at, damages[i].count, damages[i].value);
        if (is_sound(nbytes))
            fail_msg("not noticed: %s", damages[i].what);
    }
}

/* ---- Fractal heaps -------------------------------------------------------------------------- */

static void make_heap(void)
{
    memset(bytes, 0, sizeof bytes);
    put_text(AT, "FRHP");
    put(AT + 5, 2, 8);           /* length of heap IDs */
    put(AT + 10, 4, 4096);       /* largest managed object */
    put(AT + 22, 8, UINT64_MAX); /* tree of huge objects */
    put(AT + 110, 2, 4);         /* width */
    put(AT + 112, 8, 1024);      /* first block */
    put(AT + 120, 8, 65536);     /* largest direct block */
    put(AT + 128, 2, 40);        /* bits of the heap's size */
    put(AT + 130, 2, 1);
    put(AT + 132, 8, 2000); /* root block */
}

static void heaps_of_impossible_sizes_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {5, 2, 0, "IDs of no length -> H5HF_huge_init"},
        {5, 2, 65535, "IDs of 64 KiB"},
        {7, 2, 12, "filters -> H5O_msg_decode"},
        {10, 4, 0, "managed objects of no size"},
        {22, 8, 1000, "a tree without huge objects -> H5F__close_cb"},
        {86, 8, 1, "huge objects without a tree"},
        {110, 2, 0, "no width -> H5HF_hdr_finish_init_phase2"},
        {110, 2, 5, "a width that is no power of 2"},
        {112, 8, 0, "blocks of no size"},
        {112, 8, 1000, "blocks whose size is no power of 2"},
        {112, 8, (uint64_t)1 << 40, "first blocks larger than the largest"},
        {120, 8, 512, "largest blocks smaller than the first"},
        {120, 8, (uint64_t)1 << 40, "direct blocks of 1 TiB"},
        {128, 2, 11, "fewer bits than the first row needs -> H5HF_dtable_init"},
        {128, 2, 16, "fewer bits than direct blocks need"},
        {128, 2, 65, "more than 64 bits"},
        {140, 2, 30, "more rows than bits allow"},
    };
    check(make_heap, 146, damages, COUNT_OF(damages));
    make_heap();
    assert_false(is_sound(100));
}

/* ---- B-trees -------------------------------------------------------------------------------- */

/* Names of attributes: a root with one record over two leaves. */
static void make_tree(void)
{
    memset(bytes, 0, sizeof bytes);
    put_text(AT, "BTHD");
    put(AT + 5, 1, 8);
    put(AT + 6, 4, 512); /* node */
    put(AT + 10, 2, 17); /* record */
    put(AT + 12, 2, 1);  /* depth */
    put(AT + 16, 8, 1000);
    put(AT + 24, 2, 1);
    put_text(1000, "BTIN");
    put(1005, 1, 8);
    put(1023, 8, 1600); /* behind the record: where each child lies, and its records */
    put(1031, 1, 2);
    put(1032, 8, 2200);
    put(1040, 1, 29);
    put_text(1600, "BTLF");
    put(1605, 1, 8);
    put_text(2200, "BTLF");
    put(2205, 1, 8);
}

static void trees_that_do_not_fit_their_nodes_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {5, 1, 0, "a type for tests"},
        {5, 1, 12, "an unknown type"},
        {5, 1, 9, "a type with other records"},
        {6, 4, 0, "nodes of no size -> H5B2__hdr_init"},
        {6, 4, 3000000000, "nodes of 3 GB"},
        {10, 2, 0, "records of no size -> H5B2__hdr_init, division by zero"},
        {10, 2, 11, "records of another type"},
        {12, 2, 60000, "60,000 levels"},
        {12, 2, 0, "a leaf that is none"},
        {16, 8, UINT64_MAX - 8, "no address -> H5F_block_read"},
        {16, 8, 4000, "a root that ends behind the file"},
        {16, 8, UINT64_MAX, "records, but no root"},
        {24, 2, 0, "a root without records"},
        {24, 2, 60000, "more records than a node holds -> H5F_get_checksums"},
        {1000 - AT, 1, 'X', "a root that is no node"},
        {1005 - AT, 1, 5, "a root of another type"},
        {1014 - AT, 1, 2, "a shared attribute in the root -> H5HF_op"},
        {1023 - AT, 8, 1000, "a child that is its parent"},
        {1031 - AT, 1, 200, "more records than a leaf holds -> H5F_get_checksums"},
        {1614 - AT, 1, 2, "a shared attribute in the first leaf -> H5HF_op"},
        {2206 + 17 * 28 + 8 - AT, 1, 2, "a shared attribute at the end of the last leaf"},
    };
    check(make_tree, 38, damages, COUNT_OF(damages));
    make_tree();
    assert_false(is_sound(30));
}

static void an_empty_tree_has_no_root(void **state)
{
    (void)state;
    make_tree();
    put(AT + 12, 2, 0);
    put(AT + 16, 8, UINT64_MAX);
    put(AT + 24, 2, 0);
    assert_true(is_sound(38));
}

/* ---- Object headers ------------------------------------------------------------------------- */

static size_t put_message(size_t at, unsigned type, unsigned nbytes)
{
    put(at, 1, type);
    put(at + 1, 2, nbytes);
    return at + 4;
}

/* Offsets of the messages' bodies behind AT. */
enum
{
    LAYOUT = 12,
    FILL = 12 + 23 + 4,
    ATTRIBUTE = FILL + 10 + 4,
    CONTINUATION = ATTRIBUTE + 14 + 4,
    END = CONTINUATION + 16,
    LINK = 1008 - AT
};

/* A layout in chunks, a fill value of 4 bytes, an attribute "ab", and a link "abc" in a second
 * part. */
static void make_header(void)
{
    memset(bytes, 0, sizeof bytes);
    put_text(AT, "OHDR");
    put(AT + 4, 1, 2);
    put(AT + 5, 1, 1); /* the size of the messages has two bytes */
    put(AT + 6, 2, END - 8);
    const size_t layout = put_message(AT + 8, 0x08, 23);
    put(layout, 1, 3);
    put(layout + 1, 1, 2); /* chunked */
    put(layout + 2, 1, 3); /* two dimensions and the value's bytes */
    put(layout + 11, 4, 5);
    put(layout + 15, 4, 7);
    put(layout + 19, 4, 4);
    const size_t fill = put_message(layout + 23, 0x05, 10);
    put(fill, 1, 3);
    put(fill + 1, 1, 0x20);
    put(fill + 2, 4, 4);
    const size_t attribute = put_message(fill + 10, 0x0c, 14);
    put(attribute, 1, 3);
    put(attribute + 2, 2, 2);
    put(attribute + 4, 2, 2);
    put(attribute + 6, 2, 1);
    const size_t continuation = put_message(attribute + 14, 0x10, 16);
    put(continuation, 8, 1000);
    put(continuation + 8, 8, 30);
    put_text(1000, "OCHK");
    const size_t link = put_message(1004, 0x06, 14);
    put(link, 1, 1);
    put(link + 2, 1, 3);
    put_text(link + 3, "abc");
}

static void headers_whose_messages_overrun_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {4, 1, 1, "another version"},
        {5, 1, 0x41, "unknown flags"},
        {5, 1, 3, "a size of 8 bytes -> H5_checksum_lookup3"},
        {6, 2, 60000, "messages that end behind the file: gigabytes are allocated"},
        {9, 2, 60000, "a message that ends behind the header"},
        {LAYOUT + 2, 1, 0, "chunks of no dimensions"},
        {LAYOUT + 2, 1, 200, "chunks of 200 dimensions"},
        {LAYOUT + 15, 4, 0, "empty chunks"},
        {FILL + 2, 4, 60000, "a fill value of 60,000 bytes -> H5O_fill_new_decode"},
        {ATTRIBUTE, 1, 9, "an attribute of an unknown version"},
        {ATTRIBUTE + 2, 2, 0, "an attribute without a name"},
        {ATTRIBUTE + 2, 2, 60000, "a name that ends behind its attribute"},
        {ATTRIBUTE + 4, 2, 60000, "a type that ends behind its attribute"},
        {ATTRIBUTE + 6, 2, 60000, "a shape that ends behind its attribute"},
        {CONTINUATION, 8, 4090, "a part that ends behind the file"},
        {CONTINUATION, 8, AT, "a part that is none"},
        {CONTINUATION + 8, 8, 2, "a part shorter than its checksum"},
        {LINK, 1, 2, "a link of an unknown version -> H5G__link_release_table"},
        {LINK + 1, 1, 0x20, "unknown flags of a link"},
        {LINK + 1, 1, 3, "a name length of 8 bytes"},
        {LINK + 2, 1, 0, "a link without a name"},
        {LINK + 2, 1, 200, "a name that ends behind its link"},
        {LINK + 4, 1, 0, "a name with a NUL"},
        {LINK - 3, 2, 13, "a link that ends within its address"},
    };
    check(make_header, 512, damages, COUNT_OF(damages));
}

static void the_part_read_first_may_be_short(void **state)
{
    (void)state;
    make_header();
    assert_true(is_sound(20));
    put(LINK + AT, 1, 2);
    assert_false(is_sound(20));
}

static void parts_that_lead_in_a_circle_are_refused(void **state)
{
    (void)state;
    make_header();
    put_message(1004, 0x10, 16);
    put(1008, 8, 1000);
    put(1016, 8, 30);
    assert_false(is_sound(512));
}

/* A link of each kind, with all that may stand in it: creation order and character set. */
static void links_of_all_kinds_are_known(void **state)
{
    (void)state;
    static const struct
    {
        unsigned type, value_nbytes;
        bool sound;
    } cases[] = {{0, 8, true},  {1, 5, true},  {1, 0, false},
                 {2, 5, false}, {64, 5, true}, {64, 0, true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        make_header();
        const unsigned tail = cases[i].type == 0 ? 8 : 2 + cases[i].value_nbytes;
        put(AT + CONTINUATION + 8, 8, 8 + 4 + 16 + tail);
        const size_t link = put_message(1004, 0x06, 16 + tail);
        put(link, 1, 1);
        put(link + 1, 1, 0x1c);
        put(link + 2, 1, cases[i].type);
        put(link + 11, 1, 1);
        put(link + 12, 1, 3);
        put_text(link + 13, "abc");
        put(link + 16, 2, cases[i].type == 0 ? 0 : cases[i].value_nbytes);
        assert_int_equal(is_sound(512), cases[i].sound);
    }
}

static void values_in_the_header_lie_in_it(void **state)
{
    (void)state;
    make_header();
    put(AT + LAYOUT + 1, 1, 0);
    put(AT + LAYOUT + 2, 2, 19);
    assert_true(is_sound(512));
    put(AT + LAYOUT + 2, 2, 20);
    assert_false(is_sound(512));
}

/* ---- All ------------------------------------------------------------------------------------ */

static void other_blocks_are_let_through(void **state)
{
    (void)state;
    memset(bytes, 0, sizeof bytes);
    assert_true(is_sound(0));
    assert_true(is_sound(3));
    assert_true(is_sound(100));
    put_text(AT, "TREE");
    assert_true(is_sound(100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heaps_of_impossible_sizes_are_refused),
        cmocka_unit_test(trees_that_do_not_fit_their_nodes_are_refused),
        cmocka_unit_test(an_empty_tree_has_no_root),
        cmocka_unit_test(headers_whose_messages_overrun_are_refused),
        cmocka_unit_test(the_part_read_first_may_be_short),
        cmocka_unit_test(parts_that_lead_in_a_circle_are_refused),
        cmocka_unit_test(links_of_all_kinds_are_known),
        cmocka_unit_test(values_in_the_header_lie_in_it),
        cmocka_unit_test(other_blocks_are_let_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
