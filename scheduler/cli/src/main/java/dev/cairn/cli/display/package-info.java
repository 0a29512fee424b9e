/** What a person sees of a run while it goes on: a block of lines redrawn in place, or plain lines. */
@NullMarked
package dev.cairn.cli.display;

import org.jspecify.annotations.NullMarked;
