/* SPDX-License-Identifier: MIT */
#include "core/io/connections.h"

#include "core/base/platform.h"

#include <cpl_vsi.h>

static struct emit_once watching = EMIT_ONCE_INIT;
static _Thread_local bool are_used;

static void before_fork(void)
{
    if (are_used)
        VSICurlClearCache();
    are_used = false;
}

static void watch_forks(void)
{
    emit_at_fork(before_fork, NULL, NULL);
}

void emit_connections_use(void)
{
    emit_once(&watching, watch_forks);
    are_used = true;
}
