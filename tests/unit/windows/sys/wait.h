/* SPDX-License-Identifier: MIT */
/* Windows has no fork(): tests that need a child process fail. */
#include <sys/types.h>
#define WIFEXITED(status) 0
#define WEXITSTATUS(status) 0
#define WIFSIGNALED(status) 0
#define WTERMSIG(status) 0

static inline pid_t fork(void)
{
    return -1;
}

static inline pid_t waitpid(pid_t child, int *status, int options)
{
    (void)child;
    (void)options;
    *status = 0;
    return -1;
}
