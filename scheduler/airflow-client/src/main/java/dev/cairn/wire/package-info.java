/** What every HTTP client of ours keeps to: bounded answers, and no secret in clear text without a word. */
@NullMarked
package dev.cairn.wire;

import org.jspecify.annotations.NullMarked;
