/** What a process needs to know of the machine it runs on, and of other processes there. */
@NullMarked
package dev.cairn.host;

import org.jspecify.annotations.NullMarked;
