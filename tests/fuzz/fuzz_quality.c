/* SPDX-License-Identifier: MIT */
/* QUALITY_FLAGS, QUALITY_WHERE and CLOUD_BUFFER against labels that come from a file: the first
 * three lines, and all that follow. */
#include "fuzz.h"

#include "core/mask/quality_options.h"

#define LINES 40

static size_t split(char *text, const char *lines[LINES])
{
    size_t count = 0;
    for (char *line = text; line != NULL && count < LINES;)
    {
        lines[count++] = line;
        line = strchr(line, '\n');
        if (line != NULL)
            *line++ = '\0';
    }
    return count;
}

static void check_term(const struct emit_term *term, const struct emit_mask_bands *mask)
{
    FUZZ_CHECK(term->in_state ? term->state_variable != NULL : term->band < mask->count);
    FUZZ_CHECK(strlen(term->asked) < sizeof term->asked);
    if (!term->in_state && term->rule.test == EMIT_TEST_SET)
        FUZZ_CHECK(emit_schema_label_kind(mask->labels[term->band]) == EMIT_LABEL_FLAG);
}

static void resolve(const struct emit_options *options, const struct emit_mask_bands *mask)
{
    static struct emit_terms terms, again;
    struct emit_error error;
    memset(&terms, 0, sizeof terms);
    if (emit_quality_resolve(options, mask, &terms, &error) != EMIT_OK)
    {
        FUZZ_CHECK(strlen(error.message) > 0);
        return;
    }
    FUZZ_CHECK(terms.count <= EMIT_MAX_TERMS);
    /* Something asked for is never resolved into nothing. */
    FUZZ_CHECK((terms.count > 0) == emit_quality_is_asked(options));
    for (size_t i = 0; i < terms.count; i++)
        check_term(&terms.term[i], mask);
    emit_terms_normalise(&terms);
    again = terms;
    emit_terms_normalise(&again);
    FUZZ_CHECK(again.count == terms.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *text = fuzz_text(&input);
    const char *lines[LINES] = {"", "", ""};
    const size_t count = split(text, lines);
    struct emit_options options = {.quality_flags = lines[0][0] != '\0' ? lines[0] : NULL,
                                   .quality_where = lines[1][0] != '\0' ? lines[1] : NULL,
                                   .has_cloud_buffer = lines[2][0] != '\0',
                                   .cloud_buffer = (unsigned char)lines[2][0]};
    const struct emit_mask_bands mask = {"mask.nc", lines + 3, count > 3 ? count - 3 : 0};
    const struct emit_mask_bands none = {"", NULL, 0};
    resolve(&options, &mask);
    resolve(&options, &none);
    free(emit_mask_bands_list(&mask, EMIT_LABEL_FLAG));
    free(emit_mask_bands_list(&mask, EMIT_LABEL_DATA));
    free(text);
    return 0;
}
