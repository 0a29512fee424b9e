/** Shows a running run: a block of lines redrawn in place, or plain lines. */
@NullMarked
package dev.cairn.cli.display;

import org.jspecify.annotations.NullMarked;
