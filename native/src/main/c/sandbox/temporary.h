/* Provides a short TMPDIR. Programs bind sockets there, and a socket's name may have only 107
 * bytes; a step's folder alone often has as many. So a link in the step's own /dev/shm leads to the
 * folder. */
#ifndef CAIRN_SANDBOX_TEMPORARY_H
#define CAIRN_SANDBOX_TEMPORARY_H

#define TEMPORARY_LINK "cairn-tmp" /* its name in /dev/shm */

/* Makes the link if TMPDIR is long and /dev/shm exists. Call it in the step's namespaces. Returns
 * the step's environment: `envp` itself, or a copy that lives as long as the process. */
char *const *temporary_shorten(char *const *envp);

#endif
