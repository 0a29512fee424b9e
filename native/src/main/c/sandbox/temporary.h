/* A short TMPDIR. Programs bind sockets in it, whose names may have 107 bytes; the folder of a step
 * alone often has as many. A link in the step's own /dev/shm leads to it. */
#ifndef CAIRN_SANDBOX_TEMPORARY_H
#define CAIRN_SANDBOX_TEMPORARY_H

#define TEMPORARY_LINK "cairn-tmp" /* its name in /dev/shm */

/* Within the step's namespaces: makes the link where TMPDIR is long and there is a /dev/shm.
 * Returns the step's environment: `envp` itself, or a copy that lives as long as the process. */
char *const *temporary_shorten(char *const *envp);

#endif
