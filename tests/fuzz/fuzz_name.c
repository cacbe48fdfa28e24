/* SPDX-License-Identifier: MIT */
/* Dataset names, as users and other programs make them up: any text. */
#include "fuzz.h"

#include "core/granule/filename.h"

static void check_name(const struct emit_name *name, size_t length)
{
    FUZZ_CHECK(name->path != NULL && strlen(name->path) <= length);
    FUZZ_CHECK(name->variable == NULL || strlen(name->variable) <= length);
    for (char **option = name->options; option != NULL && *option != NULL; option++)
        FUZZ_CHECK(strchr(*option, '=') != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *text = fuzz_text(&input);
    struct emit_name name;
    struct emit_error error;
    struct emit_filename_parts parts;
    const enum emit_status status = emit_name_parse(text, &name, &error);
    if (status == EMIT_OK)
    {
        check_name(&name, strlen(text));
        emit_name_close(&name);
    }
    else
        FUZZ_CHECK(strlen(error.message) > 0 && strlen(error.message) < sizeof error.message);
    const bool parsed = emit_filename_parse(text, &parts);
    FUZZ_CHECK(!parsed || (strlen(parts.product) < sizeof parts.product &&
                           strlen(parts.time) == sizeof parts.time - 1));
    FUZZ_CHECK(!parsed || emit_filename_classify(text) == EMIT_FILENAME_GRANULE);
    emit_name_has_prefix(text);
    free(text);
    return 0;
}
