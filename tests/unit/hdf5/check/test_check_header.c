/* SPDX-License-Identifier: MIT */
/* Blocks of HDF5 metadata, made by hand field by field, then damaged in one field at a time. What
 * follows a "->" is where HDF5 1.10.8, or the release named, ends when it reads the block. */
#include "checksupport.h"

#include <string.h>

/* ---- Fractal heaps -------------------------------------------------------------------------- */

static void make_heap(void)
{
    clear_file();
    set_text(AT, "FRHP");
    set_number(AT + 5, 2, 8);           /* length of heap IDs */
    set_number(AT + 10, 4, 4096);       /* largest managed object */
    set_number(AT + 22, 8, UINT64_MAX); /* tree of huge objects */
    set_number(AT + 110, 2, 4);         /* width */
    set_number(AT + 112, 8, 1024);      /* first block */
    set_number(AT + 120, 8, 65536);     /* largest direct block */
    set_number(AT + 128, 2, 40);        /* bits of the heap's size */
    set_number(AT + 130, 2, 1);
    set_number(AT + 132, 8, 2000); /* root block */
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
        {110, 2, 5, "a width that is not a power of 2"},
        {112, 8, 0, "blocks of no size"},
        {112, 8, 1000, "blocks whose size is not a power of 2"},
        {112, 8, (uint64_t)1 << 40, "first blocks larger than the largest"},
        {120, 8, 512, "largest blocks smaller than the first"},
        {120, 8, (uint64_t)1 << 40, "direct blocks of 1 TiB"},
        {128, 2, 11, "fewer bits than the first row needs -> H5HF_dtable_init"},
        {128, 2, 16, "fewer bits than direct blocks need"},
        {128, 2, 65, "more than 64 bits"},
        {140, 2, 30, "more rows than bits allow"},
    };
    check_damages(make_heap, 146, damages, COUNT_OF(damages));
    make_heap();
    assert_false(is_valid(100));
}

/* ---- B-trees -------------------------------------------------------------------------------- */

/* Names of attributes: a root with one record over two leaves. */
static void make_tree(void)
{
    clear_file();
    set_text(AT, "BTHD");
    set_number(AT + 5, 1, 8);
    set_number(AT + 6, 4, 512); /* node */
    set_number(AT + 10, 2, 17); /* record */
    set_number(AT + 12, 2, 1);  /* depth */
    set_number(AT + 16, 8, 1000);
    set_number(AT + 24, 2, 1);
    set_text(1000, "BTIN");
    set_number(1005, 1, 8);
    set_number(1023, 8, 1600); /* after the record: address of each child, and its records */
    set_number(1031, 1, 2);
    set_number(1032, 8, 2200);
    set_number(1040, 1, 29);
    set_text(1600, "BTLF");
    set_number(1605, 1, 8);
    set_text(2200, "BTLF");
    set_number(2205, 1, 8);
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
        {12, 2, 0, "a leaf in the place of an inner node"},
        {16, 8, UINT64_MAX - 8, "no address -> H5F_block_read"},
        {16, 8, NBYTES - 96, "a root that ends after the file"},
        {16, 8, UINT64_MAX, "records, but no root"},
        {24, 2, 0, "a root without records"},
        {24, 2, 60000, "more records than a node holds -> H5F_get_checksums"},
        {1000 - AT, 1, 'X', "a root that is not a node"},
        {1005 - AT, 1, 5, "a root of another type"},
        {1014 - AT, 1, 2, "a shared attribute in the root -> H5HF_op"},
        {1023 - AT, 8, 1000, "a child that is its parent"},
        {1031 - AT, 1, 200, "more records than a leaf holds -> H5F_get_checksums"},
        {1614 - AT, 1, 2, "a shared attribute in the first leaf -> H5HF_op"},
        {2206 + 17 * 28 + 8 - AT, 1, 2, "a shared attribute at the end of the last leaf"},
    };
    check_damages(make_tree, 38, damages, COUNT_OF(damages));
    make_tree();
    assert_false(is_valid(30));
}

static void an_empty_tree_has_no_root(void **state)
{
    (void)state;
    make_tree();
    set_number(AT + 12, 2, 0);
    set_number(AT + 16, 8, UINT64_MAX);
    set_number(AT + 24, 2, 0);
    assert_true(is_valid(38));
}

/* ---- Object headers ------------------------------------------------------------------------- */

/* Offsets of the messages' bodies from AT. */
enum
{
    LAYOUT = 12,
    FILL = 12 + 23 + 4,
    ATTRIBUTE = FILL + 10 + 4,
    CONTINUATION = ATTRIBUTE + 17 + 4,
    END = CONTINUATION + 16,
    LINK = 1008 - AT
};

/* A layout in chunks, a fill value of 4 bytes, an attribute "ab", and a link "abc" in a second
 * part. */
static void make_header(void)
{
    clear_file();
    set_text(AT, "OHDR");
    set_number(AT + 4, 1, 2);
    set_number(AT + 5, 1, 1); /* the size of the messages has two bytes */
    set_number(AT + 6, 2, END - 8);
    const size_t layout = put_message(AT + 8, 0x08, 23);
    set_number(layout, 1, 3);
    set_number(layout + 1, 1, 2); /* chunked */
    set_number(layout + 2, 1, 3); /* two dimensions and the value's bytes */
    set_number(layout + 11, 4, 5);
    set_number(layout + 15, 4, 7);
    set_number(layout + 19, 4, 4);
    const size_t fill = put_message(layout + 23, 0x05, 10);
    set_number(fill, 1, 3);
    set_number(fill + 1, 1, 0x20);
    set_number(fill + 2, 4, 4);
    const size_t attribute = put_message(fill + 10, 0x0c, 17);
    set_number(attribute, 1, 3);
    set_number(attribute + 1, 1, 1); /* a type of another object */
    set_number(attribute + 2, 2, 2);
    set_number(attribute + 4, 2, 2);
    set_number(attribute + 6, 2, 4);
    set_number(attribute + 13, 1, 2); /* the shape of one value */
    set_text(attribute + 9, "a");     /* and a NUL */
    const size_t continuation = put_message(attribute + 17, 0x10, 16);
    set_number(continuation, 8, 1000);
    set_number(continuation + 8, 8, 30);
    set_text(1000, "OCHK");
    const size_t link = put_message(1004, 0x06, 14);
    set_number(link, 1, 1);
    set_number(link + 2, 1, 3);
    set_text(link + 3, "abc");
}

static void headers_whose_messages_overrun_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {4, 1, 1, "another version"},
        {5, 1, 0x41, "unknown flags"},
        {5, 1, 3, "a size of 8 bytes -> H5_checksum_lookup3"},
        {6, 2, 60000, "messages that end after the file: gigabytes are allocated"},
        {9, 2, 60000, "a message that ends after the header"},
        {LAYOUT + 2, 1, 0, "chunks of no dimensions"},
        {LAYOUT + 2, 1, 200, "chunks of 200 dimensions"},
        {LAYOUT + 15, 4, 0, "empty chunks"},
        {FILL + 2, 4, 60000, "a fill value of 60,000 bytes -> H5O_fill_new_decode"},
        {ATTRIBUTE, 1, 9, "an attribute of an unknown version"},
        {ATTRIBUTE + 2, 2, 0, "an attribute without a name"},
        {ATTRIBUTE + 2, 2, 60000, "a name that ends after its attribute"},
        {ATTRIBUTE + 4, 2, 60000, "a type that ends after its attribute"},
        {ATTRIBUTE + 6, 2, 3, "a shape without a class"},
        {ATTRIBUTE + 13, 1, 3, "a shape of an unknown version"},
        {ATTRIBUTE + 14, 1, 33, "a shape of 33 dimensions"},
        {ATTRIBUTE + 14, 1, 1, "a dimension after the shape's end"},
        {ATTRIBUTE + 16, 1, 3, "a shape of an unknown class -> H5S__extent_copy_real (2.2)"},
        {ATTRIBUTE + 6, 2, 60000, "a shape that ends after its attribute"},
        {CONTINUATION, 8, NBYTES - 6, "a part that ends after the file"},
        {CONTINUATION, 8, AT, "a part without a signature"},
        {CONTINUATION + 8, 8, 2, "a part shorter than its checksum"},
        {LINK, 1, 2, "a link of an unknown version -> H5G__link_release_table"},
        {LINK + 1, 1, 0x20, "unknown flags of a link"},
        {LINK + 1, 1, 3, "a name length of 8 bytes"},
        {LINK + 2, 1, 0, "a link without a name"},
        {LINK + 2, 1, 200, "a name that ends after its link"},
        {LINK + 4, 1, 0, "a name with a NUL"},
        {LINK - 3, 2, 13, "a link that ends within its address"},
    };
    check_damages(make_header, 512, damages, COUNT_OF(damages));
}

static void the_part_read_first_may_be_short(void **state)
{
    (void)state;
    make_header();
    assert_true(is_valid(20));
    set_number(LINK + AT, 1, 2);
    assert_false(is_valid(20));
}

static void parts_that_lead_in_a_circle_are_refused(void **state)
{
    (void)state;
    make_header();
    put_message(1004, 0x10, 16);
    set_number(1008, 8, 1000);
    set_number(1016, 8, 30);
    assert_false(is_valid(512));
}

/* A link of each kind, with all that may stand in it: creation order and character set. */
static void links_of_all_kinds_are_known(void **state)
{
    (void)state;
    static const struct
    {
        unsigned type, value_nbytes;
        bool valid;
    } cases[] = {{0, 8, true},  {1, 5, true},  {1, 0, false},
                 {2, 5, false}, {64, 5, true}, {64, 0, true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        make_header();
        const unsigned tail = cases[i].type == 0 ? 8 : 2 + cases[i].value_nbytes;
        set_number(AT + CONTINUATION + 8, 8, 8 + 4 + 16 + tail);
        const size_t link = put_message(1004, 0x06, 16 + tail);
        set_number(link, 1, 1);
        set_number(link + 1, 1, 0x1c);
        set_number(link + 2, 1, cases[i].type);
        set_number(link + 11, 1, 1);
        set_number(link + 12, 1, 3);
        set_text(link + 13, "abc");
        set_number(link + 16, 2, cases[i].type == 0 ? 0 : cases[i].value_nbytes);
        assert_int_equal(is_valid(512), cases[i].valid);
    }
}

static void values_in_the_header_lie_in_it(void **state)
{
    (void)state;
    make_header();
    set_number(AT + LAYOUT + 1, 1, 0);
    set_number(AT + LAYOUT + 2, 2, 19);
    assert_true(is_valid(512));
    set_number(AT + LAYOUT + 2, 2, 20);
    assert_false(is_valid(512));
}

/* ---- Links and attributes in heaps ---------------------------------------------------------- */

/* Addresses. The heap's blocks have 128 bytes, four in a row; those of row 3 hold blocks. */
enum
{
    HEAP = 400,
    BY_NAME = 600,
    BY_ORDER = 700,
    HUGE = 800,
    NAME_LEAF = 1000,
    ORDER_LEAF = 1600,
    HUGE_LEAF = 2200,
    ROOT_BLOCK = 2800,  /* two rows, and two more */
    INNER_BLOCK = 3000, /* the first of row 3: one row */
    FIRST = 3200,       /* the root's first block */
    THIRD = 3400,       /* the third of row 1 */
    INNER = 3600,       /* the second of the inner block */
    ALONE = 3800        /* a message too large for any */
};

static void put_tree(size_t at, unsigned type, unsigned record_nbytes, size_t leaf, unsigned count)
{
    set_text(at, "BTHD");
    set_number(at + 5, 1, type);
    set_number(at + 6, 4, 512);
    set_number(at + 10, 2, record_nbytes);
    set_number(at + 16, 8, leaf);
    set_number(at + 24, 2, count);
    set_text(leaf, "BTLF");
    set_number(leaf + 5, 1, type);
}

static void put_attribute(size_t at)
{
    set_number(at, 1, 3);
    set_number(at + 1, 1, 1); /* a type of another object */
    set_number(at + 2, 2, 3);
    set_number(at + 4, 2, 2);
    set_number(at + 6, 2, 4);
    set_text(at + 9, "ab");    /* and a NUL */
    set_number(at + 14, 1, 2); /* the shape of one value */
}

/* IDs of three messages that the heap's blocks hold, of "nbytes" each, and of the one alone. */
static void put_ids(size_t at, size_t step, unsigned offset_nbytes, unsigned nbytes)
{
    static const unsigned offsets[] = {30, 512 + 2 * 128 + 20, 2048 + 128 + 40};
    for (size_t i = 0; i < COUNT_OF(offsets); i++, at += step)
    {
        set_number(at + 1, offset_nbytes, offsets[i]);
        set_number(at + 1 + offset_nbytes, 1, nbytes);
    }
    set_number(at, 1, 0x10);
}

static void put_block(size_t at, const char *signature, unsigned offset_nbytes, size_t begin)
{
    set_text(at, signature);
    set_number(at + 5, 8, HEAP);
    set_number(at + 13, offset_nbytes, begin);
}

/* A heap of 2^bits bytes at most. */
static void put_heap(unsigned id_nbytes, unsigned bits)
{
    set_text(HEAP, "FRHP");
    set_number(HEAP + 5, 2, id_nbytes);
    set_number(HEAP + 10, 4, 200);
    set_number(HEAP + 22, 8, HUGE);
    set_number(HEAP + 86, 8, 1);
    set_number(HEAP + 110, 2, 4);
    set_number(HEAP + 112, 8, 128);
    set_number(HEAP + 120, 8, 256);
    set_number(HEAP + 128, 2, bits);
    set_number(HEAP + 132, 8, ROOT_BLOCK);
    set_number(HEAP + 140, 2, 4);
    const unsigned offset_nbytes = (bits + 7) / 8;
    put_block(ROOT_BLOCK, "FHIB", offset_nbytes, 0);
    put_block(INNER_BLOCK, "FHIB", offset_nbytes, 2048);
    put_block(FIRST, "FHDB", offset_nbytes, 0);
    put_block(THIRD, "FHDB", offset_nbytes, 512 + 2 * 128);
    put_block(INNER, "FHDB", offset_nbytes, 2048 + 128);
    const size_t entries = 13 + offset_nbytes;
    set_number(ROOT_BLOCK + entries, 8, FIRST);
    set_number(ROOT_BLOCK + entries + 8 * (4 + 2), 8, THIRD);
    set_number(ROOT_BLOCK + entries + 8 * (3 * 4), 8, INNER_BLOCK);
    set_number(INNER_BLOCK + entries + 8, 8, INNER);
}

/* The header of an object whose messages lie in a heap and two trees find them. */
static void put_info(unsigned type, unsigned order_nbytes)
{
    clear_file();
    set_text(AT, "OHDR");
    set_number(AT + 4, 1, 2);
    set_number(AT + 6, 1, 4 + 26 + order_nbytes);
    const size_t info = put_message(AT + 7, type, 26 + order_nbytes);
    set_number(info + 1, 1, 3);
    set_number(info + 2 + order_nbytes, 8, HEAP);
    set_number(info + 10 + order_nbytes, 8, BY_NAME);
    set_number(info + 18 + order_nbytes, 8, BY_ORDER);
}

static void make_dense_attributes(void)
{
    put_info(0x15, 2);
    put_heap(8, 40);
    put_tree(BY_NAME, 8, 17, NAME_LEAF, 4);
    put_ids(NAME_LEAF + 6, 17, 5, 18);
    put_tree(BY_ORDER, 9, 13, ORDER_LEAF, 4);
    put_ids(ORDER_LEAF + 6, 13, 5, 18);
    put_tree(HUGE, 1, 24, HUGE_LEAF, 1);
    set_number(HUGE_LEAF + 6, 8, ALONE);
    set_number(HUGE_LEAF + 14, 8, 300);
    put_attribute(FIRST + 30);
    put_attribute(FIRST + 120);
    put_attribute(THIRD + 20);
    put_attribute(INNER + 40);
    put_attribute(ALONE);
}

static void attributes_in_a_heap_that_overrun_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {11, 1, 1, "an unknown version"},
        {15, 8, BY_NAME, "a tree in the place of a heap"},
        {23, 8, NBYTES, "a tree after the file's end"},
        {23, 8, BY_ORDER, "another tree than that of names"},
        {31, 8, BY_NAME, "another tree than that of the order"},
        {HEAP - AT + 5, 2, 7, "IDs shorter than their records have room for"},
        {HEAP - AT + 140, 2, 1, "blocks beyond the last row"},
        {HEAP - AT + 132, 8, UINT64_MAX, "no root"},
        {ROOT_BLOCK - AT + 18 + 8 * 6, 8, UINT64_MAX, "messages in a block that is not there"},
        {INNER_BLOCK - AT + 18 + 8, 8, NBYTES - 50, "messages after the file's end"},
        {INNER_BLOCK - AT + 13, 2, 2000, "a block elsewhere in the heap"},
        {THIRD - AT, 1, 'X', "messages where no block is"},
        {THIRD - AT + 5, 8, BY_NAME, "messages in another heap"},
        {THIRD - AT + 13, 2, 700, "messages elsewhere in the heap -> H5HF__man_op_real (2.2)"},
        {HEAP - AT + 22, 8, UINT64_MAX, "huge messages without their tree"},
        {NAME_LEAF - AT + 6, 1, 0x20, "a message within its own ID"},
        {NAME_LEAF - AT + 6, 1, 0x40, "an ID of an unknown version"},
        {NAME_LEAF - AT + 7, 1, 120, "a message that ends after its block"},
        {NAME_LEAF - AT + 7, 1, 127, "a message that begins at its block's end"},
        {NAME_LEAF - AT + 12, 1, 0, "a message of no size"},
        {NAME_LEAF - AT + 12, 1, 14, "a message shorter than its parts"},
        {ORDER_LEAF - AT + 12, 1, 14, "the same, as found by the order"},
        {HUGE - AT + 5, 1, 5, "another tree than that of huge messages"},
        {HUGE_LEAF - AT + 6, 8, NBYTES, "a huge message after the file's end"},
        {HUGE_LEAF - AT + 14, 8, (uint64_t)1 << 60, "a huge message without end"},
        {FIRST - AT + 32, 2, 60000, "a name that ends after its heap -> H5O_attr_decode"},
        {FIRST - AT + 32, 2, 2, "a name without an end -> H5O_attr_decode"},
        {THIRD - AT + 24, 2, 60000, "a type that ends after its heap -> H5O_attr_decode"},
        {INNER - AT + 46, 2, 60000, "a shape that ends after its heap -> H5O_attr_decode"},
        {ALONE - AT + 4, 2, 60000, "a type that ends after a huge attribute"},
    };
    check_damages(make_dense_attributes, 100, damages, COUNT_OF(damages));
}

static void put_link(size_t at)
{
    set_number(at, 1, 1);
    set_number(at + 2, 1, 3);
    set_text(at + 3, "abc");
}

static void make_dense_links(void)
{
    put_info(0x02, 8);
    put_heap(7, 32);
    put_tree(BY_NAME, 5, 11, NAME_LEAF, 4);
    put_ids(NAME_LEAF + 6 + 4, 11, 4, 14);
    put_tree(BY_ORDER, 6, 15, ORDER_LEAF, 4);
    put_ids(ORDER_LEAF + 6 + 8, 15, 4, 14);
    put_tree(HUGE, 1, 24, HUGE_LEAF, 1);
    set_number(HUGE_LEAF + 6, 8, ALONE);
    set_number(HUGE_LEAF + 14, 8, 300);
    put_link(FIRST + 30);
    put_link(THIRD + 20);
    put_link(INNER + 40);
    put_link(ALONE);
}

static void links_in_a_heap_that_overrun_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {HEAP - AT + 5, 2, 8, "IDs longer than their records have room for"},
        {NAME_LEAF - AT + 15, 1, 13, "a link that ends within its address"},
        {ORDER_LEAF - AT + 19, 1, 13, "the same, as found by the order"},
        {FIRST - AT + 30, 1, 2, "a link of an unknown version"},
        {THIRD - AT + 22, 1, 200, "a name that ends after its heap"},
        {INNER - AT + 44, 1, 0, "a name with a NUL"},
    };
    check_damages(make_dense_links, 100, damages, COUNT_OF(damages));
}

static void few_messages_need_no_heap(void **state)
{
    (void)state;
    make_dense_attributes();
    memset(bytes + BASE + HEAP, 0, 1000);
    assert_false(is_valid(100));
    set_number(AT + 15, 8, UINT64_MAX);
    assert_true(is_valid(100));
}

/* One byte of flags, eight of an offset and one of a length are more than eight. */
static void offsets_and_lengths_lie_in_the_ids(void **state)
{
    (void)state;
    make_dense_attributes();
    put_heap(8, 64);
    put_ids(NAME_LEAF + 6, 17, 8, 18);
    put_ids(ORDER_LEAF + 6, 13, 8, 18);
    assert_false(is_valid(100));
}

/* ---- All ------------------------------------------------------------------------------------ */

/* Whether the file's last "nbytes" bytes are valid. */
static bool is_valid_end(size_t nbytes)
{
    struct emit_check *check = new_check();
    const bool valid = accepts(check, NBYTES - nbytes, nbytes, true);
    emit_check_destroy(check);
    return valid;
}

/* -> H5HL__hdr_deserialize, H5O__prefix_deserialize */
static void heads_at_which_the_file_ends_are_refused(void **state)
{
    (void)state;
    clear_file();
    set_text(NBYTES - 31, "HEAP");
    assert_false(is_valid_end(31));
    set_text(NBYTES - 32, "HEAP");
    set_number(NBYTES - 32 + 16, 8, 1); /* no free block */
    assert_true(is_valid_end(32));
    clear_file();
    set_text(NBYTES - 15, "\1");
    assert_false(is_valid_end(15));
    set_text(NBYTES - 16, "\1");
    assert_true(is_valid_end(16));
    assert_false(is_valid_end(3));
}

/* The library reads 512 bytes of a header, and then what it has more than that. */
static void the_rest_of_a_header_may_look_like_anything(void **state)
{
    (void)state;
    static const bool longer[] = {true, false};
    for (size_t i = 0; i < COUNT_OF(longer); i++)
    {
        clear_file();
        const size_t nbytes = 512 - 8 - 4 + longer[i];
        const size_t body = put_message(put_header(AT, nbytes), 0, (unsigned)nbytes - 4);
        assert_int_equal(body, AT + 12);
        set_text(AT + 512, "\1");
        set_number(AT + 520, 4, 3000000000); /* for a header, it would be too long */
        struct emit_check *check = new_check();
        assert_true(accepts(check, AT, 512, true));
        assert_int_equal(accepts(check, AT + 512, 3, true), longer[i]);
        emit_check_destroy(check);
    }
}

/* -> H5FD_set_eoa (2.2) */
static void superblocks_have_addresses_in_the_file(void **state)
{
    (void)state;
    static const struct
    {
        unsigned version, sizes, base, end, more;
    } cases[] = {{0, 13, 24, 40, 48}, {1, 13, 28, 44, 52}, {2, 9, 12, 28, 20}, {3, 9, 12, 28, 20}};
    static const struct
    {
        uint64_t end, more;
        bool valid;
    } values[] = {{5000, UINT64_MAX, true},  {5000, 3999, true},       {5000, 4000, false},
                  {5000, 1ull << 63, false}, {999, UINT64_MAX, false}, {UINT64_MAX, 0, false}};
    for (size_t i = 0; i < COUNT_OF(cases) * COUNT_OF(values); i++)
    {
        const size_t kind = i / COUNT_OF(values);
        clear_file();
        set_text(AT, "\x89HDF");
        set_number(AT + 8, 1, cases[kind].version);
        set_number(AT + cases[kind].sizes, 2, 0x0808);
        set_number(AT + cases[kind].base, 8, 1000);
        set_number(AT + cases[kind].end, 8, values[i % COUNT_OF(values)].end);
        set_number(AT + cases[kind].more, 8, values[i % COUNT_OF(values)].more);
        assert_int_equal(is_valid(48), values[i % COUNT_OF(values)].valid);
    }
}

static void other_blocks_are_accepted(void **state)
{
    (void)state;
    clear_file();
    struct emit_check *check = new_check();
    assert_true(accepts(check, AT, 0, false));
    assert_true(accepts(check, AT, 3, false));
    assert_true(accepts(check, AT, 100, false));
    set_text(AT, "\1");
    assert_true(accepts(check, AT, 100, false));
    set_text(AT, "FHIB");
    assert_true(accepts(check, AT, 100, true));
    emit_check_destroy(check);
}

/* Blocks of a cache image would reach the library without validation; messages in a table would as
 * well. */
static void messages_that_bypass_the_validator_are_refused(void **state)
{
    (void)state;
    static const unsigned types[] = {0x0f, 0x18};
    for (size_t i = 0; i < COUNT_OF(types); i++)
    {
        clear_file();
        put_message(put_header(AT, 30), 0x13, 26);
        assert_true(is_valid(100));
        set_number(AT + 8, 1, types[i]);
        assert_false(is_valid(100));
    }
}

/* Test_h5_attribute reads types of all classes. */
static void types_that_overrun_are_refused(void **state)
{
    (void)state;
    static const struct
    {
        unsigned nbytes, class_and_version, count;
        bool is_valid;
    } cases[] = {
        {8, 0x13, 0, true},   /* a string */
        {7, 0x13, 0, false},  /* ends within its size */
        {12, 0x10, 0, true},  /* an integer */
        {11, 0x10, 0, false}, /* ends within its precision */
        {8, 0x36, 0, true},   /* a compound type without members */
        {8, 0x36, 1, false},  /* its member is missing */
        {10, 0x15, 2, true},  /* opaque, with a tag */
        {10, 0x15, 8, false}, /* which is longer than the type */
        {20, 0x19, 0, true},  /* a sequence of integers */
        {8, 0x19, 0, false},  /* of nothing */
        {9, 0x3a, 0, false},  /* an array of nothing */
        {8, 0x1f, 0, false},  /* of an unknown class */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        clear_file();
        const size_t body = put_message(put_header(AT, cases[i].nbytes + 4), 0x03, cases[i].nbytes);
        set_number(body, 1, cases[i].class_and_version);
        set_number(body + 1, 3, cases[i].count);
        if (is_valid(cases[i].nbytes + 4 + 16) != cases[i].is_valid)
            fail_msg("type %zu", i);
    }
}

/* A header at AT whose type lies in the one at "target". */
static void put_shared_type(size_t at, size_t target)
{
    const size_t message = put_message(put_header(at, 14), 0x03, 10);
    set_number(message - 1, 1, 2); /* shared */
    set_number(message, 1, 3);
    set_number(message + 1, 1, 2);
    set_number(message + 2, 8, target);
}

static void shared_types_that_lead_in_a_circle_are_refused(void **state)
{
    (void)state;
    clear_file();
    put_shared_type(AT, 1000);
    put_shared_type(200, 1000); /* two variables of one type */
    put_message(put_header(1000, 30), 0x03, 26);
    struct emit_check *check = new_check();
    assert_true(accepts(check, AT, 100, true));
    assert_true(accepts(check, 200, 100, true));
    assert_true(accepts(check, 1000, 100, true));
    emit_check_destroy(check);

    put_shared_type(1000, 200);
    check = new_check();
    assert_true(accepts(check, AT, 100, true));
    assert_false(accepts(check, 1000, 100, true));
    emit_check_destroy(check);

    put_shared_type(AT, AT);
    assert_false(is_valid(100));
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
        cmocka_unit_test(attributes_in_a_heap_that_overrun_are_refused),
        cmocka_unit_test(links_in_a_heap_that_overrun_are_refused),
        cmocka_unit_test(few_messages_need_no_heap),
        cmocka_unit_test(offsets_and_lengths_lie_in_the_ids),
        cmocka_unit_test(heads_at_which_the_file_ends_are_refused),
        cmocka_unit_test(the_rest_of_a_header_may_look_like_anything),
        cmocka_unit_test(superblocks_have_addresses_in_the_file),
        cmocka_unit_test(other_blocks_are_accepted),
        cmocka_unit_test(messages_that_bypass_the_validator_are_refused),
        cmocka_unit_test(types_that_overrun_are_refused),
        cmocka_unit_test(shared_types_that_lead_in_a_circle_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
